#include "tests/simulation/client.h"

#include <fmt/format.h>

#include <algorithm>
#include <utility>

#include "tests/simulation/broken.h"

namespace hpsearch::simulation {

using study::Action;
using study::StudyState;

struct Client::Request {
  std::string id, verb;
  Ask ask;
  std::function<void(bool)> answered;
  std::int64_t tries = 0;
  bool done = false;
};

Client::Client(Nature& nature, Server& server, const Scenario& scenario)
    : nature_(nature), server_(server), scenario_(scenario) {
  for (const StudyPlan& plan : scenario.studies) studies_.push_back(std::make_unique<Study>(Study{plan}));
}

void Client::Start() {
  // The first at once, the others while it goes on.
  double within = 0;
  for (const auto& each : studies_) {
    Study& study = *each;
    nature_.After(nature_.dice.Wait(std::exchange(within, 10e6)), [this, &study] {
      Make(
          study, "create",
          [spec = SpecOf(study.plan)](study::Coordinator& coordinator, const std::string& id, Reply reply) {
            coordinator.CreateStudy(id, spec, std::move(reply));
          },
          [this, &study](bool ok) {
            Invariant(ok, "a study can be created", "{}", study.plan.name);
            study.created = true;
            Visit(study);
          });
    });
  }
}

const study::StudyRecord* Client::RowOf(const Study& study) const {
  const StudyEntry* entry = server_.auditor().durable().Find(study.plan.name);
  return entry == nullptr ? nullptr : &entry->row;
}

// Looks at the study, does something or not, and looks again later.
void Client::Visit(Study& study) {
  const double pause = study.plan.pauses > 0 ? study.plan.pauses : 5;
  nature_.After(nature_.dice.Wait(ending_ ? 1e6 : pause * 1e6), [this, &study] { Visit(study); });
  if (study.busy) return;
  const study::StudyRecord& row = *RowOf(study);
  const bool may_extend = row.state == StudyState::kCompleted || row.state == StudyState::kStopped;
  if (may_extend && study.plan.extends && !study.extended) return Extend(study);
  if (row.state == StudyState::kPaused && (ending_ || nature_.dice.Chance(0.7))) {
    return Change(study, Action::kResume);
  }
  if (ending_) return;
  if (study.plan.ends > 0 && nature_.dice.Chance(study.plan.ends * 0.2)) {
    return Change(study, nature_.dice.Chance(0.5) ? Action::kStop : Action::kCancel);
  }
  if (study.plan.pauses > 0 && !IsFinal(row.state)) Change(study, Action::kPause);
}

void Client::Change(Study& study, Action action) {
  const std::vector<std::string> verbs = {"pause", "resume", "stop", "cancel"};
  Make(
      study, verbs.at(static_cast<std::size_t>(action)),
      [name = study.plan.name, action](study::Coordinator& coordinator, const std::string& id, Reply reply) {
        coordinator.ChangeState(id, name, action, std::move(reply));
      },
      [](bool) {});
}

void Client::Extend(Study& study) {
  const std::int64_t epochs = EpochsOf(study.plan) + kMoreEpochs;
  Make(
      study, fmt::format("extend to {} epochs trial 0 of the best {} of", epochs, kExtended),
      [name = study.plan.name, epochs](study::Coordinator& coordinator, const std::string& id, Reply reply) {
        coordinator.ExtendStudy(id, name, {.best = kExtended, .epochs = epochs}, std::move(reply));
      },
      [&study](bool) { study.extended = true; });  // or there is nothing to extend
}

void Client::Make(Study& study, const std::string& verb, Ask ask, std::function<void(bool)> answered) {
  auto request = std::make_shared<Request>();
  request->id = fmt::format("{}-{}", verb, ++requests_);
  request->verb = verb;
  request->ask = std::move(ask);
  study.busy = true;
  request->answered = [&study, answered = std::move(answered)](bool ok) {
    study.busy = false;
    answered(ok);
  };
  Try(request);
}

void Client::Try(const std::shared_ptr<Request>& request) {
  if (request->done) return;
  const std::int64_t now = ++request->tries;
  nature_.Log("client: {} for the {}. time", request->id, now);
  Send(request);
  if (nature_.dice.Chance(scenario_.requests_twice)) Send(request);
  // Once more, when it is long over.
  if (nature_.dice.Chance(scenario_.requests_twice)) {
    nature_.After(nature_.dice.Wait(10e6), [this, request] { Send(request); });
  }
  nature_.After(nature_.dice.Between(1, 5) * kSecond, [this, request, now] {
    if (request->tries == now) Try(request);
  });
}

void Client::Send(const std::shared_ptr<Request>& request) {
  const auto way = [this] { return nature_.dice.Wait(scenario_.network.usual); };
  if (nature_.dice.Chance(scenario_.requests_lost)) return;
  nature_.After(way(), [this, request, way] {
    if (!server_.up()) return;
    server_.Post([this, request, way] {
      const Reply reply = [this, request, way, twice = std::make_shared<bool>(false)](
                              const absl::StatusOr<study::StudyAnswer>& answer) {
        Invariant(!std::exchange(*twice, true), "a call is answered once", "{}", request->id);
        nature_.Log("server: answers {}: {}", request->id, answer.status().ToString());
        server_.auditor().Answered(request->id, request->verb, answer);
        if (nature_.dice.Chance(scenario_.requests_lost)) return;
        nature_.After(way(), [this, request, status = answer.status()] { Receive(request, status); });
      };
      request->ask(server_.coordinator(), request->id, reply);
    });
  });
}

void Client::Receive(const std::shared_ptr<Request>& request, const absl::Status& status) {
  if (request->done || absl::IsUnavailable(status)) return;
  request->done = true;
  request->answered(status.ok());
}

bool Client::done() const { return Waiting().empty(); }

std::string Client::Waiting() const {
  for (const auto& study : studies_) {
    const study::StudyRecord* row = RowOf(*study);
    if (row == nullptr) return fmt::format("study {} is not created", study->plan.name);
    const bool extends = study->plan.extends && !study->extended &&
                         (row->state == StudyState::kCompleted || row->state == StudyState::kStopped);
    if (IsFinal(row->state) && !study->busy && !extends) continue;
    return fmt::format("study {} is {}{}{}: {}", study->plan.name, ToString(row->state),
                       study->busy ? ", a request waits" : "", extends ? ", to be extended" : "", row->reason);
  }
  return {};
}

}  // namespace hpsearch::simulation
