// The points of a study whose strategy learns: what its sampler may be asked, from what is known of the trials,
// and when. With `batch: n` the trials come in batches, and a batch is asked for once all trials in front of it
// have ended: the points are the same for any number of workers. Without, a point is asked for when a slot is free
// for it, from what is known by then.
//
// The points that were enqueued are known from the start, and stand in front of the first batch. Results of
// earlier studies stand in front of all, as if the study had begun with them: the strategy's numbers are theirs
// first.
//
// Threads: the coordinator's strand; a question is answered elsewhere, by what it carries alone. Its owner is one
// ActiveStudy. No errors. Costs grow with the number of trials: a question carries them all.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <vector>

#include "server/search/round.h"
#include "server/strategy/strategy.h"
#include "server/study/records.h"
#include "server/study/spec.h"

namespace hpsearch::study {

class PointChooser {
 public:
  struct Question {
    std::shared_ptr<const StudySpec> spec;  // whose space the sampler borrows
    std::shared_ptr<strategy::Sampler> sampler;
    std::vector<strategy::Observation> history;
    std::int64_t first = 1, count = 1;
    std::int64_t known = 0;  // so many of those were chosen before the process began

    std::vector<strategy::Coordinates> Answer() const;  // those that are not known
  };

  // Requires: spec->search.sampling, which learns. `earlier`: see earlier_results.h.
  PointChooser(std::shared_ptr<const StudySpec> spec, std::vector<strategy::Observation> earlier);

  // What to ask now; nullopt: nothing, since all is chosen, a question is open, or trials must end before. Until
  // Answered, nothing else is asked.
  std::optional<Question> Ask();
  // The points of the next trials, as they were asked for or as they are stored.
  void Chose(const search::Point& point);
  void Answered() { asked_ = false; }  // all points of the question are chosen
  // What has come of a trial. Also of one that is PAUSED, and again where it has gone on.
  void Ended(std::int64_t trial, TrialState state, std::optional<double> objective);

 private:
  std::shared_ptr<const StudySpec> spec_;
  std::shared_ptr<strategy::Sampler> sampler_;
  std::vector<strategy::Observation> history_;  // the earlier results, and all trials that are chosen
  std::int64_t earlier_;                        // so many of those are earlier results
  std::int64_t ended_;                          // so many of the first have ended
  bool asked_ = false;
};

}  // namespace hpsearch::study
