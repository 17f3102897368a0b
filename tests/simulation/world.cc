#include "tests/simulation/world.h"

#include <fmt/format.h>

#include <map>
#include <tuple>
#include <utility>

#include "tests/simulation/broken.h"

namespace hpsearch::simulation {
namespace {

// Much longer than all of the work and any wait takes.
constexpr Micros kPatience = 1800 * kSecond;
constexpr std::int64_t kMostSteps = 5'000'000;

// What the study comes to where nothing happens to it. It is run once each.
const std::string& UndisturbedResult(const StudyPlan& plan, const std::string& arithmetic) {
  static std::map<std::tuple<int, std::uint64_t, bool, std::string, std::string>, std::string> known;
  std::string& result = known[{plan.kind, plan.space, plan.extends, plan.name, arithmetic}];
  if (result.empty()) {
    World world(Undisturbed(plan, arithmetic), {});
    world.Run();
    result = world.Result(plan.name);
  }
  return result;
}

// The first line that differs, of both.
std::string Difference(const std::string& a, const std::string& b) {
  std::size_t i = 0;
  while (i < a.size() && i < b.size() && a[i] == b[i]) ++i;
  const auto line = [i](const std::string& text) {
    const std::size_t begin = text.rfind('\n', i == 0 ? 0 : i - 1);
    const std::size_t from = begin == std::string::npos ? 0 : begin + 1;
    return text.substr(from, text.find('\n', from) - from);
  };
  return fmt::format("'{}' instead of '{}'", line(a), line(b));
}

}  // namespace

World::World(Scenario scenario, Trace trace)
    : scenario_(std::move(scenario)),
      nature_(scenario_.seed, std::move(trace)),
      auditor_(nature_, scenario_.studies),
      server_(nature_, auditor_, scenario_.commit_seconds, scenario_.strand_seconds),
      fleet_(nature_, server_, scenario_),
      client_(nature_, server_, scenario_),
      trouble_(nature_, server_, fleet_, scenario_) {}

void World::Run() {
  server_.Start();
  fleet_.StartAll();
  client_.Start();
  trouble_.Begin();
  const auto trouble = static_cast<Micros>(scenario_.trouble_seconds * 1e6);
  while (nature_.now() < trouble && !client_.done() && nature_.Step()) {
    Invariant(nature_.steps() < kMostSteps, "time passes", "{} steps", nature_.steps());
  }
  LetThemEnd();
  CheckEnd();
}

// Nothing more goes wrong. Workers that were told to end, or that were found to be the second of their name, are
// followed by others.
void World::LetThemEnd() {
  nature_.Log("nothing more goes wrong");
  trouble_.Over();
  client_.ComeToAnEnd();
  const Micros latest = nature_.now() + kPatience;
  Micros looked_at = nature_.now();
  while (!client_.done() || !fleet_.AllToldOff()) {
    Invariant(nature_.now() < latest && nature_.steps() < kMostSteps && nature_.Step(),
              "when nothing goes wrong any more, everything ends", "{}",
              client_.done() ? "a worker has not been told that all is stored" : client_.Waiting());
    if (nature_.now() - looked_at < kSecond) continue;
    looked_at = nature_.now();
    fleet_.StartAll();
  }
}

void World::CheckEnd() {
  for (const StudyPlan& plan : scenario_.studies) {
    const StudyEntry& study = *auditor_.durable().Find(plan.name);
    server_.disk().CheckAgainst(study);
    if (plan.space != 0) study.spaces.CheckEnd(Space::Of(plan.space), study);
    if (plan.exact()) CheckExact(plan, study);
  }
}

// Nothing that could happen to it shows: it is the study that nothing ever happened to.
void World::CheckExact(const StudyPlan& plan, const StudyEntry& study) {
  if (scenario_.trouble_seconds == 0) return;  // that one itself
  for (const HostPlan& host : scenario_.hosts) {
    if (host.damaged) return;
  }
  const std::string& expected = UndisturbedResult(plan, study.row.numerics_digest);
  const std::string result = Describe(study);
  Invariant(result == expected, "a study is the same, whatever happened on the way", "{} of kind {}, space {}: {}",
            plan.name, plan.kind, plan.space, Difference(result, expected));
}

}  // namespace hpsearch::simulation
