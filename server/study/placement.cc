#include "server/study/placement.h"

#include <fmt/format.h>

#include "absl/status/status.h"

namespace hpsearch::study {
namespace {

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

bool Suits(const StudyRecord& study, const std::string& dataset, const WorkerHello& worker) {
  const DatasetOffer* offer = OfferOf(worker, dataset);
  return offer != nullptr && offer->fault.empty() && HashAgrees(study, *offer) && DigestAgrees(study, worker);
}

Outlook OutlookOf(const StudyRecord& study, const StudySpec& spec,
                  const std::vector<const WorkerHello*>& workers) {
  const std::string dataset = DatasetOf(spec).Key();
  std::string fault;
  Outlook waits{Outlook::Kind::kWaits, "waiting for a worker with data set " + dataset};
  bool whole = false;
  for (const WorkerHello* worker : workers) {
    const DatasetOffer* offer = OfferOf(*worker, dataset);
    if (offer == nullptr) continue;
    if (!offer->fault.empty()) {
      if (fault.empty()) fault = offer->fault;
      continue;
    }
    whole = true;
    if (!HashAgrees(study, *offer)) {
      waits.reason = fmt::format(
          "waiting for a worker with data set {} of the content that the study began with (hash {}); worker {} "
          "has "
          "another (hash {})",
          dataset, study.data_hash, worker->name, offer->hash);
    } else if (!DigestAgrees(study, *worker)) {
      waits.reason = fmt::format(
          "waiting for a worker whose arithmetic agrees with the study's (numerics digest {}); worker {} computes "
          "otherwise (numerics digest {})",
          study.numerics_digest, worker->name, worker->numerics_digest);
    } else {
      const model::Faults faults = CheckAgainst(spec, offer->shape);
      if (faults.empty()) return {};
      return {Outlook::Kind::kFails, fmt::format("the study does not fit data set {}: {}", dataset,
                                                 std::string(model::ToStatus(faults).message()))};
    }
  }
  if (!whole && !fault.empty()) return {Outlook::Kind::kFails, fault};
  return waits;
}

}  // namespace hpsearch::study
