// The files of a set in its folder: each may be plain or gzipped, and the words of its faults are the same in
// every format. Pure but for the file system; any thread; no errors.
#pragma once

#include <cstdint>
#include <optional>
#include <string>

namespace hpsearch::data {

// Features and labels of both parts together.
constexpr std::uint64_t kMostSetBytes = std::uint64_t{8} << 30;

// The path of `stem` in the folder, or of `stem`.gz; the plain one where both are there.
std::optional<std::string> FindFile(const std::string& folder, const std::string& stem);

// "train.csv" of "/data/x/train.csv"
std::string Filename(const std::string& path);

// 59,999
std::string Grouped(std::int64_t number);

}  // namespace hpsearch::data
