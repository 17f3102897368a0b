// What clients ask of the coordinator.
#include <fmt/format.h>

#include <array>
#include <utility>

#include "server/study/coordinator_impl.h"
#include "server/study/earlier_results.h"
#include "server/study/request_answer.h"

namespace hpsearch::study {
namespace {

std::string Verb(Action action) {
  constexpr std::array<const char*, 4> kVerbs = {"pause", "resume", "stop", "cancel"};
  return kVerbs.at(static_cast<std::size_t>(action));
}

// Asking again for the end that a study has come to is no error.
bool IsThere(StudyState state, Action action) {
  return (action == Action::kStop && state == StudyState::kStopped) ||
         (action == Action::kCancel && state == StudyState::kCancelled);
}

absl::StatusOr<StudyAnswer> AnswerOf(absl::StatusOr<StudyRecord> record, bool existed) {
  if (!record.ok()) return record.status();
  return StudyAnswer{*std::move(record), existed};
}

// Released in the order of decisions: an answer tells nothing that is not durable.
void AnswerWith(Decision& decision, Coordinator::Reply<StudyAnswer> reply, absl::StatusOr<StudyAnswer> answer) {
  decision.Answer([reply = std::move(reply), answer = std::move(answer)](const absl::Status& stored) {
    reply(stored.ok() ? answer : absl::StatusOr<StudyAnswer>(stored));
  });
}

}  // namespace

ActiveStudy* Coordinator::Impl::Active(const std::string& name) {
  const auto it = names_.find(name);
  return it == names_.end() ? nullptr : studies_.at(it->second).get();
}

absl::StatusOr<StudyRecord> Coordinator::Impl::RecordOfStudy(const std::string& name) {
  if (const ActiveStudy* study = Active(name)) return study->record();
  return store_.FindStudy(name);
}

absl::Status Coordinator::Impl::WhyRefused(const std::string& name) const {
  const auto refused = refused_.find(name);
  if (refused == refused_.end()) return absl::InternalError(fmt::format("study {} is open and not known", name));
  return absl::FailedPreconditionError(
      fmt::format("study {} cannot be read by this version of hpsearch: {}", name, refused->second));
}

std::optional<absl::StatusOr<StudyAnswer>> Coordinator::Impl::FirstAnswer(const std::string& request_id,
                                                                          const std::string& verb,
                                                                          const std::string& study,
                                                                          const StudySpec* spec) {
  if (absl::Status status = CheckRequestId(request_id); !status.ok()) return status;
  const auto it = requests_.find(request_id);
  const absl::StatusOr<std::string> text =
      it != requests_.end() ? absl::StatusOr<std::string>(it->second) : store_.FindRequest(request_id);
  if (absl::IsNotFound(text.status())) return std::nullopt;
  if (!text.ok()) return text.status();
  absl::StatusOr<StudyAnswer> answer = DecodeAnswer(*text, verb, study);
  if (!answer.ok()) return answer;
  const absl::StatusOr<StudyRecord> record = RecordOfStudy(study);
  if (!record.ok()) return record.status();
  if (spec != nullptr && !SameMeaning(record->spec, *spec)) {
    return absl::InvalidArgumentError(fmt::format(
        "request_id: this one was used to create study {} of another specification; each request wants its own",
        study));
  }
  answer->spec = record->spec;
  return answer;
}

void Coordinator::Impl::Remember(const std::string& request_id, const std::string& verb, const StudyAnswer& answer,
                                 Decision& decision) {
  std::string text = EncodeAnswer(verb, answer, answer.existed);
  decision.Add(PutRequest{request_id, text});
  requests_.emplace(request_id, std::move(text));
  decision.Then([this, request_id] { requests_.erase(request_id); });
}

absl::StatusOr<std::vector<EarlierResult>> Coordinator::Impl::EarlierResults(const StudySpec& spec) {
  for (const std::string& name : spec.search.warm_start) {
    const ActiveStudy* study = Active(name);
    // Its last results are on their way to the store.
    if (study != nullptr && study->ended()) {
      return absl::UnavailableError(fmt::format("search.warm_start: study {} is just ending, try again", name));
    }
  }
  return ReadEarlierResults(spec, store_);
}

void Coordinator::Impl::CreateStudy(const std::string& request_id, std::shared_ptr<const StudySpec> spec,
                                    Coordinator::Reply<StudyAnswer> reply) {
  if (!health_.ok()) return reply(absl::UnavailableError(health_.message()));
  Decision decision;
  const auto answer = [&](absl::StatusOr<StudyRecord> record, bool existed = false) {
    absl::StatusOr<StudyAnswer> first = AnswerOf(std::move(record), existed);
    if (first.ok()) Remember(request_id, "create", *first, decision);
    AnswerWith(decision, std::move(reply), std::move(first));
    outbox_.Submit(std::move(decision));
  };
  if (auto first = FirstAnswer(request_id, "create", spec->name, spec.get())) {
    AnswerWith(decision, std::move(reply), *std::move(first));
    return outbox_.Submit(std::move(decision));
  }
  const std::string name = spec->name;
  if (refused_.contains(name)) return answer(WhyRefused(name));
  absl::StatusOr<StudyRecord> there = RecordOfStudy(name);
  if (there.ok() && SameMeaning(there->spec, *spec)) return answer(std::move(there), /*existed=*/true);
  if (there.ok()) {
    return answer(absl::AlreadyExistsError(fmt::format(
        "study {} is there already, with another specification: give this one another name (--name NAME)", name)));
  }
  if (!absl::IsNotFound(there.status())) return answer(there.status());

  absl::StatusOr<std::vector<EarlierResult>> earlier = EarlierResults(*spec);
  if (!earlier.ok()) return answer(earlier.status());
  absl::StatusOr<std::unique_ptr<ActiveStudy>> study =
      ActiveStudy::Create(last_study_ + 1, std::move(spec), *std::move(earlier), clock_.Wall(), decision);
  if (!study.ok()) return answer(study.status());
  const std::int64_t id = ++last_study_;
  ActiveStudy& added = *studies_.emplace(id, *std::move(study)).first->second;
  names_.emplace(name, id);
  Settle(added, decision);
  Dispatch(decision);
  answer(added.record());
}

absl::Status Coordinator::Impl::Change(ActiveStudy& study, Action action, Decision& decision) {
  switch (action) {
    case Action::kPause:
      return study.Pause(decision);
    case Action::kResume:
      return study.Resume(decision);
    case Action::kStop:
      study.Stop("", decision);
      return absl::OkStatus();
    case Action::kCancel:
      study.End(StudyState::kCancelled, "", clock_.Wall(), decision);
      return absl::OkStatus();
  }
  return absl::InternalError("an unknown action");
}

void Coordinator::Impl::Request(
    const std::string& request_id, const std::string& verb, const std::string& name, Reply<StudyAnswer> reply,
    const std::function<absl::StatusOr<StudyRecord>(const StudyRecord&, Decision&)>& change) {
  if (!health_.ok()) return reply(absl::UnavailableError(health_.message()));
  Decision decision;
  const auto answer = [&](absl::StatusOr<StudyRecord> record) {
    absl::StatusOr<StudyAnswer> first = AnswerOf(std::move(record), false);
    if (first.ok()) Remember(request_id, verb, *first, decision);
    AnswerWith(decision, std::move(reply), std::move(first));
    outbox_.Submit(std::move(decision));
  };
  if (auto first = FirstAnswer(request_id, verb, name, nullptr)) {
    AnswerWith(decision, std::move(reply), *std::move(first));
    return outbox_.Submit(std::move(decision));
  }
  const absl::StatusOr<StudyRecord> record = RecordOfStudy(name);
  if (absl::IsNotFound(record.status())) return answer(absl::NotFoundError("there is no study " + name));
  if (!record.ok()) return answer(record.status());
  answer(change(*record, decision));
}

void Coordinator::Impl::ChangeState(const std::string& request_id, const std::string& name, Action action,
                                    Reply<StudyAnswer> reply) {
  Request(request_id, Verb(action), name, std::move(reply),
          [&](const StudyRecord& record, Decision& decision) -> absl::StatusOr<StudyRecord> {
            if (IsFinal(record.state)) {
              if (IsThere(record.state, action)) return record;
              return absl::FailedPreconditionError(fmt::format("study {} is {}: it is too late to {} it", name,
                                                               ToString(record.state), Verb(action)));
            }
            ActiveStudy* study = Active(name);
            if (study == nullptr) return WhyRefused(name);
            if (const absl::Status changed = Change(*study, action, decision); !changed.ok()) return changed;
            Settle(*study, decision);
            Dispatch(decision);
            return study->record();
          });
}

}  // namespace hpsearch::study
