// Which workers may train a study's trials, and what to say of a study that no worker may: decisions over what the
// connected workers offer, and over what they found when they read it.
//
// Owned by one study; memory alone: after a restart a worker's fault is found again. Threads: the coordinator's
// strand. No errors, no I/O. Costs: a study is checked against a data set's shape once, then remembered; so is
// the content that it began with read once.
#pragma once

#include <map>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "server/model/dataset.h"
#include "server/study/data_hash.h"
#include "server/study/records.h"
#include "server/study/spec.h"
#include "server/study/worker_link.h"

namespace hpsearch::study {

struct Outlook {
  enum class Kind {
    kReady,  // some worker suits
    kWaits,  // none does; `reason` says for what the study waits
    kFails,  // wherever the data set is, it is damaged or the study does not fit it; `reason` says how
  };
  Kind kind = Kind::kReady;
  std::string reason;
};

class Placement {
 public:
  explicit Placement(std::shared_ptr<const StudySpec> spec);

  // The worker could not train the study on its copy of that content, for this reason: until another process has
  // its name. What it offers by now may be another one.
  void Exclude(const WorkerHello& worker, const std::string& hash, std::string reason);

  // Whether the worker has each of the study's data sets whole, with the content and the arithmetic that the study
  // began with, is pinned to the instruction set that the study asks for (to none where it asks for native: what a
  // fleet is pinned to is not what its machines can do), and the study fits the sets.
  bool Suits(const StudyRecord& study, const WorkerHello& worker);

  // The same of a worker that is not connected, of which no more than the names of its sets may be known: those
  // are all that outlives a restart.
  bool MaySuit(const StudyRecord& study, const WorkerHello& worker);

  // What becomes of a study among these workers. One that has begun waits, since its data was whole somewhere; one
  // that has not fails where there are copies and none is of use.
  Outlook OutlookAmong(const StudyRecord& study, const std::vector<const WorkerHello*>& workers);

 private:
  // From farthest to closest.
  enum class Verdict { kNoData, kFaulty, kMisfit, kOtherContent, kOtherInstructions, kOtherArithmetic, kSuits };
  // Of one data set, and the farthest of all of them.
  struct Judgement {
    Verdict verdict = Verdict::kNoData;
    std::string dataset;
  };
  Verdict Judge(const StudyRecord& study, const WorkerHello& worker, const std::string& dataset);
  Judgement Judge(const StudyRecord& study, const WorkerHello& worker);
  // Whether that is what there is of the data set, wherever it is.
  bool IsTheBest(const StudyRecord& study, const Judgement& judgement,
                 const std::vector<const WorkerHello*>& workers);
  // Why the study waits, where that is the judgement of the closest worker.
  std::string WaitsFor(const StudyRecord& study, const Judgement& judgement, const WorkerHello* worker);
  // What is wrong with the worker's copy; empty: nothing.
  const std::string& FaultAt(const WorkerHello& worker, const DatasetOffer& offer) const;
  // Why the study does not fit a set of that name and shape; empty: it does.
  const std::string& MisfitOf(const std::string& dataset, const model::DatasetShape& shape);

  std::shared_ptr<const StudySpec> spec_;
  std::string instruction_set_;
  struct Exclusion {
    std::string instance, hash, reason;
  };
  std::map<std::string, Exclusion> excluded_;  // by the worker's name
  struct Misfit {
    std::string dataset;
    model::DatasetShape shape;
    std::string reason;
  };
  DataHashes hashes_;            // of the content that the study began with
  std::vector<Misfit> misfits_;  // at most kMostShapes of each data set
};

}  // namespace hpsearch::study
