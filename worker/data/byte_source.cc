#include "worker/data/byte_source.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>
#include <zlib.h>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <system_error>
#include <vector>

#include "absl/status/status.h"
#include "absl/strings/str_cat.h"

namespace hpsearch::data {
namespace {

constexpr std::size_t kBufferBytes = 1 << 18, kLeastBufferBytes = 1 << 9;
constexpr int kGzipWindow = 15 + 16;  // zlib: the largest window, a gzip wrapper with its check sum
constexpr std::uint64_t kDeflateBestRatio = 1032;

}  // namespace

struct ByteSource::Impl {
  std::string path;
  int descriptor = -1;
  std::uint64_t file_bytes = 0;
  bool gzipped = false;

  std::vector<std::uint8_t> buffer;
  std::size_t at = 0, filled = 0;  // what of the buffer is not consumed yet
  bool end_of_file = false;
  z_stream stream{};
  bool inflating = false;  // within a gzip member

  ~Impl() {
    if (gzipped) inflateEnd(&stream);
    if (descriptor >= 0) close(descriptor);
  }

  absl::Status Fault(const std::string& what) const { return absl::DataLossError(absl::StrCat(path, ": ", what)); }

  absl::Status Unreadable(const char* what, int error) const {
    return absl::UnavailableError(absl::StrCat(path, ": ", what, ": ", std::generic_category().message(error)));
  }

  // Refills the buffer once it is used up.
  absl::Status Refill() {
    if (at < filled || end_of_file) return absl::OkStatus();
    ssize_t n;
    do {
      n = read(descriptor, buffer.data(), buffer.size());
    } while (n < 0 && errno == EINTR);
    if (n < 0) return Unreadable("cannot be read", errno);
    at = 0;
    filled = static_cast<std::size_t>(n);
    end_of_file = n == 0;
    return absl::OkStatus();
  }

  absl::StatusOr<std::size_t> ReadPlain(std::span<std::uint8_t> dst) {
    std::size_t done = 0;
    while (done < dst.size()) {
      if (absl::Status status = Refill(); !status.ok()) return status;
      if (end_of_file) break;
      const std::size_t n = std::min(dst.size() - done, filled - at);
      std::memcpy(dst.data() + done, buffer.data() + at, n);
      at += n;
      done += n;
    }
    return done;
  }

  // A gzip file is a sequence of members, whose contents follow one another (RFC 1952).
  absl::StatusOr<std::size_t> ReadGzip(std::span<std::uint8_t> dst) {
    std::size_t done = 0;
    while (done < dst.size()) {
      if (absl::Status status = Refill(); !status.ok()) return status;
      if (end_of_file && !inflating) break;
      if (!inflating) {
        inflateReset(&stream);
        inflating = true;
      }
      stream.next_in = buffer.data() + at;
      stream.avail_in = static_cast<uInt>(filled - at);
      const std::size_t room = std::min<std::size_t>(dst.size() - done, 1 << 30);
      stream.next_out = dst.data() + done;
      stream.avail_out = static_cast<uInt>(room);
      const int result = inflate(&stream, Z_NO_FLUSH);
      at = filled - stream.avail_in;
      done += room - stream.avail_out;
      if (result == Z_STREAM_END) {
        inflating = false;
      } else if (result == Z_BUF_ERROR && end_of_file) {  // zlib held nothing back either
        return Fault("the gzip stream is cut short");
      } else if (result != Z_OK && result != Z_BUF_ERROR) {
        return Fault(
            absl::StrCat("the gzip stream is damaged", stream.msg ? ": " : "", stream.msg ? stream.msg : ""));
      }
    }
    return done;
  }
};

ByteSource::ByteSource(std::unique_ptr<Impl> impl) : impl_(std::move(impl)) {}
ByteSource::ByteSource(ByteSource&&) noexcept = default;
ByteSource& ByteSource::operator=(ByteSource&&) noexcept = default;
ByteSource::~ByteSource() = default;

absl::StatusOr<ByteSource> ByteSource::Open(const std::string& path) {
  auto impl = std::make_unique<Impl>();
  impl->path = path;
  // O_NONBLOCK: a FIFO of that name must not hold us up before we can see that it is one.
  impl->descriptor = open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NONBLOCK);
  if (impl->descriptor < 0) return impl->Unreadable("cannot be opened", errno);
  struct stat info {};
  if (fstat(impl->descriptor, &info) != 0) return impl->Unreadable("cannot be read", errno);
  if (!S_ISREG(info.st_mode)) return impl->Fault("is no regular file");
  impl->file_bytes = static_cast<std::uint64_t>(info.st_size);
  impl->buffer.resize(std::clamp<std::uint64_t>(impl->file_bytes, kLeastBufferBytes, kBufferBytes));
  if (absl::Status status = impl->Refill(); !status.ok()) return status;
  if (impl->filled >= 2 && impl->buffer[0] == 0x1f && impl->buffer[1] == 0x8b) {
    if (inflateInit2(&impl->stream, kGzipWindow) != Z_OK) {
      return absl::ResourceExhaustedError(absl::StrCat(path, ": zlib has no memory to read it"));
    }
    impl->gzipped = true;
  }
  return ByteSource(std::move(impl));
}

absl::StatusOr<std::size_t> ByteSource::Read(std::span<std::uint8_t> dst) {
  return impl_->gzipped ? impl_->ReadGzip(dst) : impl_->ReadPlain(dst);
}

std::uint64_t ByteSource::MostBytes() const {
  return impl_->gzipped ? impl_->file_bytes * kDeflateBestRatio : impl_->file_bytes;
}
bool ByteSource::gzipped() const { return impl_->gzipped; }
const std::string& ByteSource::path() const { return impl_->path; }

}  // namespace hpsearch::data
