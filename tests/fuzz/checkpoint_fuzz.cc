// worker/train/checkpoint.h: any bytes as a checkpoint; by the choices sealed with a checksum that is right, so
// that mutations of what it holds pass it. What opens is written anew, to the same bytes.
#include <string>
#include <vector>

#include "tests/fuzz/input.h"
#include "worker/data/digest.h"
#include "worker/train/checkpoint.h"

namespace {

using hpsearch::data::Bytes;
using hpsearch::fuzz::Require;
using hpsearch::train::Checkpoint;

// Of the training that goes on; the seeds have it.
constexpr const char* kKey = "0123456789abcdef0123456789abcdef";

Bytes Sealed(hpsearch::fuzz::Input input) {
  hpsearch::data::Digest digest;
  digest.Append(input.data(), input.size());
  Bytes bytes(input.begin(), input.end());
  for (const char character : digest.Hex()) bytes.push_back(static_cast<std::uint8_t>(character));
  return bytes;
}

void RequireWrittenAnew(const Checkpoint& checkpoint, const std::string& path, const std::string& anew) {
  std::vector<std::vector<float>> tensors;
  std::vector<std::span<float>> read;
  std::vector<std::span<const float>> written;
  for (const std::uint64_t size : checkpoint.tensor_sizes()) tensors.emplace_back(size);
  for (std::vector<float>& tensor : tensors) {
    read.emplace_back(tensor);
    written.emplace_back(tensor);
  }
  Require(checkpoint.ReadTensors(read).ok(), "what was found sound can be read");
  const absl::Status status = hpsearch::train::WriteCheckpoint(
      anew,
      {.key = kKey, .progress = checkpoint.progress(), .attachment = checkpoint.attachment(), .tensors = written});
  Require(status.ok(), "it can be written");
  Require(hpsearch::data::ReadBytes(anew) == hpsearch::data::ReadBytes(path), "a checkpoint has one spelling");
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  static const hpsearch::fuzz::Files files({"trial.checkpoint"});
  hpsearch::fuzz::Input input(data, size);
  const bool sealed = (hpsearch::fuzz::TakeByte(input) & 1) != 0;
  const std::string path = files / "trial.checkpoint";
  const Bytes bytes = sealed ? Sealed(input) : Bytes(input.begin(), input.end());
  files.Write({bytes});
  const auto attachment = hpsearch::train::ReadAttachment(path);
  const auto checkpoint = Checkpoint::Open(path, kKey);
  if (!checkpoint.ok()) return 0;
  Require(attachment.ok() && *attachment == checkpoint->attachment(), "the attachment is the same to both");
  RequireWrittenAnew(*checkpoint, path, files / "anew");
  return 0;
}
