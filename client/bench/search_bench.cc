#include "client/bench/search_bench.h"

#include <fmt/format.h>

#include <algorithm>
#include <chrono>
#include <cmath>
#include <functional>
#include <utility>

#include "server/model/document.h"
#include "server/model/fault.h"
#include "server/model/key_check.h"
#include "server/model/key_rule.h"
#include "server/search/round.h"
#include "server/search/search_space.h"
#include "server/strategy/draws.h"
#include "server/strategy/registry.h"

namespace hpsearch::bench {
namespace {

using model::Node;
using strategy::Coordinates;

constexpr char kGrid[] = "grid";
constexpr std::int64_t kTimedPoints = 10'000;    // of those that cost microseconds
constexpr std::int64_t kTimedSuggestions = 200;  // of a strategy that learns
constexpr std::uint64_t kSeed = 1;

// Runs it once for each number from `first` on.
SuggestTimes Time(std::int64_t first, std::int64_t count, const std::function<void(std::int64_t)>& suggest) {
  std::vector<double> ms;
  for (std::int64_t number = first; number < first + count; ++number) {
    const auto begin = std::chrono::steady_clock::now();
    suggest(number);
    ms.push_back(std::chrono::duration<double, std::milli>(std::chrono::steady_clock::now() - begin).count());
  }
  std::ranges::sort(ms);
  const auto quantile = [&ms](double part) {
    return ms[static_cast<std::size_t>(std::ceil(part * static_cast<double>(ms.size()))) - 1];
  };
  return {.p50_ms = quantile(0.5), .p99_ms = quantile(0.99), .max_ms = ms.back()};
}

// As many points an axis as make a grid that goes on behind the trials.
absl::StatusOr<SuggestTimes> TimeGrid(std::int64_t trials, std::int64_t dimensions) {
  const auto points = static_cast<double>(trials + kTimedPoints);
  const auto num = static_cast<std::int64_t>(std::ceil(std::pow(points, 1 / static_cast<double>(dimensions)))) + 1;
  Node::Mapping parameters;
  std::vector<model::Usage> usages;
  for (std::int64_t i = 1; i <= dimensions; ++i) {
    const std::string name = fmt::format("x_{}", i);
    parameters.push_back(
        {name,
         Node(Node::Mapping{{"linspace", Node(Node::Mapping{{"start", 0.0}, {"stop", 1.0}, {"num", num}})}})});
    usages.push_back({.parameter = name, .path = name, .rule = {.key = "number"}});
  }
  model::Faults faults;
  const auto space = search::SearchSpace::Read(Node(std::move(parameters)), usages, faults);
  if (!faults.empty()) return model::ToStatus(faults);
  const auto rounds = search::Rounds::Open(space, search::Search{}, kSeed);
  if (!rounds.ok()) return rounds.status();
  return Time(trials + 1, kTimedPoints, [&rounds](std::int64_t number) { rounds->PointOf(number); });
}

// A valley with slopes of different steepness, and a wave across it.
double Smooth(const Coordinates& at) {
  double sum = 0;
  for (std::size_t i = 0; i < at.size(); ++i) {
    const double off = at[i] - 0.3 - 0.05 * static_cast<double>(i % 8);
    sum += off * off / static_cast<double>(i + 1) + 0.02 * std::sin(9 * off + static_cast<double>(i));
  }
  return sum;
}

SuggestTimes TimeSampler(strategy::Sampler& sampler, std::int64_t trials, std::int64_t dimensions) {
  std::vector<strategy::Observation> history;
  const auto measure = [&history](std::int64_t number, Coordinates at) {
    const double objective = Smooth(at);
    history.push_back({number, std::move(at), strategy::Observation::State::kMeasured, objective});
  };
  for (std::int64_t number = 1; number <= trials; ++number) {
    strategy::Draws draws(kSeed, strategy::Purpose::kRandom, number);
    Coordinates at(static_cast<std::size_t>(dimensions));
    for (double& coordinate : at) coordinate = draws.Uniform();
    measure(number, std::move(at));
  }
  return Time(trials + 1, kTimedSuggestions, [&](std::int64_t number) {
    measure(number, std::move(sampler.Suggest(history, number, 1).front()));
  });
}

}  // namespace

std::vector<std::string> SearchStrategies() {
  std::vector<std::string> names = {kGrid};
  for (const strategy::Kind& kind : strategy::Kinds()) names.emplace_back(kind.keys.name);
  return names;
}

absl::StatusOr<SuggestTimes> BenchSearch(const SearchBench& bench) {
  const strategy::Kind* kind = strategy::Find(bench.strategy);
  const bool grid = bench.strategy == kGrid;
  if (!grid && kind == nullptr) return absl::NotFoundError(fmt::format("no strategy '{}'", bench.strategy));
  const bool learns = !grid && kind->make.index() == 1;
  const std::int64_t trials = bench.trials.value_or(learns ? 1'000 : 1'000'000);
  absl::StatusOr<SuggestTimes> times;
  if (grid) {
    times = TimeGrid(trials, bench.dimensions);
  } else {
    const strategy::Means means{.cube = strategy::Cube(static_cast<std::size_t>(bench.dimensions)),
                                .settle = [](Coordinates&) {},
                                .seed = kSeed};
    model::Faults faults;
    Node settings(Node::Mapping{{"trials", trials + kTimedPoints}});
    model::KeyChecker(faults, nullptr).CheckKeys(settings, kind->keys, "search." + bench.strategy);
    if (!faults.empty()) return model::ToStatus(faults);
    if (learns) {
      times = TimeSampler(*std::get<1>(kind->make)(means, settings), trials, bench.dimensions);
    } else {
      const auto sequence = std::get<0>(kind->make)(means, settings);
      times = Time(trials, kTimedPoints, [&sequence](std::int64_t index) { sequence->At(index); });
    }
  }
  if (times.ok()) times->trials = trials;
  return times;
}

}  // namespace hpsearch::bench
