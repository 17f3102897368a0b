#include "server/study/placement.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>

#include "absl/status/status.h"
#include "server/study/data_hash.h"

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

bool DigestAgrees(const StudyRecord& study, const WorkerHello& worker) {
  return study.numerics_digest.empty() || study.numerics_digest == worker.numerics_digest;
}

}  // namespace

Placement::Placement(std::shared_ptr<const StudySpec> spec)
    : spec_(std::move(spec)), instruction_set_(InstructionSetOf(*spec_)) {}

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

const std::string& Placement::MisfitOf(const std::string& dataset, const model::DatasetShape& shape) {
  const auto known = std::ranges::find_if(
      misfits_, [&](const Misfit& each) { return each.dataset == dataset && each.shape == shape; });
  if (known != misfits_.end()) return known->reason;
  if (misfits_.size() == kMostShapes * spec_->datasets.size()) misfits_.erase(misfits_.begin());
  misfits_.push_back({dataset, shape, Summary(CheckAgainst(*spec_, dataset, shape))});
  return misfits_.back().reason;
}

Placement::Verdict Placement::Judge(const StudyRecord& study, const WorkerHello& worker,
                                    const std::string& dataset) {
  const DatasetOffer* offer = OfferOf(worker, dataset);
  if (offer == nullptr) return Verdict::kNoData;
  if (!FaultAt(worker, *offer).empty()) return Verdict::kFaulty;
  const bool begun = !study.data_hash.empty();
  if (begun && hashes_.In(study.data_hash, dataset) != offer->hash) return Verdict::kOtherContent;
  const bool fits = MisfitOf(dataset, offer->shape).empty();
  if (worker.instruction_set != instruction_set_) return fits ? Verdict::kOtherInstructions : Verdict::kMisfit;
  if (!DigestAgrees(study, worker)) return Verdict::kOtherArithmetic;
  return fits ? Verdict::kSuits : Verdict::kMisfit;
}

Placement::Judgement Placement::Judge(const StudyRecord& study, const WorkerHello& worker) {
  Judgement farthest = {.verdict = Verdict::kSuits, .dataset = {}};
  for (const std::string& dataset : spec_->datasets) {
    const Verdict verdict = Judge(study, worker, dataset);
    if (farthest.dataset.empty() || verdict < farthest.verdict) farthest = {verdict, dataset};
  }
  return farthest;
}

bool Placement::Suits(const StudyRecord& study, const WorkerHello& worker) {
  return Judge(study, worker).verdict == Verdict::kSuits;
}

bool Placement::MaySuit(const StudyRecord& study, const WorkerHello& worker) {
  return std::ranges::all_of(spec_->datasets, [&](const std::string& dataset) {
    const DatasetOffer* offer = OfferOf(worker, dataset);
    if (offer == nullptr) return false;
    return (offer->hash.empty() && offer->fault.empty()) || Judge(study, worker, dataset) == Verdict::kSuits;
  });
}

bool Placement::IsTheBest(const StudyRecord& study, const Judgement& judgement,
                          const std::vector<const WorkerHello*>& workers) {
  return std::ranges::all_of(workers, [&](const WorkerHello* worker) {
    return Judge(study, *worker, judgement.dataset) <= judgement.verdict;
  });
}

std::string Placement::WaitsFor(const StudyRecord& study, const Judgement& judgement, const WorkerHello* worker) {
  const auto& [verdict, dataset] = judgement;
  if (verdict == Verdict::kNoData) {
    return fmt::format("waiting for a worker with data set{} {}", spec_->datasets.size() == 1 ? "" : "s",
                       fmt::join(spec_->datasets, ", "));
  }
  const DatasetOffer& offer = *OfferOf(*worker, dataset);
  switch (verdict) {
    case Verdict::kFaulty:
      return fmt::format("waiting for a worker that has data set {} whole; worker {} has not: {}", dataset,
                         worker->name, FaultAt(*worker, offer));
    case Verdict::kMisfit:
      return fmt::format("waiting for a worker whose data set {} fits the study; that of worker {} does not: {}",
                         dataset, worker->name, MisfitOf(dataset, offer.shape));
    case Verdict::kOtherContent:
      return fmt::format(
          "waiting for a worker with data set {} of the content that the study began with (hash {}); worker {} "
          "has another (hash {})",
          dataset, HashIn(study.data_hash, dataset), worker->name, offer.hash);
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
  Judgement judgement;
  for (const WorkerHello* worker : workers) {
    Judgement its = Judge(study, *worker);
    if (its.verdict == Verdict::kSuits) return {};
    if (its.verdict <= judgement.verdict) continue;
    closest = worker;
    judgement = std::move(its);
  }
  const bool no_use = judgement.verdict == Verdict::kFaulty || judgement.verdict == Verdict::kMisfit;
  if (!study.started_at && no_use && IsTheBest(study, judgement, workers)) {
    const std::string& dataset = judgement.dataset;
    const DatasetOffer& offer = *OfferOf(*closest, dataset);
    if (judgement.verdict == Verdict::kFaulty) return {Outlook::Kind::kFails, FaultAt(*closest, offer)};
    return {Outlook::Kind::kFails,
            fmt::format("the study does not fit data set {}: {}", dataset, MisfitOf(dataset, offer.shape))};
  }
  return {Outlook::Kind::kWaits, WaitsFor(study, judgement, closest)};
}

}  // namespace hpsearch::study
