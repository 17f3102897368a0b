#include "tests/simulation/studies.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cmath>
#include <limits>
#include <variant>

#include "server/model/json.h"
#include "tests/simulation/dice.h"
#include "tests/simulation/spaces.h"

namespace hpsearch::simulation {
namespace {

struct Kind {
  int epochs;
  const char* rates;
  const char* momentum;
  const char* search;
  const char* objective;
  const char* stopping = "[]";
};

constexpr const char* kGrid = R"({"grid":{}})";
constexpr const char* kPlain = R"({"values":[0.5]})";
constexpr std::array<Kind, kKinds> kCatalogue = {{
    {2, R"({"logspace":{"start":-3,"stop":0,"num":4}})", kPlain, kGrid, "{}"},
    {3, R"({"values":[0.001,0.003,0.01,0.03,0.1,0.3]})", R"({"values":[0,0.9]})", kGrid, "{}"},
    {3, R"({"logspace":{"start":-3,"stop":0,"num":4}})", kPlain, R"({"refine":{"rounds":3,"around":2}})", "{}"},
    {2, R"({"logspace":{"start":-3,"stop":-1,"num":3}})", R"({"linspace":{"start":0,"stop":0.8,"num":3}})",
     R"({"refine":{"rounds":2}})", "{}"},
    {4, R"({"logspace":{"start":-2,"stop":-1,"num":3}})", kPlain, R"({"refine":{"rounds":3}})",
     R"({"metric":"validation_loss","at":"last"})"},
    // The best is the outermost of what the bounds permit: the rounds are mostly those before once more.
    {2, R"({"linspace":{"start":0.05,"stop":0.09,"num":3},"bounds":[0.05,0.09]})", kPlain,
     R"({"refine":{"rounds":4,"around":2}})", "{}"},
    {3, R"({"values":[0.02,0.5,1,2,0.07]})", kPlain, kGrid, "{}"},
    {1, R"({"logspace":{"start":-4,"stop":-0.5,"num":20}})", kPlain, kGrid, R"({"direction":"maximize"})"},
    {12, R"({"values":[0.04]})", kPlain, kGrid, "{}"},
    // No trial has a result.
    {2, R"({"values":[1,2,3]})", kPlain, R"({"refine":{"rounds":2}})", "{}"},
    // Some improve by more than others.
    {8, R"({"values":[0.04,0.3,1,0.002,0.06]})", kPlain, kGrid, "{}",
     R"([{"patience":{"epochs":1,"min_delta":0.005}}])"},
    {9, R"({"values":[1,0.001,0.04,0.3,0.06,0.005,0.1,0.02,2,0.5]})", kPlain, kGrid, "{}",
     R"(["successive_halving"])"},
    {4, R"({"logspace":{"start":-3,"stop":-0.5,"num":8}})", kPlain, R"({"refine":{"rounds":2,"around":2}})", "{}",
     R"([{"hyperband":{"reduction_factor":2}}])"},
    // What goes on depends on who comes first.
    {9, R"({"values":[0.001,0.04,0.3,0.06,0.005,0.1,0.02,0.5,0.01,0.03]})", R"({"values":[0,0.9]})", kGrid, "{}",
     R"(["asha"])"},
}};

double Value(const model::Node& node) {
  if (const auto* integer = std::get_if<std::int64_t>(&node.scalar())) return static_cast<double>(*integer);
  return std::get<double>(node.scalar());
}

Point PointIn(const model::Node& values, const char* rate, const char* momentum) {
  return {Value(*values.Find(rate)), Value(*values.Find(momentum))};
}

std::string LimitsOf(const StudyPlan& plan) {
  std::string limits = fmt::format(R"("lease_seconds":{},"max_attempts":{},"max_failed_trials":{})",
                                   plan.lease_seconds, plan.max_attempts, plan.max_failed_trials);
  if (plan.max_parallel_trials) limits += fmt::format(R"(,"max_parallel_trials":{})", *plan.max_parallel_trials);
  if (plan.max_seconds) limits += fmt::format(R"(,"max_seconds":{})", *plan.max_seconds);
  return limits;
}

std::shared_ptr<const study::StudySpec> SpecOfSpace(const StudyPlan& plan) {
  const Space& space = Space::Of(plan.space);
  return study::ReadSpec(fmt::format(R"({{"study":"{}","dataset":"digits","seed":{},"model":{},)"
                                     R"("training":{{"epochs":{},"optimizer":{}}},)"
                                     R"("parameters":{},"search":{},"limits":{{{}}}}})",
                                     plan.name, plan.space, space.model(), space.epochs(), space.optimizer(),
                                     space.parameters(), space.search(), LimitsOf(plan)))
      .value();
}

// What training gives follows from all that is trained.
Point PointOf(const study::TrialPlan& trained) {
  std::uint64_t hash = 0xcbf29ce484222325U;
  for (const char c : model::ToJson(trained.model) + model::ToJson(*trained.training.Find("optimizer"))) {
    hash = (hash ^ static_cast<unsigned char>(c)) * 0x100000001b3U;
  }
  Dice dice(hash);
  const double rate = dice.Magnitude(0.001, 1);
  return {rate, dice.Fraction()};
}

// Of a study without parameters, whose sections are those of the space at that point.
Point PointOf(const Space& space, const std::string& parameters) {
  const auto [model, optimizer] = space.Sections(parameters);
  const auto plain = study::ReadSpec(
      fmt::format(R"({{"study":"plain","dataset":"digits","model":{},"training":{{"epochs":1,"optimizer":{}}}}})",
                  model, optimizer));
  return PointOf(study::PlanOf(*plain.value(), std::string("{}")).value());
}

}  // namespace

std::shared_ptr<const study::StudySpec> SpecOf(const StudyPlan& plan) {
  if (plan.space != 0) return SpecOfSpace(plan);
  const Kind& kind = kCatalogue.at(static_cast<std::size_t>(plan.kind));
  return study::ReadSpec(
             fmt::format(R"({{"study":"{}","dataset":"digits","objective":{},)"
                         R"("model":[{{"dense":{{"units":2,"activation":"softmax"}}}}],"training":{{"epochs":{},)"
                         R"("optimizer":{{"sgd":{{"learning_rate":"$rate","momentum":"$momentum"}}}}}},)"
                         R"("parameters":{{"rate":{},"momentum":{}}},"search":{},"limits":{{{}}},"stopping":{}}})",
                         plan.name, kind.objective, kind.epochs, kind.rates, kind.momentum, kind.search,
                         LimitsOf(plan), kind.stopping))
      .value();
}

std::int64_t EpochsOf(const StudyPlan& plan) {
  return plan.space != 0 ? Space::Of(plan.space).epochs()
                         : kCatalogue.at(static_cast<std::size_t>(plan.kind)).epochs;
}

RaceKind RaceOf(const StudyPlan& plan) {
  if (plan.space != 0 || (plan.kind != kFirstComes && plan.kind != kHalves)) return RaceKind::kNone;
  return plan.kind == kFirstComes ? RaceKind::kAsTheyCome : RaceKind::kOnceAllAreThere;
}

Point PointOf(const study::Lease& lease) {
  if (lease.plan.seed != 0) return PointOf(lease.plan);  // a space's number
  return PointIn(*lease.plan.training.Find("optimizer")->Find("sgd"), "learning_rate", "momentum");
}

Point PointOf(const StudyPlan& plan, const std::string& parameters) {
  if (plan.space != 0) return PointOf(Space::Of(plan.space), parameters);
  return PointIn(model::FromJson(parameters).value(), "rate", "momentum");
}

bool Diverges(const Point& point, std::int64_t epoch) { return point.rate >= 0.9 && epoch >= 2; }

study::EpochRecord Played(const Point& point, std::int64_t epoch, const std::string& arithmetic) {
  study::EpochRecord played;
  played.epoch = epoch;
  double error = std::abs(std::log10(point.rate / 0.05)) / 8 + 0.1 / static_cast<double>(epoch) +
                 0.01 * std::abs(point.momentum - 0.4);
  for (const char c : arithmetic) error += static_cast<double>(c) * 1e-12;  // another machine's last bits
  played.validation_error = std::min(1.0, error);
  played.validation_loss = 2 * error;
  played.train_error = played.validation_error / 2;
  played.train_loss = error;
  played.learning_rate = point.rate;
  played.seconds = 0.25;
  if (Diverges(point, epoch)) {
    played.train_loss = played.validation_loss = std::numeric_limits<double>::quiet_NaN();
    played.train_error = played.validation_error = std::numeric_limits<double>::quiet_NaN();
  }
  return played;
}

}  // namespace hpsearch::simulation
