#include "server/store/study_examination.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <map>
#include <memory>
#include <nlohmann/json.hpp>
#include <optional>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "server/store/earlier_examination.h"
#include "server/store/trial_rules.h"
#include "server/store/walk.h"
#include "server/study/objective.h"
#include "server/study/replicates.h"
#include "server/study/spec.h"

namespace hpsearch::store {
namespace {

using study::StudyRecord;
using study::TrialRecord;
using study::TrialState;

const std::string kRounds = fmt::format("SELECT {} FROM rounds WHERE study = ?1 ORDER BY number", kRoundColumns);
const std::string kTrials = fmt::format("SELECT {} FROM trials WHERE study = ?1 ORDER BY number", kTrialColumns);
const std::string kEpochs =
    fmt::format("SELECT {} FROM epochs WHERE study = ?1 ORDER BY trial, epoch", kEpochColumns);
const std::string kMetrics =
    fmt::format("SELECT {} FROM metrics WHERE study = ?1 ORDER BY trial, epoch, metric", kMetricColumns);
constexpr char kCounts[] = "SELECT state, trials, epochs FROM trial_counts WHERE study = ?1 ORDER BY state";
constexpr char kHasEarlier[] = "SELECT 1 FROM earlier_results WHERE study = ?1 LIMIT 1";
// One of the trials of each point that has more than one, and how many.
constexpr char kTwice[] =
    "SELECT max(number), min(number), count(*) FROM trials WHERE study = ?1 AND "
    "(reused_from IS NULL OR attempt > 0) "
    "GROUP BY round, parameters, seed, replicate HAVING count(*) > 1";

constexpr std::int64_t kMostReplicates = 1000;

// What the specification says of trials and their curves.
struct Expected {
  study::Objective objective;
  std::size_t metrics = 0;  // of an epoch
  std::int64_t replicates = 1;
};

Expected ExpectedOf(const StudyRecord& study, Findings& findings) {
  Expected expected;
  expected.objective.metric = study.metric;
  if (study.direction == "maximize") expected.objective.direction = study::Objective::Direction::kMaximize;
  const nlohmann::json spec = nlohmann::json::parse(study.spec, nullptr, /*allow_exceptions=*/false);
  if (!spec.is_object()) {
    findings.Add({study.name, {}, {}, "its specification is no JSON object"});
    return expected;
  }
  const auto at = [&spec](const char* section, const char* key) {
    const auto found = spec.find(section);
    return found != spec.end() && found->is_object() ? found->value(key, nlohmann::json()) : nlohmann::json();
  };
  if (at("objective", "at") == "last") expected.objective.at = study::Objective::At::kLast;
  if (const nlohmann::json metrics = at("training", "metrics"); metrics.is_array()) {
    expected.metrics = 2 * metrics.size();
  }
  if (const nlohmann::json replicates = at("training", "replicates"); replicates.is_number_integer()) {
    expected.replicates = std::clamp<std::int64_t>(replicates.get<std::int64_t>(), 1, kMostReplicates);
  }
  return expected;
}

class StudyExamination {
 public:
  StudyExamination(Statements& statements, const StudyRecord& study, std::int64_t most, Findings& findings)
      : statements_(statements),
        study_(study),
        most_(most),
        findings_(findings),
        expected_(ExpectedOf(study, findings)),
        points_(expected_.replicates, expected_.objective.direction == study::Objective::Direction::kMinimize, 1),
        epochs_(statements, kEpochs, study.id, most, ReadStoredEpoch),
        metrics_(statements, kMetrics, study.id, most, ReadStoredMetric),
        trials_(statements, kTrials, study.id, most, ReadTrial) {}

  Examined Run() {
    for (std::string& fault : FaultsOf(study_)) Add({}, {}, std::move(fault));
    for (Query query(statements_, kRounds.c_str(), study_.id); query.Next();) rounds_.push_back(ReadRound(query));
    ExamineBegin();
    std::int64_t next = 1;
    for (; trials_.row(); trials_.Next()) {
      const TrialRecord& trial = *trials_.row();
      if (next < trial.number) AddMissing(next, trial.number - 1);
      next = trial.number + 1;
      ExamineTrial(trial);
    }
    if (next < study_.next_trial) AddMissing(next, study_.next_trial - 1);
    PassOver(std::nullopt);
    CheckCounts();
    CheckBest();
    CheckTwice();
    return {counted_, epochs_counted_};
  }

 private:
  struct Count {
    std::int64_t trials = 0, epochs = 0;
    bool operator==(const Count&) const = default;
  };

  void Add(std::optional<std::int64_t> trial, std::optional<std::int64_t> epoch, std::string what) {
    findings_.Add({study_.name, trial, epoch, std::move(what)});
  }
  void AddMissing(std::int64_t first, std::int64_t last) {
    Add(first, {}, first == last ? "has no row" : fmt::format("has no row, nor has any up to trial {}", last));
  }

  // What was there before any trial: its rounds, and what it had learnt. A specification of another version may
  // not be readable, and is not read where nothing is held against it.
  void ExamineBegin() {
    const bool by_hand = std::ranges::any_of(rounds_, &study::RoundRecord::by_hand);
    const bool learns = HasEarlier() || study_.spec.find("\"warm_start\"") != std::string::npos;
    std::shared_ptr<const study::StudySpec> spec;
    if (by_hand || learns) spec = study::ReadSpec(study_.spec).value_or(nullptr);
    const auto places = spec ? std::optional(spec->space.parameters().size()) : std::nullopt;
    for (std::string& fault : FaultsOf(study_, rounds_, places)) Add({}, {}, std::move(fault));
    if (learns) ExamineEarlier(statements_, study_, spec.get(), most_, findings_);
  }

  bool HasEarlier() {
    Query query(statements_, kHasEarlier, study_.id);
    return query.Next();
  }

  // Rows of curves whose trial has none; up to that trial's own.
  void PassOver(std::optional<std::int64_t> trial) {
    for (; epochs_.row() && (!trial || epochs_.row()->trial < *trial); epochs_.Next()) {
      Add(epochs_.row()->trial, epochs_.row()->epoch.epoch, "is of a trial that has no row");
    }
    for (; metrics_.row() && (!trial || metrics_.row()->trial < *trial); metrics_.Next()) {
      Add(metrics_.row()->trial, metrics_.row()->epoch, "has a metric, and its trial no row");
    }
  }

  void ExamineTrial(const TrialRecord& trial) {
    ++counted_;
    PassOver(trial.number);
    const CurveSummary curve = ExamineCurve(trial.number);
    for (std::string& fault : FaultsOf(trial, curve, study_)) Add(trial.number, {}, std::move(fault));
    if (trial.number >= study_.next_trial) Add(trial.number, {}, "has a row before its turn");
    const auto round = static_cast<std::size_t>(trial.round);
    if (trial.round < 1 || round > rounds_.size() || trial.number < rounds_[round - 1].first_trial ||
        trial.number - rounds_[round - 1].first_trial >= rounds_[round - 1].trials) {
      Add(trial.number, {}, fmt::format("is none of round {}", trial.round));
    }
    Count& count = counts_[std::string(study::ToString(trial.state))];
    ++count.trials;
    count.epochs += trial.epochs;
    Consider(trial);
  }

  CurveSummary ExamineCurve(std::int64_t trial) {
    CurveSummary curve;
    for (; epochs_.row() && epochs_.row()->trial == trial; epochs_.Next()) {
      StoredEpoch stored = *epochs_.row();
      study::EpochRecord& epoch = stored.epoch;
      if (!stored.sound) Add(trial, epoch.epoch, "its values are not those of its checksum");
      if (epoch.epoch != curve.last + 1) Add(trial, epoch.epoch, fmt::format("comes behind epoch {}", curve.last));
      AddMetrics(trial, epoch);
      ++curve.epochs;
      curve.last = epoch.epoch;
      curve.score = study::Advance(expected_.objective, curve.score, epoch);
    }
    for (; metrics_.row() && metrics_.row()->trial == trial; metrics_.Next()) {
      Add(trial, metrics_.row()->epoch, "has a metric and no row");
    }
    epochs_counted_ += curve.epochs;
    return curve;
  }

  void AddMetrics(std::int64_t trial, study::EpochRecord& epoch) {
    std::size_t metrics = 0;
    for (; metrics_.row() && metrics_.row()->trial == trial && metrics_.row()->epoch <= epoch.epoch;
         metrics_.Next()) {
      const StoredMetric& stored = *metrics_.row();
      if (stored.epoch != epoch.epoch) {
        Add(trial, stored.epoch, "has a metric and no row");
        continue;
      }
      ++metrics;
      if (!stored.sound) {
        Add(trial, epoch.epoch, fmt::format("its {} is not that of its checksum", stored.name));
      }
      if (const auto metric = model::MetricNamed(stored.name)) epoch.metrics.push_back({*metric, stored.value});
    }
    if (metrics == expected_.metrics) return;
    Add(trial, epoch.epoch,
        fmt::format("has {} metrics of the {} that are asked for", metrics, expected_.metrics));
  }

  void Consider(const TrialRecord& trial) {
    if (expected_.replicates > 1 && IsFinal(trial.state)) points_.Add(trial);
    const bool result = trial.state == TrialState::kCompleted || trial.state == TrialState::kEarlyStopped;
    if (expected_.replicates > 1 || !result || IsCopy(trial) || !trial.objective) return;
    if (!best_ || study::Better(expected_.objective, *trial.objective, best_->first)) {
      best_.emplace(*trial.objective, trial.number);
    }
  }

  // While trials are extended, one that is being trained may be the best.
  void CheckBest() {
    std::optional<std::int64_t> best = best_ ? std::optional(best_->second) : std::nullopt;
    if (!points_.best().all().empty()) best = points_.best().all().front().trial;
    if (study_.extended_from || study_.best_trial == best) return;
    const auto text = [](const std::optional<std::int64_t>& trial) {
      return trial ? fmt::format("trial {}", *trial) : std::string("none");
    };
    Add({}, {}, fmt::format("its best is {}, by its rows {}", text(study_.best_trial), text(best)));
  }

  void CheckCounts() {
    std::map<std::string, Count> stored;
    for (Query query(statements_, kCounts, study_.id); query.Next();) {
      Columns columns(query);
      Count& count = stored[columns.Text()];
      count.trials = columns.Integer();
      count.epochs = columns.Integer();
    }
    std::set<std::string> states;
    for (const auto& [state, count] : stored) states.insert(state);
    for (const auto& [state, count] : counts_) states.insert(state);
    for (const std::string& state : states) {
      if (stored[state] == counts_[state]) continue;
      Add({}, {},
          fmt::format("counts {} trials {} with {} epochs; there are {} with {}", stored[state].trials, state,
                      stored[state].epochs, counts_[state].trials, counts_[state].epochs));
    }
  }

  void CheckTwice() {
    for (Query query(statements_, kTwice, study_.id); query.Next();) {
      Columns columns(query);
      const std::int64_t last = columns.Integer();
      const std::int64_t first = columns.Integer();
      Add(last, {},
          fmt::format("is the same point as trial {} of its round, one of {}", first, columns.Integer()));
    }
  }

  Statements& statements_;
  const StudyRecord& study_;
  std::int64_t most_;  // rows of one table
  Findings& findings_;
  Expected expected_;
  study::PointRanking points_;  // the best of them, where there are replicates
  Walk<StoredEpoch> epochs_;
  Walk<StoredMetric> metrics_;
  Walk<TrialRecord> trials_;
  std::vector<study::RoundRecord> rounds_;
  std::map<std::string, Count> counts_;                  // by state
  std::optional<std::pair<double, std::int64_t>> best_;  // objective and trial; else
  std::int64_t counted_ = 0, epochs_counted_ = 0;
};

}  // namespace

Examined ExamineStudy(Statements& statements, const StudyRecord& study, std::int64_t most_rows,
                      Findings& findings) {
  return StudyExamination(statements, study, most_rows, findings).Run();
}

}  // namespace hpsearch::store
