#include "client/cli/output_file.h"

#include <fmt/format.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <filesystem>
#include <random>
#include <system_error>
#include <utility>

namespace hpsearch::cli {
namespace {

namespace fs = std::filesystem;

absl::Status FromErrno(const std::string& path, const char* what, int error) {
  return absl::FailedPreconditionError(fmt::format("{}: {}: {}", path, what, std::strerror(error)));
}

}  // namespace

OutputFile::OutputFile(std::string path, std::string aside, std::FILE* file)
    : path_(std::move(path)), aside_(std::move(aside)), file_(file) {}

absl::StatusOr<std::unique_ptr<OutputFile>> OutputFile::Open(const std::string& path) {
  if (path == "-") return std::unique_ptr<OutputFile>(new OutputFile("standard output", "", stdout));
  std::error_code error;
  const fs::file_status status = fs::status(path, error);
  if (fs::is_directory(status)) return FromErrno(path, "cannot be written", EISDIR);
  const bool in_place = fs::exists(status) && !fs::is_regular_file(status);
  // Of a link, what it leads to.
  std::string written = fs::is_regular_file(status) ? fs::canonical(path, error).string() : path;
  if (error && fs::exists(status)) return FromErrno(path, "cannot be written", error.value());
  std::string aside;
  if (!in_place) {
    std::random_device random;
    aside = fmt::format("{}.part-{:08x}{:08x}", written, random(), random());
  }
  std::FILE* const file = std::fopen(in_place ? written.c_str() : aside.c_str(), in_place ? "we" : "wxe");
  if (file == nullptr) return FromErrno(path, "cannot be written", errno);
  return std::unique_ptr<OutputFile>(new OutputFile(std::move(written), std::move(aside), file));
}

OutputFile::~OutputFile() {
  if (file_ != nullptr && file_ != stdout) std::fclose(file_);
  std::error_code ignored;
  if (!aside_.empty()) fs::remove(aside_, ignored);
}

void OutputFile::Write(std::string_view text) {
  if (error_ == 0 && std::fwrite(text.data(), 1, text.size(), file_) != text.size()) error_ = errno;
}

absl::Status OutputFile::Commit() {
  if (error_ == 0 && std::fflush(file_) != 0) error_ = errno;
  if (error_ == 0 && !aside_.empty() && fsync(fileno(file_)) != 0) error_ = errno;
  std::FILE* const file = std::exchange(file_, nullptr);
  if (file != stdout && std::fclose(file) != 0 && error_ == 0) error_ = errno;
  if (error_ != 0) return FromErrno(path_, "cannot be written", error_);
  if (aside_.empty()) return absl::OkStatus();
  if (std::rename(aside_.c_str(), path_.c_str()) != 0) return FromErrno(path_, "cannot be made", errno);
  aside_.clear();
  return absl::OkStatus();
}

}  // namespace hpsearch::cli
