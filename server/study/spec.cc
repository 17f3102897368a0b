#include "server/study/spec.h"

#include <fmt/format.h>
#include <xxhash.h>

#include <algorithm>
#include <string_view>
#include <utility>
#include <vector>

#include "absl/status/status.h"
#include "server/model/canonical_value.h"
#include "server/model/json.h"
#include "server/model/key_check.h"
#include "server/model/references.h"
#include "server/model/sections.h"
#include "server/model/training_rules.h"
#include "server/search/enqueued.h"
#include "server/study/conditional_check.h"
#include "server/study/dataset_keys.h"
#include "server/study/objective_check.h"
#include "server/study/point_check.h"
#include "server/study/round_epochs_check.h"
#include "server/study/size_check.h"
#include "server/study/spec_rules.h"

namespace hpsearch::study {
namespace {

using model::Faults;
using model::KeyChecker;
using model::KeyType;
using model::Node;
using model::Usage;

bool IsStudyName(std::string_view name) {
  const auto alphanumeric = [](char c) { return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9'); };
  return !name.empty() && name.size() <= 63 && alphanumeric(name.front()) &&
         std::all_of(name.begin(), name.end(), [&](char c) { return alphanumeric(c) || c == '-'; });
}

// Of canonical mappings: nullptr where the key is not there, or broken.
template <class T>
const T* ValueOf(const Node& mapping, const char* key) {
  const Node* node = mapping.Find(key);
  return node == nullptr || !node->is_scalar() ? nullptr : std::get_if<T>(&node->scalar());
}

std::string ReadName(const Node& document, KeyChecker& checker) {
  const auto* name = ValueOf<std::string>(document, "study");
  if (name == nullptr) return {};
  if (!IsStudyName(*name)) {
    checker.Add("study",
                fmt::format("{}, and no study's name; up to 63 of a-z, 0-9 and '-' are wanted, not beginning "
                            "with '-'",
                            model::Describe(Node(*name))));
  }
  return *name;
}

// The mapping at a key of the document, canonical; an empty one's defaults where there is none.
Node ReadMapping(const Node& document, const char* key, const model::KeyTable& rules, KeyChecker& checker) {
  const Node* given = document.Find(key);
  Node mapping = given == nullptr ? Node() : *given;
  checker.CheckKeys(mapping, rules, key);
  return mapping;
}

Objective ObjectiveOf(const Node& mapping) {
  Objective objective;
  if (const auto* metric = ValueOf<std::string>(mapping, "metric")) objective.metric = *metric;
  const auto* direction = ValueOf<std::string>(mapping, "direction");
  if (direction != nullptr && *direction == "maximize") objective.direction = Objective::Direction::kMaximize;
  const auto* at = ValueOf<std::string>(mapping, "at");
  if (at != nullptr && *at == "last") objective.at = Objective::At::kLast;
  return objective;
}

Limits LimitsOf(const Node& mapping) {
  Limits limits;
  const auto count = [&](const char* key, auto& limit) {
    if (const auto* value = ValueOf<std::int64_t>(mapping, key)) limit = *value;
  };
  count("max_trials", limits.max_trials);
  count("max_failed_trials", limits.max_failed_trials);
  count("max_attempts", limits.max_attempts);
  count("max_parallel_trials", limits.max_parallel_trials);
  if (const auto* seconds = ValueOf<double>(mapping, "max_seconds")) limits.max_seconds = *seconds;
  if (const auto* seconds = ValueOf<double>(mapping, "lease_seconds")) limits.lease_seconds = *seconds;
  return limits;
}

// Of a checked document; none where they are broken.
std::vector<model::Metric> MetricsOf(const Node& checked) {
  std::vector<model::Metric> metrics;
  const Node* training = checked.Find("training");
  const Node* names = training == nullptr ? nullptr : training->Find("metrics");
  if (names == nullptr || !names->is_sequence()) return metrics;
  for (const Node& name : names->sequence()) {
    metrics.push_back(*model::EnumNamed<model::Metric>(name.text(), model::MetricNames()));
  }
  return metrics;
}

// What names the parameters, so that only true strays are faults: where a section is broken as a whole, it may
// have named any of them; where the parameters are, none can be missed.
std::vector<Usage> UsagesFor(const Node& document, const Node& parameters, std::vector<Usage> usages) {
  if (document.Find("parameters") != nullptr && !parameters.is_mapping()) return {};
  for (const char* section : {"model", "training", "dataset"}) {
    if (!document.Find(section)->is_null() || !parameters.is_mapping()) continue;
    for (const Node::Entry& parameter : parameters.mapping()) {
      usages.push_back({parameter.key, section, {.key = "", .type = KeyType::kAny}});
    }
  }
  return usages;
}

std::int64_t ReplicatesOf(const Node& checked) {
  const Node* training = checked.Find("training");
  const auto* replicates = training->is_mapping() ? ValueOf<std::int64_t>(*training, "replicates") : nullptr;
  return replicates == nullptr ? 1 : *replicates;
}

// In a race the replicates of a point would run against each other.
void CheckRace(const StudySpec& spec, Faults& faults) {
  const stopping::Section::Entry* race = spec.stopping.race();
  if (race == nullptr || spec.replicates() == 1) return;
  faults.push_back({"stopping", fmt::format("'{}' compares single trials, and each point is {} of them; "
                                            "training.replicates: 1 is wanted, or rules that end a trial by its "
                                            "own curve",
                                            race->kind->keys.name, spec.replicates())});
}

void CheckNoise(const StudySpec& spec, Faults& faults) {
  if (!spec.search.refine || !spec.search.refine->until_noise || spec.replicates() > 1) return;
  faults.push_back({"search.refine.until_noise",
                    "replicates measure the noise, and each point is trained once; training.replicates from 2 is "
                    "wanted, or min_gain"});
}

// What stopping rules' settings are held against.
stopping::Study RulesSee(const Node& checked, const StudySpec& spec) {
  const Node* training = checked.Find("training");
  const auto* epochs = training->is_mapping() ? ValueOf<std::int64_t>(*training, "epochs") : nullptr;
  return {{spec.objective.metric, spec.objective.direction == Objective::Direction::kMaximize},
          epochs == nullptr ? std::nullopt : std::optional(*epochs)};
}

Checkpoints CheckpointsOf(const Node& mapping) {
  Checkpoints checkpoints;
  if (const auto* keep = ValueOf<std::int64_t>(mapping, "keep")) checkpoints.keep = *keep;
  return checkpoints;
}

Node CanonicalDocument(const Node& checked, Node objective, Node limits, Node checkpoints, const StudySpec& spec) {
  Node::Mapping document{{"study", spec.name},
                         {"dataset", *checked.Find("dataset")},
                         {"seed", spec.seed},
                         {"objective", std::move(objective)},
                         {"model", *checked.Find("model")},
                         {"training", *checked.Find("training")},
                         {"parameters", spec.space.Document()},
                         {"search", spec.search.Document()},
                         {"limits", std::move(limits)},
                         {"checkpoints", std::move(checkpoints)}};
  // Studies that an earlier version stored have none of them: where they say nothing else, neither does this one.
  if (!spec.stopping.empty()) document.push_back({"stopping", spec.stopping.Document()});
  for (const char* key : {"weight", "priority", "reuse"}) {
    if (const Node* given = checked.Find(key)) document.push_back({key, *given});
  }
  return document;
}

model::Lookup ValuesAt(const StudySpec& spec, const search::Point& point) {
  return [&spec, &point](std::string_view name) { return spec.space.Value(point, name); };
}

TrialPlan PlanWith(const StudySpec& spec, const model::Lookup& values) {
  const model::PerRepetition per = spec.space.per_repetition();
  TrialPlan plan = {.model = model::Substitute(*spec.document.Find("model"), values, per),
                    .training = model::Substitute(*spec.document.Find("training"), values, per),
                    .dataset = model::Substitute(*spec.document.Find("dataset"), values),
                    .seed = spec.seed};
  // Of the study: a trial is one of them, the same as in a study that has more or fewer.
  std::erase_if(plan.training.mapping(), [](const Node::Entry& entry) { return entry.key == "replicates"; });
  if (model::HasReferences(*spec.document.Find("dataset"))) {
    // As a study has it that says nothing else.
    Faults known;
    model::Node canonical = plan.dataset;
    model::CheckResolved(canonical, known);
    if (known.empty()) plan.dataset = std::move(canonical);
  }
  if (HasConditions(spec.document, spec.space)) {
    Faults known;  // points that make no network are few, and fail by themselves
    TrialPlan canonical = plan;
    model::CheckResolved(canonical.model, canonical.training, known);
    if (known.empty()) plan = std::move(canonical);
  }
  return plan;
}

}  // namespace

std::shared_ptr<const StudySpec> ReadSpec(const Node& document, const ShapeLookup& lookup, Faults& faults) {
  const std::size_t before = faults.size();
  if (!document.is_mapping()) {
    faults.push_back({"", fmt::format("{}; a study is a mapping with the keys study, dataset, model and training",
                                      model::Describe(document))});
    return nullptr;
  }
  Node checked = document;
  KeyChecker checker(faults, nullptr);
  checker.CheckKeys(checked, DocumentRules(), "");

  auto spec = std::make_shared<StudySpec>();
  spec->name = ReadName(checked, checker);
  if (const auto* seed = ValueOf<std::int64_t>(checked, "seed")) spec->seed = *seed;
  Node objective = ReadMapping(checked, "objective", ObjectiveRules(), checker);
  spec->objective = ObjectiveOf(objective);
  Node limits = ReadMapping(checked, "limits", LimitsRules(), checker);
  spec->limits = LimitsOf(limits);
  Node checkpoints = ReadMapping(checked, "checkpoints", CheckpointsRules(), checker);
  spec->checkpoints = CheckpointsOf(checkpoints);
  if (const auto* weight = ValueOf<double>(checked, "weight")) spec->weight = *weight;
  if (const auto* priority = ValueOf<std::int64_t>(checked, "priority")) spec->priority = *priority;
  if (const auto* reuse = ValueOf<bool>(checked, "reuse")) spec->reuse = *reuse;

  std::vector<Usage> usages = model::CheckSections(checked, faults);
  const std::size_t sections = faults.size();
  const Node* given = checked.Find("parameters");
  const Node parameters = given == nullptr ? Node() : *given;
  usages = UsagesFor(checked, parameters, std::move(usages));
  spec->space = search::SearchSpace::Read(parameters, usages, faults);
  const Node* search = checked.Find("search");
  spec->search = search::Search::Read(search == nullptr ? Node() : *search, faults);
  spec->search.replicates = ReplicatesOf(checked);
  if (faults.size() == sections) CheckSize(spec->space, spec->search, spec->limits, faults);
  if (const Node* enqueue = search == nullptr ? nullptr : search->Find("enqueue");
      enqueue != nullptr && faults.size() == sections) {
    search::ReadEnqueued(*enqueue, spec->space, spec->seed, spec->search, faults);
  }
  if (std::ranges::count(spec->search.warm_start, spec->name) > 0) {
    faults.push_back({"search.warm_start", fmt::format("'{}' is this study itself; an earlier one is wanted, or "
                                                       "another name for this one",
                                                       spec->name)});
  }

  CheckValues(spec->space, usages, faults);
  const std::optional<model::Task> task = CheckPoints(checked, spec->space, usages, lookup, faults);
  spec->metrics = MetricsOf(checked);
  SetObjective(document, checked, task, *spec, objective, faults);
  const Node* stopping = checked.Find("stopping");
  spec->stopping =
      stopping::Section::Read(stopping == nullptr ? Node() : *stopping, RulesSee(checked, *spec), faults);
  if (spec->search.refine) CheckRoundEpochs(checked, *spec, faults);
  CheckRace(*spec, faults);
  CheckNoise(*spec, faults);
  if (faults.size() > before) return nullptr;

  spec->datasets = DatasetKeys(*checked.Find("dataset"), spec->space);
  if (spec->datasets.size() > kMostDatasets) {
    faults.push_back(
        {"dataset", fmt::format("its trials have {} data sets, and a worker is to have them all; at most "
                                "{} are permitted: a study for some of them each is wanted",
                                spec->datasets.size(), kMostDatasets)});
    return nullptr;
  }
  spec->document =
      CanonicalDocument(checked, std::move(objective), std::move(limits), std::move(checkpoints), *spec);
  spec->canonical = model::ToJson(spec->document);
  spec->digest = fmt::format("{:016x}", XXH3_64bits(spec->canonical.data(), spec->canonical.size()));
  return spec;
}

absl::StatusOr<std::shared_ptr<const StudySpec>> ReadSpec(const std::string& json) {
  absl::StatusOr<Node> document = model::FromJson(json);
  if (!document.ok()) return document.status();
  Faults faults;
  std::shared_ptr<const StudySpec> spec = ReadSpec(*document, nullptr, faults);
  if (spec == nullptr) return model::ToStatus(faults);
  return spec;
}

bool SameMeaning(const std::string& stored, const StudySpec& spec) {
  if (stored == spec.canonical) return true;
  const absl::StatusOr<std::shared_ptr<const StudySpec>> read = ReadSpec(stored);
  return read.ok() && (*read)->canonical == spec.canonical;
}

std::int64_t MostTrials(const StudySpec& spec) {
  return std::min(search::MostTrials(spec.space, spec.search).value(), spec.limits.max_trials);
}

bool SameForAnyWorkers(const StudySpec& spec) {
  const bool learns = spec.search.sampling && spec.search.sampling->learns();
  return spec.search.SameForAnyWorkers() && spec.stopping.SameForAnyWorkers() &&
         (!learns || spec.stopping.race() == nullptr);
}

Faults CheckAgainst(const StudySpec& spec, const std::string& dataset, const model::DatasetShape& shape) {
  Faults faults;
  Node document = spec.document;
  const std::vector<Usage> usages = model::CheckSections(document, faults);
  const auto lookup = [&](const model::DatasetSpec& wanted) -> absl::StatusOr<model::DatasetShape> {
    if (wanted.Key() != dataset) return absl::UnavailableError("not looked at");
    return shape;
  };
  CheckPoints(document, spec.space, usages, lookup, faults);
  return faults;
}

TrialPlan PlanOf(const StudySpec& spec, const search::Point& point) {
  return PlanWith(spec, ValuesAt(spec, point));
}

absl::StatusOr<TrialPlan> PlanOf(const StudySpec& spec, const std::string& parameters) {
  const absl::StatusOr<Node> values = model::FromJson(parameters);
  if (!values.ok()) return values.status();
  return PlanWith(spec, [&values](std::string_view name) -> std::optional<model::Scalar> {
    const Node* const value = values->Find(name);
    return value != nullptr && value->is_scalar() ? std::optional(value->scalar()) : std::nullopt;
  });
}

std::string DatasetOf(const TrialPlan& plan) {
  for (const char* key : {"name", "path"}) {
    if (const Node* text = plan.dataset.Find(key); text != nullptr && text->is_text()) return text->text();
  }
  return "";
}

bool WantsPath(const StudySpec& spec) {
  return std::ranges::any_of(spec.datasets, [](const std::string& key) { return key.find('/') != key.npos; });
}

std::string InstructionSetOf(const StudySpec& spec) {
  const auto* set = ValueOf<std::string>(*spec.document.Find("training"), "instruction_set");
  return set != nullptr ? *set : model::InstructionSetNames().front();
}

bool MayWantBf16(const StudySpec& spec) {
  const auto* precision = ValueOf<std::string>(*spec.document.Find("training"), "precision");
  if (const Node* given = spec.document.Find("training")->Find("precision");
      given != nullptr && given->is_mapping()) {
    return true;  // a switch
  }
  return precision != nullptr && *precision != model::PrecisionNames().front();
}

std::optional<std::int64_t> ThreadsOf(const StudySpec& spec) {
  const Node* threads = spec.document.Find("training")->Find("threads");
  if (threads == nullptr) return 1;
  const auto* given = threads->is_scalar() ? std::get_if<std::int64_t>(&threads->scalar()) : nullptr;
  return given != nullptr ? std::optional(*given) : std::nullopt;
}

std::int64_t EpochsOf(const StudySpec& spec, const search::Point& point) {
  const Node& given = *spec.document.Find("training")->Find("epochs");
  const Node epochs = model::Substitute(given, ValuesAt(spec, point));
  return std::get<std::int64_t>(*model::Fit(epochs.scalar(), *model::TrainingRules().Find("epochs")));
}

std::optional<std::int64_t> EpochsOfRound(const StudySpec& spec, int round) {
  return spec.search.refine ? spec.search.refine->EpochsOf(round) : std::nullopt;
}

}  // namespace hpsearch::study
