#include "worker/train/checkpoint.h"

#include <sys/stat.h>
#include <unistd.h>

#include <array>
#include <atomic>
#include <bit>
#include <cerrno>
#include <cmath>
#include <cstring>
#include <random>
#include <utility>

#include "absl/strings/str_cat.h"
#include "server/failpoint/failpoint.h"
#include "worker/data/digest.h"

namespace hpsearch::train {
namespace {

static_assert(std::endian::native == std::endian::little && sizeof(float) == 4 && sizeof(double) == 8);

constexpr std::array<char, 8> kMagic = {'h', 'p', 's', 'c', 'k', 'p', 't', '\n'};
constexpr std::size_t kChecksum = 32;  // characters: xxh3-128 in hex

// What stands in front, as it stands in the file.
struct Head {
  std::array<char, 8> magic = kMagic;
  std::uint32_t version = kCheckpointVersion;
  std::uint32_t tensors = 0;
  std::array<char, kCheckpointKey> key = {};
  std::uint64_t attachment = 0;
  std::int64_t epochs_done = 0, steps_done = 0;
  double learning_rate = 0, best = 0;
  std::int64_t wait = 0, cooldown = 0;
  std::int64_t rows_done = 0;
  double loss_sum = 0;
  std::int64_t mistakes = 0, rows = 0;
  std::int64_t named_rows = 0, named_mistakes = 0, beyond_top5 = 0;
  double absolute = 0, squared = 0;
  double seconds = 0;
};
static_assert(sizeof(Head) == 184 && std::has_unique_object_representations_v<std::array<char, 8>>);

absl::Status Damaged(const std::string& path, const auto&... what) {
  return absl::DataLossError(absl::StrCat(path, " is damaged: ", what...));
}

absl::Status FromErrno(const std::string& what, const std::string& path) {
  const int error = errno;
  const std::string message = absl::StrCat(what, " ", path, ": ", std::strerror(error));
  return error == ENOENT ? absl::NotFoundError(message) : absl::UnavailableError(message);
}

Head HeadOf(const CheckpointContent& content) {
  const Progress& progress = content.progress;
  Head head = {.tensors = static_cast<std::uint32_t>(content.tensors.size()),
               .attachment = content.attachment.size(),
               .epochs_done = progress.epochs_done,
               .steps_done = progress.steps_done,
               .learning_rate = progress.plateau.learning_rate,
               .best = progress.plateau.best,
               .wait = progress.plateau.wait,
               .cooldown = progress.plateau.cooldown,
               .rows_done = progress.rows_done,
               .loss_sum = progress.metrics.loss_sum,
               .mistakes = progress.metrics.mistakes,
               .rows = progress.metrics.rows,
               .named_rows = progress.named.rows,
               .named_mistakes = progress.named.mistakes,
               .beyond_top5 = progress.named.beyond_top5,
               .absolute = progress.named.absolute,
               .squared = progress.named.squared,
               .seconds = progress.seconds};
  std::memcpy(head.key.data(), content.key.data(), head.key.size());
  return head;
}

Progress ProgressOf(const Head& head) {
  return {.epochs_done = head.epochs_done,
          .steps_done = head.steps_done,
          .plateau = {.learning_rate = head.learning_rate,
                      .best = head.best,
                      .wait = head.wait,
                      .cooldown = head.cooldown},
          .rows_done = head.rows_done,
          .metrics = {.loss_sum = head.loss_sum, .mistakes = head.mistakes, .rows = head.rows},
          .named = {.rows = head.named_rows,
                    .mistakes = head.named_mistakes,
                    .beyond_top5 = head.beyond_top5,
                    .absolute = head.absolute,
                    .squared = head.squared},
          .seconds = head.seconds};
}

// Whatever the checksum says: numbers that no training writes. What they must be for this one, its trainer knows.
bool Plausible(const Head& head) {
  return head.epochs_done >= 0 && head.steps_done >= 0 && head.wait >= 0 && head.cooldown >= 0 &&
         head.rows_done >= 0 && head.mistakes >= 0 && head.rows == head.rows_done && head.mistakes <= head.rows &&
         head.named_rows == head.rows_done && head.named_mistakes == head.mistakes && head.beyond_top5 >= 0 &&
         head.beyond_top5 <= head.rows && !std::isnan(head.absolute) && !std::isnan(head.squared) &&
         std::isfinite(head.learning_rate) && !std::isnan(head.best) && std::isfinite(head.loss_sum) &&
         std::isfinite(head.seconds) && head.seconds >= 0;
}

// Writes and hashes; remembers that something went wrong.
class Writer {
 public:
  explicit Writer(std::FILE* file) : file_(file) {}
  void Write(const void* bytes, std::size_t size) {
    if (size == 0) return;
    digest_.Append(bytes, size);
    good_ = good_ && std::fwrite(bytes, 1, size, file_) == size;
  }
  bool Finish() {
    const std::string checksum = digest_.Hex();
    good_ = good_ && std::fwrite(checksum.data(), 1, checksum.size(), file_) == checksum.size();
    return good_ && std::fflush(file_) == 0;
  }

 private:
  std::FILE* file_;
  data::Digest digest_;
  bool good_ = true;
};

absl::Status WriteAside(const std::string& path, const CheckpointContent& content) {
  failpoint::Failpoint("worker.checkpoint.begun");
  const CheckpointFile file(std::fopen(path.c_str(), "wbx"));
  if (file == nullptr) return FromErrno("cannot write", path);
  Writer writer(file.get());
  const Head head = HeadOf(content);
  writer.Write(&head, sizeof head);
  for (const std::span<const float> tensor : content.tensors) {
    const std::uint64_t size = tensor.size();
    writer.Write(&size, sizeof size);
  }
  writer.Write(content.attachment.data(), content.attachment.size());
  failpoint::Failpoint("worker.checkpoint.half");
  for (const std::span<const float> tensor : content.tensors) writer.Write(tensor.data(), tensor.size_bytes());
  return writer.Finish() ? absl::OkStatus() : FromErrno("cannot write", path);
}

// Reads on, and hashes what it reads.
class Reader {
 public:
  Reader(std::FILE* file, std::uint64_t left) : file_(file), left_(left) {}
  std::uint64_t left() const { return left_; }
  bool Read(void* bytes, std::size_t size) {
    if (size > left_ || std::fread(bytes, 1, size, file_) != size) return false;
    left_ -= size;
    digest_.Append(bytes, size);
    return true;
  }
  bool Skip(std::uint64_t size) {  // hashed all the same
    std::array<char, 65536> buffer;
    for (; size > 0; size -= std::min<std::uint64_t>(size, buffer.size())) {
      if (!Read(buffer.data(), std::min<std::uint64_t>(size, buffer.size()))) return false;
    }
    return true;
  }
  std::string Hex() const { return digest_.Hex(); }

 private:
  std::FILE* file_;
  std::uint64_t left_;
  data::Digest digest_;
};

// What stands before the tensors.
struct Front {
  CheckpointFile file;
  Reader reader;
  Head head;
  std::vector<std::uint64_t> tensor_sizes;
  std::string attachment;
};

// Nothing is allocated for what the file claims before its size has borne that out.
absl::StatusOr<Front> ReadFront(const std::string& path) {
  CheckpointFile file(std::fopen(path.c_str(), "rb"));
  if (file == nullptr) return FromErrno("cannot open", path);
  struct stat status = {};
  if (fstat(fileno(file.get()), &status) != 0) return FromErrno("cannot read", path);
  if (!S_ISREG(status.st_mode)) return Damaged(path, "it is no file");
  const auto size = static_cast<std::uint64_t>(status.st_size);
  if (size < sizeof(Head) + kChecksum) return Damaged(path, "it has ", size, " bytes");

  Reader reader(file.get(), size - kChecksum);
  Front front = {std::move(file), std::move(reader), {}, {}, {}};
  Head& head = front.head;
  if (!front.reader.Read(&head, sizeof head)) return Damaged(path, "it ends too early");
  if (head.magic != kMagic) return Damaged(path, "it does not begin as a checkpoint does");
  if (head.version != kCheckpointVersion) {
    return absl::FailedPreconditionError(
        absl::StrCat(path, " is of version ", head.version, "; this one reads ", kCheckpointVersion));
  }
  if (head.tensors > kMostTensors || head.tensors > front.reader.left() / sizeof(std::uint64_t)) {
    return Damaged(path, head.tensors, " tensors in ", size, " bytes");
  }
  front.tensor_sizes.resize(head.tensors);
  if (!front.reader.Read(front.tensor_sizes.data(), head.tensors * sizeof(std::uint64_t))) {
    return Damaged(path, "it ends too early");
  }
  std::uint64_t floats = 0;
  for (const std::uint64_t each : front.tensor_sizes) {
    floats += std::min(each, size);  // both are less than 2^63, and the sum of all is looked at each time
    if (each > size || floats > size / sizeof(float)) {
      return Damaged(path, "tensors of more values than its ", size, " bytes hold");
    }
  }
  if (head.attachment > kMostAttachment || front.reader.left() != head.attachment + floats * sizeof(float)) {
    return Damaged(path, "its ", size, " bytes are not those that its tensors take");
  }
  front.attachment.resize(head.attachment);
  if (!front.reader.Read(front.attachment.data(), head.attachment)) return Damaged(path, "it ends too early");
  return front;
}

}  // namespace

// No two writers of a path use the same, in this process or another, in whatever container.
std::string AsideOf(const std::string& path) {
  static const std::uint32_t kProcess = std::random_device{}();
  static std::atomic<std::uint64_t> count = 0;
  return absl::StrCat(path, ".aside-", absl::Hex(kProcess), "-", count.fetch_add(1));
}

absl::Status PutInPlace(const std::string& aside, const std::string& path) {
  // There is no previous one at the first time.
  if (std::rename(path.c_str(), (path + ".previous").c_str()) != 0 && errno != ENOENT) {
    return FromErrno("cannot rename", path);
  }
  failpoint::Failpoint("worker.checkpoint.rotated");
  if (std::rename(aside.c_str(), path.c_str()) != 0) return FromErrno("cannot rename", aside);
  failpoint::Failpoint("worker.checkpoint.renamed");
  return absl::OkStatus();
}

absl::Status WriteCheckpoint(const std::string& path, const CheckpointContent& content) {
  if (content.key.size() != kCheckpointKey || content.attachment.size() > kMostAttachment ||
      content.tensors.size() > kMostTensors) {
    return absl::InternalError(absl::StrCat("a checkpoint of ", content.tensors.size(), " tensors and ",
                                            content.attachment.size(), " bytes beside them; at most ",
                                            kMostTensors, " and ", kMostAttachment, " are written"));
  }
  const std::string aside = AsideOf(path);
  absl::Status status = WriteAside(aside, content);
  failpoint::Failpoint("worker.checkpoint.written");
  if (status.ok()) status = PutInPlace(aside, path);
  if (!status.ok()) std::remove(aside.c_str());
  return status;
}

absl::StatusOr<Checkpoint> Checkpoint::Open(const std::string& path, std::string_view key) {
  absl::StatusOr<Front> front = ReadFront(path);
  if (!front.ok()) return front.status();
  std::FILE* const file = front->file.get();
  Checkpoint checkpoint;
  checkpoint.tensors_at_ = std::ftell(file);
  checkpoint.bytes_ = checkpoint.tensors_at_ + static_cast<std::int64_t>(front->reader.left() + kChecksum);
  if (!front->reader.Skip(front->reader.left())) return Damaged(path, "it ends too early");
  std::array<char, kChecksum> checksum;
  if (std::fread(checksum.data(), 1, kChecksum, file) != kChecksum) return Damaged(path, "it ends too early");
  if (std::string_view(checksum.data(), kChecksum) != front->reader.Hex()) {
    return Damaged(path, "its checksum is another");
  }
  const Head& head = front->head;
  if (!Plausible(head)) return Damaged(path, "its progress is none that a training makes");
  if (std::string_view(head.key.data(), head.key.size()) != key) {
    return absl::FailedPreconditionError(absl::StrCat(path, " is of another training"));
  }
  checkpoint.progress_ = ProgressOf(head);
  checkpoint.file_ = std::move(front->file);
  checkpoint.attachment_ = std::move(front->attachment);
  checkpoint.tensor_sizes_ = std::move(front->tensor_sizes);
  return checkpoint;
}

absl::StatusOr<std::string> ReadAttachment(const std::string& path) {
  absl::StatusOr<Front> front = ReadFront(path);
  if (!front.ok()) return front.status();
  return std::move(front->attachment);
}

absl::StatusOr<std::string> Checkpoint::ReadBytes(std::int64_t offset, std::size_t size) const {
  std::string bytes(size, '\0');
  for (std::size_t read = 0; read < size;) {
    const ssize_t more = pread(fileno(file_.get()), bytes.data() + read, size - read,
                               static_cast<off_t>(offset) + static_cast<off_t>(read));
    if (more < 0 && errno == EINTR) continue;
    if (more <= 0) return absl::DataLossError("the checkpoint cannot be read a second time");
    read += static_cast<std::size_t>(more);
  }
  return bytes;
}

absl::Status Checkpoint::ReadTensors(std::span<const std::span<float>> tensors) const {
  if (tensors.size() != tensor_sizes_.size())
    return absl::InternalError("not as many tensors as the checkpoint has");
  if (std::fseek(file_.get(), tensors_at_, SEEK_SET) != 0)
    return absl::DataLossError("the checkpoint cannot be read");
  for (std::size_t i = 0; i < tensors.size(); ++i) {
    if (tensors[i].size() != tensor_sizes_[i]) return absl::InternalError("a tensor of another size");
    if (std::fread(tensors[i].data(), sizeof(float), tensors[i].size(), file_.get()) != tensors[i].size()) {
      return absl::DataLossError("the checkpoint cannot be read a second time");
    }
  }
  return absl::OkStatus();
}

}  // namespace hpsearch::train
