#include "client/simulate/simulation.h"

#include <fmt/format.h>

#include <cmath>
#include <deque>
#include <limits>
#include <optional>
#include <utility>

#include "absl/status/status.h"
#include "client/simulate/surroundings.h"
#include "server/study/coordinator.h"
#include "server/study/objective.h"
#include "server/study/replicates.h"
#include "server/study/strand_background.h"

namespace hpsearch::simulate {
namespace {

constexpr double kNone = std::numeric_limits<double>::quiet_NaN();
// Of a table whatever a study asks of its columns is there, and nothing else is known.
constexpr std::int64_t kColumns = std::int64_t{1} << 40;

// The one worker, whose training is a look into the table.
class TableWorker : public study::WorkerLink {
 public:
  void OnLease(const study::Lease& lease) override { leases_.push_back(lease); }
  void OnEpochsStored(const std::string&, std::int64_t, std::int64_t, std::int64_t) override {}
  void OnOutcomeStored(const std::string&, std::int64_t, std::int64_t) override {}
  void OnRevoked(const std::string&, std::int64_t, std::int64_t, const std::string&) override { revoked_ = true; }
  void OnDrained() override {}
  void OnClosed(absl::Status why) override { closed_ = std::move(why); }

  std::optional<study::Lease> Next() {
    if (leases_.empty()) return std::nullopt;
    revoked_ = false;
    study::Lease next = std::move(leases_.front());
    leases_.pop_front();
    return next;
  }
  // Of the lease that was taken last: its training ends here.
  bool revoked() const { return revoked_; }
  const absl::Status& closed() const { return closed_; }

 private:
  std::deque<study::Lease> leases_;
  bool revoked_ = false;
  absl::Status closed_;
};

class Run {
 public:
  Run(std::shared_ptr<const study::StudySpec> spec, const ResultsTable& table, std::int64_t run)
      : spec_(std::move(spec)),
        table_(table),
        run_(run),
        // Epoch by epoch where a rule looks at each.
        at_once_(spec_->document.Find("stopping") == nullptr) {}

  absl::StatusOr<Simulated> ToItsEnd() {
    if (absl::Status status = Begin(); !status.ok()) return status;
    while (const std::optional<study::Lease> lease = worker_->Next()) {
      if (lease->epochs > table_.epochs()) {
        return absl::InvalidArgumentError(
            fmt::format("the study trains for {} epochs, and the table's longest curve has {}: training.epochs of "
                        "at most that is wanted",
                        lease->epochs, table_.epochs()));
      }
      Train(*lease);
      coordinator_.Ready(session_, 1);
      strand_.Run();
      if (!worker_->closed().ok()) return worker_->closed();
    }
    if (!IsFinal(store_.study().state)) {
      return absl::FailedPreconditionError(fmt::format("the study waits: {}", store_.study().reason));
    }
    if (simulated_.steps.empty() || store_.study().state == study::StudyState::kFailed) {
      return absl::FailedPreconditionError(
          fmt::format("the study is {}: {}", study::ToString(store_.study().state), store_.study().reason));
    }
    simulated_.trials = store_.trials();
    return std::move(simulated_);
  }

 private:
  absl::Status Begin() {
    if (absl::Status status = coordinator_.Recover(); !status.ok()) return status;
    absl::Status created = absl::UnavailableError("no answer");
    coordinator_.CreateStudy("simulation", spec_, [&created](const auto& answer) { created = answer.status(); });
    strand_.Run();
    if (!created.ok()) return created;
    study::WorkerHello hello;
    hello.name = hello.instance = hello.numerics_digest = "simulation";
    hello.instruction_set = study::InstructionSetOf(*spec_);
    for (const std::string& dataset : spec_->datasets) {
      hello.datasets.push_back({.key = dataset,
                                .fault = "",
                                .hash = "simulation",
                                .shape = {.sample = {kColumns}, .train_rows = 1, .test_rows = 1, .table = true}});
    }
    const absl::StatusOr<std::int64_t> session = coordinator_.Connect(worker_, hello);
    if (!session.ok()) return session.status();
    session_ = *session;
    coordinator_.Ready(session_, 1);
    strand_.Run();
    return absl::OkStatus();
  }

  study::EpochRecord Recorded(const Curve& curve, std::int64_t epoch) const {
    study::EpochRecord record;
    record.epoch = epoch;
    for (const auto part : {model::MetricPart::kTrain, model::MetricPart::kValidation}) {
      for (const model::Metric metric : spec_->metrics) record.metrics.push_back({{part, metric}, kNone});
    }
    const std::string& name = spec_->objective.metric;
    const double value = ValueAt(curve, epoch);
    if (name == "train_loss") record.train_loss = value;
    if (name == "train_error") record.train_error = value;
    if (name == "validation_loss") record.validation_loss = value;
    if (name == "validation_error") record.validation_error = value;
    for (study::MetricValue& each : record.metrics) {
      if (model::MetricName(each.metric.part, each.metric.metric) == name) each.value = value;
    }
    return record;
  }

  void Train(const study::Lease& lease) {
    const absl::StatusOr<study::TrialRecord> trial = store_.FindTrial(store_.study().id, lease.trial);
    const Curve& curve = table_.Nearest(trial->parameters, run_ * spec_->replicates() + trial->replicate);
    study::EpochReport report{lease.study, lease.trial, lease.attempt, {}};
    study::Score score;
    std::int64_t epoch = 0;
    bool diverged = false;
    while (epoch < lease.epochs && !worker_->revoked() && !diverged) {
      report.epochs.push_back(Recorded(curve, ++epoch));
      score = study::Advance(spec_->objective, score, report.epochs.back());
      // Before the first that is recorded nothing is known; a value that is missing behind it was not finite.
      diverged = epoch >= curve.begin()->first && std::isnan(ValueAt(curve, epoch));
      if (at_once_ && epoch < lease.epochs && !diverged) continue;
      coordinator_.Report(session_, std::exchange(report, {lease.study, lease.trial, lease.attempt, {}}));
      strand_.Run();
    }
    if (!worker_->revoked()) {
      using Kind = study::TrialOutcome::Kind;
      const Kind kind = diverged ? Kind::kDiverged : Kind::kCompleted;
      coordinator_.Finish(session_, {lease.study, lease.trial, lease.attempt, kind, diverged ? "diverged" : ""});
      strand_.Run();
    }
    spent_ += epoch - std::min(epoch, lease.epochs_stored);
    std::optional<double> found = diverged ? std::nullopt : score.value;
    if (points_.stands()) found = MeanOf(lease.trial);
    if (found && (std::isnan(best_) || study::Better(spec_->objective, *found, best_))) best_ = *found;
    simulated_.steps.push_back({spent_, best_});
  }

  // Of a point that the trial completes.
  std::optional<double> MeanOf(std::int64_t trial) {
    const auto record = store_.FindTrial(store_.study().id, trial);
    const auto point = record.ok() ? points_.Add(*record) : std::nullopt;
    return point ? point->mean : std::nullopt;
  }

  const std::shared_ptr<const study::StudySpec> spec_;
  const ResultsTable& table_;
  const std::int64_t run_;
  const bool at_once_;
  LoopStrand strand_;
  StillClock clock_;
  study::StrandBackground background_{strand_};
  BriefStore store_{strand_};
  std::shared_ptr<TableWorker> worker_ = std::make_shared<TableWorker>();
  study::Coordinator coordinator_{store_, clock_, background_, [](const study::Event&) {}};
  study::Coordinator::SessionId session_ = 0;
  study::Replicates points_{spec_->replicates()};
  std::int64_t spent_ = 0;
  double best_ = kNone;
  Simulated simulated_;
};

}  // namespace

absl::StatusOr<Simulated> Simulate(std::shared_ptr<const study::StudySpec> spec, const ResultsTable& table,
                                   std::int64_t run) {
  return Run(std::move(spec), table, run).ToItsEnd();
}

std::shared_ptr<const study::StudySpec> WithSeed(const study::StudySpec& spec, std::int64_t seed) {
  model::Node document = spec.document;
  document.Set("seed", seed);
  model::Faults none;
  return study::ReadSpec(document, nullptr, none);
}

}  // namespace hpsearch::simulate
