#include "server/rpc/checkpoint_shelf.h"

#include <boost/asio/post.hpp>
#include <utility>

namespace hpsearch::rpc {
namespace {

constexpr std::size_t kThreads = 2;
constexpr std::size_t kMostText = 128;  // of a worker's name, its instance, a study's name

}  // namespace

v1::CheckpointHeader ToMessage(const store::KeptCheckpoint& kept) {
  v1::CheckpointHeader header;
  header.set_key(kept.key);
  header.set_epochs(kept.epochs);
  header.set_steps(kept.steps);
  header.set_bytes(kept.bytes);
  header.set_checksum(kept.checksum);
  return header;
}

CheckpointShelf::CheckpointShelf(const std::string& folder, const CheckpointLimits& limits, study::Strand& strand,
                                 study::Coordinator& coordinator, BufferQuota& quota)
    : stalls_(limits.stalls),
      strand_(strand),
      coordinator_(coordinator),
      quota_(quota),
      files_(folder, limits.files),
      places_(limits.transfers),
      pool_(kThreads) {}

std::optional<v1::CheckpointHeader> CheckpointShelf::HeaderOf(const std::string& study, std::int64_t trial) const {
  if (files_.empty()) return std::nullopt;
  const std::optional<store::KeptCheckpoint> kept = files_.Find({study, trial});
  if (!kept) return std::nullopt;
  return ToMessage(*kept);
}

absl::Status CheckpointShelf::Check(const v1::CheckpointLease& lease) const {
  if (lease.worker().size() > kMostText || lease.instance().size() > kMostText ||
      lease.study().size() > kMostText) {
    return absl::InvalidArgumentError("lease: names of 128 bytes at most are wanted");
  }
  return coordinator_.CheckClaim(
      {lease.worker(), lease.instance(), lease.study(), lease.trial(), lease.attempt()});
}

void CheckpointShelf::TidyUp() {
  for (const store::CheckpointName& name : files_.Names()) Review(name);
}

void CheckpointShelf::Review(const store::CheckpointName& name) {
  if (closed_ || coordinator_.MayGoOn(name.study, name.trial)) return;
  OnDisk([this, name] { files_.Remove(name); });
}

void CheckpointShelf::Notify(const study::Event& event) {
  if (files_.empty() || event.kind != study::Event::Kind::kTrial) return;
  store::CheckpointName name{event.study, event.trial};
  // Posted: the coordinator is the one that calls.
  if (files_.Find(name)) strand_.Post([this, name = std::move(name)] { Review(name); });
}

void CheckpointShelf::EndStalled() {
  const auto since = std::chrono::steady_clock::now() - stalls_;
  const std::set<Transfer*> all = transfers_;
  for (Transfer* transfer : all) transfer->EndIfStalled(since);
}

Place CheckpointShelf::TakePlace() {
  Place place = places_.Take();
  if (place == nullptr) return nullptr;
  return std::make_shared<std::pair<Place, BufferQuota::Share>>(std::move(place), quota_.ForTransfer());
}

void CheckpointShelf::OnDisk(std::function<void()> task) { boost::asio::post(pool_, std::move(task)); }

}  // namespace hpsearch::rpc
