#include "server/study/placement.h"

#include <fmt/format.h>

#include <algorithm>

#include "absl/status/status.h"

namespace hpsearch::study {
namespace {

// Workers mostly agree on a set's shape; the bound is for those that would make up ever new ones.
constexpr std::size_t kMostShapes = 16;
// A reason is read in a line of `list`.
constexpr std::size_t kMostFaults = 3;
constexpr const char* kNative = "native";

std::string Summary(model::Faults faults) {
  const std::size_t more = faults.size() - std::min(faults.size(), kMostFaults);
  faults.resize(faults.size() - more);
  const std::string text(model::ToStatus(faults).message());
  return more == 0 ? text : fmt::format("{}\nand {} more", text, more);
}

bool HashAgrees(const StudyRecord& study, const DatasetOffer& offer) {
  return study.data_hash.empty() || study.data_hash == offer.hash;
}

bool DigestAgrees(const StudyRecord& study, const WorkerHello& worker) {
  return study.numerics_digest.empty() || study.numerics_digest == worker.numerics_digest;
}

}  // namespace

const DatasetOffer* OfferOf(const WorkerHello& worker, const std::string& dataset) {
  for (const DatasetOffer& offer : worker.datasets) {
    if (offer.key == dataset) return &offer;
  }
  return nullptr;
}

Placement::Placement(std::shared_ptr<const StudySpec> spec)
    : spec_(std::move(spec)), dataset_(DatasetOf(*spec_).Key()), instruction_set_(InstructionSetOf(*spec_)) {}

void Placement::Exclude(const WorkerHello& worker, const std::string& hash, std::string reason) {
  excluded_.insert_or_assign(worker.name, Exclusion{worker.instance, hash, std::move(reason)});
}

const std::string& Placement::FaultAt(const WorkerHello& worker, const DatasetOffer& offer) const {
  if (!offer.fault.empty()) return offer.fault;
  static const std::string none;
  const auto excluded = excluded_.find(worker.name);
  if (excluded == excluded_.end()) return none;
  const Exclusion& copy = excluded->second;
  return copy.instance == worker.instance && copy.hash == offer.hash ? copy.reason : none;
}

const std::string& Placement::MisfitOf(const model::DatasetShape& shape) {
  const auto known =
      std::find_if(misfits_.begin(), misfits_.end(), [&](const auto& each) { return each.first == shape; });
  if (known != misfits_.end()) return known->second;
  if (misfits_.size() == kMostShapes) misfits_.erase(misfits_.begin());
  return misfits_.emplace_back(shape, Summary(CheckAgainst(*spec_, shape))).second;
}

Placement::Verdict Placement::Judge(const StudyRecord& study, const WorkerHello& worker) {
  const DatasetOffer* offer = OfferOf(worker, dataset_);
  if (offer == nullptr) return Verdict::kNoData;
  if (!FaultAt(worker, *offer).empty()) return Verdict::kFaulty;
  if (!HashAgrees(study, *offer)) return Verdict::kOtherContent;
  const bool fits = MisfitOf(offer->shape).empty();
  if (worker.instruction_set != instruction_set_) return fits ? Verdict::kOtherInstructions : Verdict::kMisfit;
  if (!DigestAgrees(study, worker)) return Verdict::kOtherArithmetic;
  return fits ? Verdict::kSuits : Verdict::kMisfit;
}

bool Placement::Suits(const StudyRecord& study, const WorkerHello& worker) {
  return Judge(study, worker) == Verdict::kSuits;
}

bool Placement::MaySuit(const StudyRecord& study, const WorkerHello& worker) {
  const DatasetOffer* offer = OfferOf(worker, dataset_);
  if (offer == nullptr) return false;
  return (offer->hash.empty() && offer->fault.empty()) || Suits(study, worker);
}

std::string Placement::WaitsFor(const StudyRecord& study, Verdict verdict, const WorkerHello* worker) {
  if (verdict == Verdict::kNoData) return "waiting for a worker with data set " + dataset_;
  const DatasetOffer& offer = *OfferOf(*worker, dataset_);
  switch (verdict) {
    case Verdict::kFaulty:
      return fmt::format("waiting for a worker that has data set {} whole; worker {} has not: {}", dataset_,
                         worker->name, FaultAt(*worker, offer));
    case Verdict::kMisfit:
      return fmt::format("waiting for a worker whose data set {} fits the study; that of worker {} does not: {}",
                         dataset_, worker->name, MisfitOf(offer.shape));
    case Verdict::kOtherContent:
      return fmt::format(
          "waiting for a worker with data set {} of the content that the study began with (hash {}); worker {} "
          "has another (hash {})",
          dataset_, study.data_hash, worker->name, offer.hash);
    case Verdict::kOtherInstructions:
      return instruction_set_ == kNative
                 ? fmt::format(
                       "waiting for a worker that is pinned to no instruction set; worker {} is pinned to {}",
                       worker->name, worker->instruction_set)
                 : fmt::format(
                       "waiting for a worker that is pinned to instruction set {0} (hpsearch worker "
                       "--instruction-set {0}); worker {1} is pinned to {2}",
                       instruction_set_, worker->name,
                       worker->instruction_set == kNative ? "none" : worker->instruction_set);
    case Verdict::kOtherArithmetic:
      return fmt::format(
          "waiting for a worker whose arithmetic agrees with the study's (numerics digest {}); worker {} computes "
          "otherwise (numerics digest {})",
          study.numerics_digest, worker->name, worker->numerics_digest);
    case Verdict::kNoData:
    case Verdict::kSuits:
      break;
  }
  return {};
}

Outlook Placement::OutlookAmong(const StudyRecord& study, const std::vector<const WorkerHello*>& workers) {
  const WorkerHello* closest = nullptr;  // the first of those with the best verdict
  Verdict verdict = Verdict::kNoData;
  for (const WorkerHello* worker : workers) {
    const Verdict its = Judge(study, *worker);
    if (its == Verdict::kSuits) return {};
    if (its <= verdict) continue;
    closest = worker;
    verdict = its;
  }
  if (!study.started_at) {
    if (verdict == Verdict::kFaulty) {
      return {Outlook::Kind::kFails, FaultAt(*closest, *OfferOf(*closest, dataset_))};
    }
    if (verdict == Verdict::kMisfit) {
      return {Outlook::Kind::kFails, fmt::format("the study does not fit data set {}: {}", dataset_,
                                                 MisfitOf(OfferOf(*closest, dataset_)->shape))};
    }
  }
  return {Outlook::Kind::kWaits, WaitsFor(study, verdict, closest)};
}

}  // namespace hpsearch::study
