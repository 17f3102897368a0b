// A file of results that is there whole or not at all: written aside in its folder, and renamed over the path once
// everything is on the disk. What is no regular file (a pipe, /dev/stdout) is written as it comes, and `-` is
// standard output.
//
// Owns what it writes aside, which goes with it where it was not committed. Threads: one. Errors:
// FAILED_PRECONDITION, with the system's word.
#pragma once

#include <cstdio>
#include <memory>
#include <string>
#include <string_view>

#include "absl/status/status.h"
#include "absl/status/statusor.h"

namespace hpsearch::cli {

class OutputFile {
 public:
  static absl::StatusOr<std::unique_ptr<OutputFile>> Open(const std::string& path);
  OutputFile(const OutputFile&) = delete;
  OutputFile& operator=(const OutputFile&) = delete;
  ~OutputFile();

  void Write(std::string_view text);  // what goes wrong, Commit tells
  absl::Status Commit();

 private:
  OutputFile(std::string path, std::string aside, std::FILE* file);

  std::string path_;
  std::string aside_;  // empty: it is written in place
  std::FILE* file_;
  int error_ = 0;  // the first one's errno
};

}  // namespace hpsearch::cli
