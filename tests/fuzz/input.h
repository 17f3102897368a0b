// What every fuzzer's input is made of: files, one behind the other, with kCut between them, behind a byte of
// choices. Mutations keep that form, since kCut stands in the dictionaries (tests/fuzz/*.dict).
//
// Threads: one. Errors: std::runtime_error where no file can be written, std::abort through Require.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <vector>

#include "tests/worker/data/idx_files.h"

namespace hpsearch::fuzz {

using Input = std::span<const std::uint8_t>;

// Takes bytes off the front of an input; 0 where there are none left.
std::uint8_t TakeByte(Input& input);

// The contents between the cuts: always one at least.
std::vector<Input> Cut(Input input);

// Ends the process, as a sanitizer's report does, where what a reader promises does not hold.
void Require(bool holds, const char* promise);

// A folder of files that each input fills anew. TMPDIR says where: deploy/fuzz names a place in memory.
class Files {
 public:
  explicit Files(std::vector<std::string> names);

  // The contents go to the files in the order of their names; a file without one is not there. Where bit i of
  // `gzipped` is set, file i is compressed, so that mutations of what it holds pass the check sum.
  void Write(const std::vector<Input>& contents, unsigned gzipped = 0) const;
  std::string path() const { return folder_.path(); }
  std::string operator/(const std::string& name) const { return folder_ / name; }

 private:
  data::TemporaryFolder folder_;
  std::vector<std::string> paths_;
};

// As the most bytes of a data set: so few that a small input can have too many, or as many as the readers take by
// default.
std::uint64_t MostBytes(bool few);

}  // namespace hpsearch::fuzz

// What libFuzzer calls, and what replay.cc calls with each file of the corpus.
extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size);
