#include "server/model/trial_content.h"

#include <optional>

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
  const bool ends = EndsWithTheStudy(schedule);
  std::string text = R"({"model":)" + ToJson(model) + R"(,"training":{)";
  const std::size_t empty = text.size();
  for (const Node::Entry& entry : training.mapping()) {
    if (entry.key == "epochs" && !ends) continue;
    if (text.size() > empty) text += ',';
    text += ToJson(Node(entry.key)) + ':' + ToJson(entry.value);
  }
  return text + R"(},"dataset":)" + ToJson(dataset) + R"(,"data_hash":)" + ToJson(Node(data_hash)) +
         R"(,"seed":)" + std::to_string(seed) + R"(,"replicate":)" + std::to_string(replicate) +
         R"(,"numerics":)" + ToJson(Node(numerics_digest)) + '}';
}

}  // namespace hpsearch::model
