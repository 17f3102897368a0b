#include "server/model/trial_content.h"

#include <optional>
#include <utility>

#include "server/model/fault.h"
#include "server/model/json.h"
#include "server/model/training.h"

namespace hpsearch::model {
namespace {

// A schedule that ends where the study says is another with other epochs.
bool EndsWithTheStudy(const std::optional<Schedule>& schedule) {
  return schedule.has_value() && EndOf(*schedule, 1) != EndOf(*schedule, 2);
}

}  // namespace

absl::StatusOr<std::string> TrialContent::Text() const {
  std::optional<Schedule> schedule;
  if (const Node* given = training.Find("schedule"); given != nullptr && !given->is_null()) {
    Faults faults;
    schedule = ReadTraining(training, faults).schedule;
    if (absl::Status status = ToStatus(faults); !status.ok()) return status;
  }
  Node trained = training;
  if (!EndsWithTheStudy(schedule)) {
    std::erase_if(trained.mapping(), [](const Node::Entry& entry) { return entry.key == "epochs"; });
  }
  return ToJson(Node::Mapping{{"model", model},
                              {"training", std::move(trained)},
                              {"dataset", dataset},
                              {"data_hash", data_hash},
                              {"seed", seed},
                              {"replicate", replicate},
                              {"numerics", numerics_digest}});
}

}  // namespace hpsearch::model
