#include "server/study/request_answer.h"

#include <fmt/format.h>

#include <algorithm>
#include <optional>
#include <variant>

#include "server/model/document.h"
#include "server/model/json.h"

namespace hpsearch::study {
namespace {

using model::Node;

constexpr std::size_t kLongestId = 128;

Node Optional(const std::optional<std::int64_t>& value) { return value ? Node(*value) : Node(); }

std::string Text(const Node& answer, const char* key) {
  const Node* node = answer.Find(key);
  return node != nullptr && node->is_text() ? node->text() : std::string();
}

bool Truth(const Node& answer, const char* key) {
  const Node* node = answer.Find(key);
  return node != nullptr && *node == Node(true);
}

std::optional<std::int64_t> Integer(const Node& answer, const char* key) {
  const Node* node = answer.Find(key);
  if (node == nullptr || !node->is_scalar()) return std::nullopt;
  const auto* integer = std::get_if<std::int64_t>(&node->scalar());
  return integer == nullptr ? std::nullopt : std::optional(*integer);
}

}  // namespace

absl::Status CheckRequestId(const std::string& id) {
  const bool printable = std::all_of(id.begin(), id.end(), [](char c) { return c >= ' ' && c <= '~'; });
  if (printable && !id.empty() && id.size() <= kLongestId) return absl::OkStatus();
  return absl::InvalidArgumentError(
      fmt::format("request_id: {} characters{}; 1 to {} of printable ASCII are wanted", id.size(),
                  printable ? "" : ", not all of them printable ASCII", kLongestId));
}

std::string EncodeAnswer(const std::string& verb, const StudyRecord& study, bool existed) {
  Node answer;
  answer.Set("verb", verb);
  answer.Set("id", study.id);
  answer.Set("study", study.name);
  answer.Set("state", std::string(ToString(study.state)));
  answer.Set("reason", study.reason);
  answer.Set("data_hash", study.data_hash);
  answer.Set("numerics_digest", study.numerics_digest);
  answer.Set("metric", study.metric);
  answer.Set("direction", study.direction);
  answer.Set("planned_trials", study.planned_trials);
  answer.Set("max_trials", study.max_trials);
  answer.Set("next_trial", study.next_trial);
  answer.Set("best_trial", Optional(study.best_trial));
  answer.Set("stopping", study.stopping);
  if (study.extended_from) answer.Set("extended_from", std::string(ToString(*study.extended_from)));
  answer.Set("created_at", study.created_at);
  answer.Set("started_at", Optional(study.started_at));
  answer.Set("finished_at", Optional(study.finished_at));
  answer.Set("existed", existed);
  return model::ToJson(answer);
}

absl::StatusOr<StudyAnswer> DecodeAnswer(const std::string& text, const std::string& verb,
                                         const std::string& study) {
  const absl::StatusOr<Node> answer = model::FromJson(text);
  if (!answer.ok()) return absl::InternalError("a stored answer: " + std::string(answer.status().message()));
  const std::string first_verb = Text(*answer, "verb");
  StudyAnswer record;
  record.name = Text(*answer, "study");
  if (first_verb != verb || record.name != study) {
    return absl::InvalidArgumentError(fmt::format(
        "request_id: this one was used to {} study {}; each request wants its own", first_verb, record.name));
  }
  const std::optional<StudyState> state = StudyStateFrom(Text(*answer, "state"));
  if (!state) return absl::InternalError("a stored answer names no state");
  record.id = Integer(*answer, "id").value_or(0);
  record.state = *state;
  record.reason = Text(*answer, "reason");
  record.data_hash = Text(*answer, "data_hash");
  record.numerics_digest = Text(*answer, "numerics_digest");
  record.metric = Text(*answer, "metric");
  record.direction = Text(*answer, "direction");
  record.planned_trials = Integer(*answer, "planned_trials").value_or(0);
  record.max_trials = Integer(*answer, "max_trials").value_or(0);
  record.next_trial = Integer(*answer, "next_trial").value_or(1);
  record.best_trial = Integer(*answer, "best_trial");
  record.stopping = Truth(*answer, "stopping");
  record.extended_from = StudyStateFrom(Text(*answer, "extended_from"));
  record.existed = Truth(*answer, "existed");
  record.created_at = Integer(*answer, "created_at").value_or(0);
  record.started_at = Integer(*answer, "started_at");
  record.finished_at = Integer(*answer, "finished_at");
  return record;
}

}  // namespace hpsearch::study
