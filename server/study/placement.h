// Which workers may train a study's trials, and what to say of a study that no worker may: pure decisions over
// what the connected workers offer.
#pragma once

#include <string>
#include <vector>

#include "server/study/records.h"
#include "server/study/spec.h"
#include "server/study/worker_link.h"

namespace hpsearch::study {

// The worker's offer of the data set, whole or damaged; nullptr: it has none.
const DatasetOffer* OfferOf(const WorkerHello& worker, const std::string& dataset);

// Whether the worker has the study's data set whole, with the content and the arithmetic that the study began
// with.
bool Suits(const StudyRecord& study, const std::string& dataset, const WorkerHello& worker);

struct Outlook {
  enum class Kind {
    kReady,  // some worker suits
    kWaits,  // none does; `reason` says for what the study waits
    kFails,  // the data set is damaged wherever it is, or the study does not fit it; `reason` says how
  };
  Kind kind = Kind::kReady;
  std::string reason;
};

// What becomes of a study among these workers.
Outlook OutlookOf(const StudyRecord& study, const StudySpec& spec, const std::vector<const WorkerHello*>& workers);

}  // namespace hpsearch::study
