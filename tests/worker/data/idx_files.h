// Tiny IDX files for tests: written byte by byte as the format says, with no help from the reader that is tested.
#pragma once

#include <cstdint>
#include <filesystem>
#include <string>
#include <vector>

namespace hpsearch::data {

using Bytes = std::vector<std::uint8_t>;

// A folder of its own, gone with the object.
class TemporaryFolder {
 public:
  TemporaryFolder();
  ~TemporaryFolder();
  TemporaryFolder(const TemporaryFolder&) = delete;
  TemporaryFolder& operator=(const TemporaryFolder&) = delete;
  std::string path() const { return path_.string(); }
  std::string operator/(const std::string& name) const { return (path_ / name).string(); }

 private:
  std::filesystem::path path_;
};

Bytes IdxBytes(const std::vector<std::uint32_t>& sizes, const Bytes& contents, std::uint8_t type = 0x08);
Bytes Gzip(const Bytes& bytes);
void WriteBytes(const std::string& path, const Bytes& bytes);
Bytes ReadBytes(const std::string& path);

// The four files' bytes, before any compression.
struct IdxSet {
  Bytes train_images, train_labels, test_images, test_labels;

  // Images of 2x3 whose bytes count on, labels 0, 1, .. classes - 1, 0, ..
  static IdxSet Counting(std::uint32_t train_rows, std::uint32_t test_rows, int classes);
  // Into `folder`, made where it is not there; `gzipped` names get .gz.
  void Write(const std::string& folder, bool gzipped) const;
};

}  // namespace hpsearch::data
