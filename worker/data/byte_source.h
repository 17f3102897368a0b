// The bytes of one file, gzipped or not (told by its first two bytes, not by its name), read front to back.
//
// Threads: one at a time. Owns its descriptor. Nothing is allocated beyond two fixed buffers, whatever the file
// says of itself. Errors name the path. DATA_LOSS is the file's own fault: no regular file, a gzip stream that is
// damaged, cut short or followed by something else. UNAVAILABLE is this machine's or this moment's: a file that
// cannot be opened or read, with the system's word. RESOURCE_EXHAUSTED: no memory.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <span>
#include <string>

#include "absl/status/statusor.h"

namespace hpsearch::data {

class ByteSource {
 public:
  static absl::StatusOr<ByteSource> Open(const std::string& path);
  ByteSource(ByteSource&&) noexcept;
  ByteSource& operator=(ByteSource&&) noexcept;
  ~ByteSource();

  // Fills `dst` from the file and returns how many bytes there were: fewer than asked for only at the end.
  absl::StatusOr<std::size_t> Read(std::span<std::uint8_t> dst);

  // The most bytes that a file of this size can hold: its size, or where it is gzipped what deflate can make of
  // that at its best.
  std::uint64_t MostBytes() const;
  bool gzipped() const;
  const std::string& path() const;

 private:
  struct Impl;
  explicit ByteSource(std::unique_ptr<Impl> impl);
  std::unique_ptr<Impl> impl_;
};

}  // namespace hpsearch::data
