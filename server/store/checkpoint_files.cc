#include "server/store/checkpoint_files.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <spdlog/spdlog.h>
#include <sys/stat.h>
#include <sys/statvfs.h>
#include <unistd.h>
#include <xxhash.h>

#include <algorithm>
#include <array>
#include <bit>
#include <cerrno>
#include <charconv>
#include <cstring>
#include <filesystem>
#include <system_error>
#include <tuple>
#include <utility>

#include "server/store/sync_folder.h"

namespace hpsearch::store {
namespace {

namespace fs = std::filesystem;

static_assert(std::endian::native == std::endian::little);

constexpr std::size_t kKey = 32;
constexpr std::array<char, 8> kMagic = {'h', 'p', 's', 'm', 'o', 'v', 'e', '\n'};
constexpr std::string_view kNew = ".new";

// What stands in front, as it stands in the file.
struct Head {
  std::array<char, 8> magic = kMagic;
  std::array<char, kKey> key = {};
  std::int64_t attempt = 0, epochs = 0, steps = 0, bytes = 0;
  std::uint64_t checksum = 0;
  std::uint64_t of_head = 0;  // xxh3-64 of all before
};
static_assert(sizeof(Head) == 88);

std::uint64_t ChecksumOf(const Head& head) { return XXH3_64bits(&head, offsetof(Head, of_head)); }

Head HeadOf(const KeptCheckpoint& what) {
  Head head = {.attempt = what.attempt,
               .epochs = what.epochs,
               .steps = what.steps,
               .bytes = what.bytes,
               .checksum = what.checksum};
  std::memcpy(head.key.data(), what.key.data(), kKey);
  head.of_head = ChecksumOf(head);
  return head;
}

absl::Status FromErrno(std::string_view what, const std::string& path) {
  const int error = errno;
  const std::string message = fmt::format("{}: {}: {}", path, what, std::strerror(error));
  return error == ENOENT ? absl::NotFoundError(message) : absl::UnavailableError(message);
}

bool IsPlain(std::string_view study) {
  const auto plain = [](char c) { return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '-'; };
  return !study.empty() && study.size() <= 63 && study.front() != '-' && std::ranges::all_of(study, plain);
}

std::optional<CheckpointName> NameOf(std::string_view file) {
  const std::size_t point = file.find('.');
  if (point == std::string_view::npos || !IsPlain(file.substr(0, point))) return std::nullopt;
  const std::string_view number = file.substr(point + 1);
  CheckpointName name{std::string(file.substr(0, point)), 0};
  const auto [end, error] = std::from_chars(number.data(), number.data() + number.size(), name.trial);
  const bool whole = error == std::errc() && end == number.data() + number.size();
  if (!whole || name.trial < 1 || number.front() == '0') return std::nullopt;
  return name;
}

// nullopt: it is not what was written.
std::optional<KeptCheckpoint> ReadHead(int file, const CheckpointName& name) {
  Head head;
  struct stat status = {};
  if (fstat(file, &status) != 0 || !S_ISREG(status.st_mode) ||
      pread(file, &head, sizeof head, 0) != static_cast<ssize_t>(sizeof head)) {
    return std::nullopt;
  }
  const bool sound = head.magic == kMagic && head.of_head == ChecksumOf(head) && head.bytes > 0 &&
                     status.st_size - static_cast<std::int64_t>(sizeof head) == head.bytes;
  if (!sound) return std::nullopt;
  return KeptCheckpoint{name,       head.attempt, std::string(head.key.data(), kKey), head.epochs, head.steps,
                        head.bytes, head.checksum};
}

int OpenToRead(const std::string& path) { return open(path.c_str(), O_RDONLY | O_NOFOLLOW | O_CLOEXEC); }

}  // namespace

CheckpointFiles::CheckpointFiles(std::string folder, const Bounds& bounds)
    : folder_(std::move(folder)), bounds_(bounds) {
  TakeStock();
}

std::string CheckpointFiles::PathOf(const CheckpointName& name) const {
  return fmt::format("{}/{}.{}", folder_, name.study, name.trial);
}

void CheckpointFiles::TakeStock() {
  std::vector<std::pair<fs::file_time_type, KeptCheckpoint>> found;
  std::error_code error;
  for (fs::directory_iterator it(folder_, error); !error && it != fs::directory_iterator(); it.increment(error)) {
    const std::string path = it->path().string();
    const std::string file = it->path().filename().string();
    const std::size_t aside = file.find(kNew);
    const std::optional<CheckpointName> name = NameOf(file.substr(0, aside));
    if (!name) continue;
    std::optional<KeptCheckpoint> what;
    if (aside == std::string::npos) {
      const int opened = OpenToRead(path);
      if (opened < 0) continue;
      what = ReadHead(opened, *name);
      close(opened);
    }
    std::error_code ignored;
    if (what) {
      found.emplace_back(it->last_write_time(ignored), *std::move(what));
    } else {
      if (aside == std::string::npos) spdlog::warn("{} is not as it was written, and is removed", path);
      fs::remove(path, ignored);
    }
  }
  if (error && error != std::errc::no_such_file_or_directory) spdlog::error("{}: {}", folder_, error.message());
  std::ranges::sort(found, {}, [](const auto& each) { return std::tie(each.first, each.second.name); });
  for (const auto& [written, what] : found) {
    if (!MakeRoom(what).ok()) {
      std::error_code ignored;
      fs::remove(PathOf(what.name), ignored);
    } else {
      Add(what);
    }
  }
}

void CheckpointFiles::Add(const KeptCheckpoint& what) {
  const std::lock_guard lock(mutex_);
  Entry& entry = kept_[what.name];
  bytes_ += what.bytes - entry.what.bytes;
  entry = {what, ++last_};
  count_ = kept_.size();
}

void CheckpointFiles::Erase(const CheckpointName& name) {
  std::error_code ignored;
  fs::remove(PathOf(name), ignored);
  const std::lock_guard lock(mutex_);
  const auto it = kept_.find(name);
  if (it == kept_.end()) return;
  bytes_ -= it->second.what.bytes;
  kept_.erase(it);
  count_ = kept_.size();
}

absl::Status CheckpointFiles::MakeRoom(const KeptCheckpoint& what) {
  if (what.bytes < 1 || what.bytes > bounds_.bytes_each) {
    return absl::InvalidArgumentError(
        fmt::format("a checkpoint of {} bytes; 1 to {} are kept", what.bytes, bounds_.bytes_each));
  }
  while (true) {
    std::optional<CheckpointName> oldest;
    {
      const std::lock_guard lock(mutex_);
      const auto files = static_cast<std::int64_t>(kept_.size()) + writing_ + 1;
      // The trial's own is there until it is replaced.
      if (files <= bounds_.files && bytes_ + writing_bytes_ + what.bytes <= bounds_.bytes) return absl::OkStatus();
      std::uint64_t order = 0;
      for (const auto& [name, entry] : kept_) {
        if (name == what.name || (oldest && entry.order > order)) continue;
        oldest = name;
        order = entry.order;
      }
    }
    if (!oldest) {
      return absl::ResourceExhaustedError(fmt::format("no room for {} bytes beside what is there", what.bytes));
    }
    Erase(*oldest);
  }
}

absl::Status CheckpointFiles::CheckDisk(std::int64_t bytes) const {
  struct statvfs disk = {};
  if (statvfs(folder_.c_str(), &disk) != 0) return FromErrno("cannot be asked for room", folder_);
  const auto free = static_cast<std::int64_t>(disk.f_bavail * disk.f_frsize);
  if (free - bytes >= bounds_.bytes_free) return absl::OkStatus();
  return absl::UnavailableError(
      fmt::format("{}: {} bytes are free, and {} are to stay so beside {} of a checkpoint", folder_, free,
                  bounds_.bytes_free, bytes));
}

absl::Status CheckpointFiles::OpenAside(Incoming& incoming) const {
  std::error_code error;
  fs::create_directories(folder_, error);
  if (error) return absl::UnavailableError(fmt::format("{}: {}", folder_, error.message()));
  if (absl::Status status = CheckDisk(incoming.what_.bytes); !status.ok()) return status;
  static std::atomic<std::uint64_t> count = 0;
  std::string path = fmt::format("{}{}-{}", PathOf(incoming.what_.name), kNew, count.fetch_add(1));
  std::remove(path.c_str());  // of an earlier process, if at all
  incoming.file_ = open(path.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0644);
  if (incoming.file_ < 0) return absl::UnavailableError(FromErrno("cannot be made", path).message());
  incoming.path_ = std::move(path);
  const Head head = HeadOf(incoming.what_);
  const auto size = static_cast<off_t>(sizeof head) + incoming.what_.bytes;
  if (fallocate(incoming.file_, 0, 0, size) != 0 && errno != EOPNOTSUPP) {
    return FromErrno("no room", incoming.path_);
  }
  if (pwrite(incoming.file_, &head, sizeof head, 0) != static_cast<ssize_t>(sizeof head)) {
    return FromErrno("cannot be written", incoming.path_);
  }
  return absl::OkStatus();
}

absl::StatusOr<std::unique_ptr<CheckpointFiles::Incoming>> CheckpointFiles::Begin(const KeptCheckpoint& what) {
  if (!IsPlain(what.name.study) || what.name.trial < 1 || what.key.size() != kKey) {
    return absl::InvalidArgumentError(
        fmt::format("'{}' and {}: no trial's name, or its key is none", what.name.study, what.name.trial));
  }
  std::unique_ptr<Incoming> incoming;
  {
    const std::lock_guard disk(disk_);
    if (absl::Status status = MakeRoom(what); !status.ok()) return status;
    const std::lock_guard lock(mutex_);
    incoming.reset(new Incoming(*this, what));
    ++writing_;
    writing_bytes_ += what.bytes;
  }
  if (absl::Status status = OpenAside(*incoming); !status.ok()) return status;
  return incoming;
}

CheckpointFiles::Incoming::~Incoming() {
  if (file_ >= 0) close(file_);
  if (!path_.empty()) std::remove(path_.c_str());
  const std::lock_guard lock(files_.mutex_);
  --files_.writing_;
  files_.writing_bytes_ -= what_.bytes;
}

absl::Status CheckpointFiles::Incoming::Append(std::string_view bytes) {
  if (static_cast<std::int64_t>(bytes.size()) > what_.bytes - written_) {
    return absl::InvalidArgumentError(fmt::format("{} holds {} bytes and no more", path_, what_.bytes));
  }
  while (!bytes.empty()) {
    const ssize_t written = pwrite(file_, bytes.data(), bytes.size(), static_cast<off_t>(sizeof(Head)) + written_);
    if (written < 0 && errno == EINTR) continue;
    if (written <= 0) return FromErrno("cannot be written", path_);
    bytes.remove_prefix(static_cast<std::size_t>(written));
    written_ += written;
  }
  return absl::OkStatus();
}

absl::Status CheckpointFiles::Keep(std::unique_ptr<Incoming> incoming) {
  const KeptCheckpoint& what = incoming->what_;
  if (incoming->written_ != what.bytes) {
    return absl::InvalidArgumentError(fmt::format("{} has {} bytes", incoming->path_, incoming->written_));
  }
  if (fsync(incoming->file_) != 0) return FromErrno("cannot be synced", incoming->path_);
  const std::lock_guard disk(disk_);
  if (const std::optional<KeptCheckpoint> there = Find(what.name)) {
    if (there->attempt > what.attempt) {
      return absl::FailedPreconditionError(fmt::format("attempt {} has put one by now", there->attempt));
    }
    // Two of one worker may pass each other.
    if (there->attempt == what.attempt && there->key == what.key && there->steps >= what.steps) {
      return absl::OkStatus();
    }
  }
  const std::string path = PathOf(what.name);
  if (std::rename(incoming->path_.c_str(), path.c_str()) != 0) return FromErrno("cannot be renamed", path);
  incoming->path_.clear();
  Add(what);
  return SyncFolder(path);
}

absl::StatusOr<std::unique_ptr<CheckpointFiles::Outgoing>> CheckpointFiles::Open(const CheckpointName& name) {
  const std::lock_guard disk(disk_);
  const std::optional<KeptCheckpoint> known = Find(name);
  if (!known) return absl::NotFoundError(fmt::format("no checkpoint of {}/{}", name.study, name.trial));
  const std::string path = PathOf(name);
  const int file = OpenToRead(path);
  if (file < 0) {
    absl::Status status = FromErrno("cannot be opened", path);
    if (absl::IsNotFound(status)) Erase(name);
    return status;
  }
  auto outgoing = std::make_unique<Outgoing>(*known, file);
  const std::optional<KeptCheckpoint> what = ReadHead(file, name);
  if (what && what->checksum == known->checksum && what->bytes == known->bytes) return outgoing;
  Erase(name);
  return absl::DataLossError(fmt::format("{} is not as it was written", path));
}

CheckpointFiles::Outgoing::~Outgoing() { close(file_); }

absl::StatusOr<std::string> CheckpointFiles::Outgoing::Read(std::int64_t offset, std::size_t size) const {
  std::string bytes(size, '\0');
  for (std::size_t read = 0; read < size;) {
    const ssize_t more = pread(file_, bytes.data() + read, size - read,
                               static_cast<off_t>(sizeof(Head)) + offset + static_cast<off_t>(read));
    if (more < 0 && errno == EINTR) continue;
    if (more < 0) return FromErrno("cannot be read", what_.name.study);
    if (more == 0) return absl::DataLossError("it ends too early");
    read += static_cast<std::size_t>(more);
  }
  return bytes;
}

void CheckpointFiles::Remove(const CheckpointName& name) {
  const std::lock_guard disk(disk_);
  if (Find(name)) Erase(name);
}

std::optional<KeptCheckpoint> CheckpointFiles::Find(const CheckpointName& name) const {
  const std::lock_guard lock(mutex_);
  const auto it = kept_.find(name);
  if (it == kept_.end()) return std::nullopt;
  return it->second.what;
}

std::vector<CheckpointName> CheckpointFiles::Names() const {
  const std::lock_guard lock(mutex_);
  std::vector<CheckpointName> names;
  names.reserve(kept_.size());
  for (const auto& [name, entry] : kept_) names.push_back(name);
  return names;
}

}  // namespace hpsearch::store
