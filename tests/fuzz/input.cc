#include "tests/fuzz/input.h"

#include <fcntl.h>
#include <unistd.h>
#include <zlib.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstdio>
#include <cstdlib>
#include <stdexcept>
#include <utility>

#include "worker/data/set_files.h"

namespace hpsearch::fuzz {
namespace {

constexpr std::array<std::uint8_t, 4> kCut = {0xFF, 'c', 'u', 't'};

// The fastest level: the readers undo what any level does.
std::vector<std::uint8_t> Gzip(Input contents) {
  z_stream stream{};
  if (deflateInit2(&stream, 1, Z_DEFLATED, 15 + 16, 1, Z_DEFAULT_STRATEGY) != Z_OK) throw std::bad_alloc();
  std::vector<std::uint8_t> packed(deflateBound(&stream, contents.size()));
  stream.next_in = const_cast<Bytef*>(contents.data());
  stream.avail_in = static_cast<uInt>(contents.size());
  stream.next_out = packed.data();
  stream.avail_out = static_cast<uInt>(packed.size());
  deflate(&stream, Z_FINISH);
  packed.resize(stream.total_out);
  deflateEnd(&stream);
  return packed;
}

void WriteFile(const std::string& path, Input contents) {
  const int descriptor = open(path.c_str(), O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
  const bool written = descriptor >= 0 && write(descriptor, contents.data(), contents.size()) ==
                                              static_cast<ssize_t>(contents.size());
  if (descriptor >= 0) close(descriptor);
  if (!written) throw std::runtime_error("cannot write " + path);
}

}  // namespace

std::uint8_t TakeByte(Input& input) {
  if (input.empty()) return 0;
  const std::uint8_t byte = input.front();
  input = input.subspan(1);
  return byte;
}

std::vector<Input> Cut(Input input) {
  std::vector<Input> contents;
  while (true) {
    const auto cut = std::search(input.begin(), input.end(), kCut.begin(), kCut.end());
    const auto size = static_cast<std::size_t>(cut - input.begin());
    contents.push_back(input.first(size));
    if (cut == input.end()) return contents;
    input = input.subspan(size + kCut.size());
  }
}

void Require(bool holds, const char* promise) {
  if (holds) return;
  std::fprintf(stderr, "does not hold: %s\n", promise);
  std::abort();
}

Files::Files(std::vector<std::string> names) : paths_(std::move(names)) {
  for (std::string& path : paths_) path = folder_ / path;
}

void Files::Write(const std::vector<Input>& contents, unsigned gzipped) const {
  for (std::size_t i = 0; i < paths_.size(); ++i) {
    if (i >= contents.size()) {
      if (unlink(paths_[i].c_str()) != 0 && errno != ENOENT)
        throw std::runtime_error("cannot remove " + paths_[i]);
    } else if ((gzipped >> i & 1) != 0) {
      WriteFile(paths_[i], Gzip(contents[i]));
    } else {
      WriteFile(paths_[i], contents[i]);
    }
  }
}

std::uint64_t MostBytes(bool few) { return few ? 512 : data::kMostSetBytes; }

}  // namespace hpsearch::fuzz
