// hpsearch check FILE: validates a study file and shows what would run.
#include <fmt/format.h>

#include <CLI/CLI.hpp>
#include <algorithm>
#include <cmath>
#include <memory>
#include <nlohmann/json.hpp>

#include "client/cli/app.h"
#include "client/cli/exit_code.h"
#include "client/cli/json_output.h"
#include "client/cli/study_argument.h"
#include "client/cli/terminal.h"
#include "client/cli/text_output.h"
#include "client/cli/verbs/verbs.h"
#include "server/model/json.h"
#include "server/model/references.h"
#include "server/search/enqueued.h"
#include "worker/data/catalog.h"
#include "worker/data/data_path.h"

namespace hpsearch::cli {
namespace {

struct CheckFlags {
  StudyFileFlags study;
  TargetFlags target;
  bool json = false;
};

// The most epochs that a trial of round 1 trains, of what stands at `epochs`.
std::int64_t MostEpochs(const study::StudySpec& spec, const model::Node& epochs) {
  std::int64_t most = 0;
  if (const auto reference = model::ReferenceIn(epochs)) {
    const search::Parameter& parameter = *spec.space.Find(*reference);
    for (const search::Place& place : parameter.probes()) {
      most = std::max(most, static_cast<std::int64_t>(model::NumberIn(parameter.At(place)).value_or(0)));
    }
  } else if (epochs.is_mapping()) {  // a switch
    for (const model::Node::Entry& branch : epochs.mapping()) {
      if (branch.key != model::kSwitch) most = std::max(most, MostEpochs(spec, branch.value));
    }
  } else {
    most = static_cast<std::int64_t>(model::NumberIn(epochs.scalar()).value_or(0));
  }
  return most;
}

std::string ValueText(const model::Scalar& value) {
  const double* number = std::get_if<double>(&value);
  return number != nullptr ? NumberText(*number) : model::ToJson(value);
}

std::string ValuesText(const search::Parameter& parameter) {
  constexpr std::size_t kShown = 12;
  if (!parameter.gridded()) {
    const model::Node& range = parameter.document().mapping().front().value;
    return fmt::format("{} to {}, {}", ValueText(parameter.At(parameter.probes().front())),
                       ValueText(parameter.At(parameter.probes().back())), range.Find("scale")->text());
  }
  const auto& places = parameter.places();
  std::string text;
  for (std::size_t i = 0; i < places.size(); ++i) {
    if (i == kShown - 1 && places.size() > kShown) {
      text += fmt::format(", ... {} more", places.size() - i);
      break;
    }
    text += fmt::format("{}{}", i == 0 ? "" : ", ", ValueText(parameter.At(places[i])));
  }
  return text;
}

void PrintPlan(const study::StudySpec& spec, const Plan& plan) {
  fmt::print("{}: valid\n", spec.name);
  std::size_t width = 0;
  for (const auto& parameter : spec.space.parameters()) width = std::max(width, parameter.name().size());
  for (std::size_t i = 0; i < spec.space.parameters().size(); ++i) {
    const search::Parameter& parameter = spec.space.parameters()[i];
    fmt::print("  {:<{}}  {}{}\n", parameter.name(), width, ValuesText(parameter),
               spec.space.presence(i).always() ? "" : "  (not in all trials)");
  }
  const std::int64_t rounds = spec.search.refine ? spec.search.refine->rounds : 1;
  const std::int64_t replicates = spec.replicates();
  if (replicates > 1) fmt::print("  {} points x {} replicates:", plan.trials / replicates, replicates);
  fmt::print("{}{} trials of {} epochs in round 1\n", replicates > 1 ? " " : "  ", plan.trials, plan.epochs);
  if (rounds > 1) {
    fmt::print("  at most {} trials in all {} rounds\n", plan.max_trials, rounds);
  }
  if (spec.search.sampling) {
    fmt::print("  points by {}: {}\n", spec.search.name(),
               study::SameForAnyWorkers(spec) ? "the same for any number of workers"
               : spec.search.SameForAnyWorkers()
                   ? "they follow from what is trained"
                   : "each from what is known when a slot is free for it, so that they depend on the number of "
                     "workers; with 'batch' they do not");
  }
  for (const search::Point& point : search::EnqueuedPoints(spec.space, spec.search, spec.seed)) {
    fmt::print("  first, by hand: {}\n", model::ToJson(spec.space.Values(point)));
  }
  for (const EarlierCount& earlier : plan.earlier) {
    fmt::print("  begins with {} of study {}{}{}\n",
               earlier.results ? fmt::format("{} results", *earlier.results) : "the results", earlier.study,
               earlier.reason.empty() ? "" : "; as things stand: ", PrintableLine(earlier.reason));
  }
  if (!spec.stopping.empty()) {
    fmt::print(
        "  stopping: {}; {}\n", spec.stopping.Names(),
        study::SameForAnyWorkers(spec)
            ? "the same trials and epochs for any number of workers"
            : "what is trained depends on how many trials run side by side: the same again with one worker");
  }
  if (spec.weight != 1 || spec.priority != 0) {
    fmt::print("  {} among studies\n", ShareText(spec.weight, spec.priority));
  }
}

int Check(const CheckFlags& flags) {
  const auto spec = LoadStudy(flags.study, std::make_shared<data::Catalog>(data::DataPath()));
  if (spec == nullptr) return kUsage;
  const auto rounds = search::Rounds::Open(spec->space, spec->search, spec->seed);
  if (!rounds.ok()) {
    Fail(rounds.status());
    return kUsage;
  }
  Plan plan;
  plan.trials = rounds->current().size();
  plan.max_trials = study::MostTrials(*spec);
  plan.epochs = MostEpochs(*spec, *spec->document.Find("training")->Find("epochs"));
  plan.earlier = CountEarlier(*spec, flags.target);
  if (flags.json) {
    PrintJson(CheckJson(*spec, plan));
  } else {
    PrintPlan(*spec, plan);
  }
  return kDone;
}

}  // namespace

void AddCheck(App& app) {
  auto flags = std::make_shared<CheckFlags>();
  CLI::App& verb = app.AddVerb(kRunGroup, "check", "Validates a study file and shows what would run",
                               [flags] { return Check(*flags); });
  AddStudyFileFlags(verb, flags->study);
  AddTargetFlags(verb, flags->target);
  verb.add_flag("--json", flags->json, "As JSON");
}

}  // namespace hpsearch::cli
