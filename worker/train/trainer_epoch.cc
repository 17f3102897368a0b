// An epoch: its steps and what they come to, then the rows that validate; and the test set's scores.
#include <algorithm>
#include <cmath>
#include <limits>
#include <utility>

#include "absl/strings/str_cat.h"
#include "worker/train/shuffle.h"
#include "worker/train/trainer_impl.h"

namespace hpsearch::train {
namespace {

using Clock = std::chrono::steady_clock;

// A NaN does not always reach the loss: a relu turns it into 0. Weights that are not finite are as far gone.
bool AllFinite(const std::vector<nn::Parameter*>& parameters) {
  return std::ranges::all_of(parameters, [](const nn::Parameter* parameter) {
    return std::ranges::all_of(std::as_const(parameter->value).span(),
                               [](float value) { return std::isfinite(value); });
  });
}

// A class is what its label is in the file, and of a table what that stands for.
void NameClasses(const data::Split& split, Evaluation& evaluation) {
  const data::Dataset& dataset = *split.dataset;
  for (std::int64_t label = 0; label < split.classes; ++label) {
    const auto in_file = static_cast<std::size_t>(
        std::ranges::find(split.label_map, static_cast<std::uint8_t>(label)) - split.label_map.begin());
    const bool table = in_file < dataset.class_names.size();
    evaluation.class_names.push_back(table ? dataset.class_names[in_file] : absl::StrCat(in_file));
    if (!table) evaluation.class_values.push_back(static_cast<std::int64_t>(in_file));
    if (table && in_file < dataset.class_values.size()) {
      evaluation.class_values.push_back(dataset.class_values[in_file]);
    }
  }
}

}  // namespace

EpochResult Trainer::Impl::Diverged(double learning_rate, double seconds) const {
  constexpr double kNaN = std::numeric_limits<double>::quiet_NaN();
  const std::vector<double> none(setup_.training.metrics.size(), kNaN);
  return {.epoch = progress_.epochs_done + 1,
          .train_loss = kNaN,
          .train_error = kNaN,
          .validation_loss = kNaN,
          .validation_error = kNaN,
          .learning_rate = learning_rate,
          .seconds = seconds,
          .gradient_norm = kNaN,
          .weight_norm = kNaN,
          .samples_per_second = kNaN,
          .train_metrics = none,
          .validation_metrics = none,
          .diverged = true};
}

absl::StatusOr<EpochResult> Trainer::Impl::RunEpoch(const std::atomic<bool>& cancelled) {
  const std::int64_t epoch = progress_.epochs_done + 1;
  ShuffleRows(setup_.split.training, source_, epoch, order_);
  Sums sums = NoRows(training_spread_);
  sums.metrics = progress_.metrics;
  sums.named.set_sums(progress_.named);
  const Clock::time_point begun = Clock::now();
  const double before = progress_.seconds;
  const auto seconds = [&] { return before + std::chrono::duration<double>(Clock::now() - begun).count(); };
  const auto save = [&] {
    progress_.metrics = sums.metrics;
    progress_.named = sums.named.sums();
    progress_.seconds = seconds();
    save_();
  };
  Clock::time_point saved = begun;
  double learning_rate = 0;
  double gradient_norm = 0;
  const auto batch_size = static_cast<std::size_t>(setup_.training.batch_size);
  const std::span<const std::uint32_t> order = order_;
  for (auto begin = static_cast<std::size_t>(progress_.rows_done); begin < order_.size(); begin += batch_size) {
    if (cancelled.load(std::memory_order_relaxed)) {
      if (save_ && progress_.rows_done > 0) save();
      return absl::CancelledError("the trial was cancelled");
    }
    const std::size_t count = std::min(batch_size, order_.size() - begin);
    const bool last = begin + count == order_.size();
    learning_rate = LearningRate();
    absl::StatusOr<nn::LossSum> loss = TrainBatch({order.subspan(begin, count), order.subspan(begin + count)},
                                                  epoch, learning_rate, sums, last ? &gradient_norm : nullptr);
    if (!loss.ok()) return loss.status();
    if (!std::isfinite(loss->loss)) return Diverged(learning_rate, seconds());
    progress_.rows_done += static_cast<std::int64_t>(count);
    // The last batch's belongs to the checkpoint behind the epoch.
    if (save_ && !last && Clock::now() - saved >= save_every_) {
      save();
      saved = Clock::now();
    }
  }
  const double trained = seconds();
  if (!AllFinite(graph_->parameters())) return Diverged(learning_rate, seconds());
  Sums validation = NoRows(validation_spread_);
  const auto look = [](const nn::Pass& /*pass*/) {};
  absl::Status status = Score(reader_, setup_.split.validation, validation_, cancelled, look, validation);
  if (!status.ok()) return status;
  if (!std::isfinite(validation.metrics.loss_sum)) return Diverged(learning_rate, seconds());
  progress_.rows_done = 0;
  progress_.metrics = {};
  progress_.named = {};
  progress_.seconds = 0;
  return EpochResult{.epoch = epoch,
                     .train_loss = sums.metrics.Loss(),
                     .train_error = sums.metrics.Error(setup_.split.task),
                     .validation_loss = validation.metrics.Loss(),
                     .validation_error = validation.metrics.Error(setup_.split.task),
                     .learning_rate = learning_rate,
                     .seconds = seconds(),
                     .gradient_norm = gradient_norm,
                     .weight_norm = optimizer_->WeightNorm(),
                     .samples_per_second = static_cast<double>(order_.size()) / trained,
                     .train_metrics = sums.named.Values(),
                     .validation_metrics = validation.named.Values()};
}

nn::Targets Trainer::Impl::TargetsOf(const BatchReader& reader, std::span<const std::uint32_t> rows) {
  if (!regression()) return {.labels = labels_.data()};
  reader.ReadTargets(rows, targets_.data());
  return {.values = targets_.data()};
}

absl::StatusOr<nn::LossSum> Trainer::Impl::TrainBatch(const BatchRows& rows, std::int64_t epoch,
                                                      double learning_rate, Sums& sums, double* gradient_norm) {
  nn::Pass& pass = training_.For(rows.batch.size());
  const nn::Step step = {.epoch = epoch, .index = progress_.steps_done};
  if (graph_->input_dropout().has_value()) {
    reader_.ReadWithDropout(rows, *graph_->input_dropout(), step, pass.src(), labels());
  } else {
    reader_.Read(rows, pass.src(), labels());
  }
  const nn::Targets targets = TargetsOf(reader_, rows.batch);
  if (absl::Status status = pass.Forward(step); !status.ok()) return status;
  nn::LossSum loss = loss_->Evaluate(pass.dst(), targets, pass.rows(), pass.diff_dst());
  // As in Keras, the loss that is told is the one that is minimized: with the penalties of the step's weights.
  loss.loss += optimizer_->Penalties() * static_cast<double>(pass.rows());
  if (!std::isfinite(loss.loss)) return loss;
  sums.Add(loss, pass, targets);
  if (absl::Status status = pass.Backward(); !status.ok()) return status;
  optimizer_->Step(learning_rate, progress_.steps_done, gradient_norm);
  ++progress_.steps_done;
  return loss;
}

absl::Status Trainer::Impl::Score(const BatchReader& reader, std::span<const std::uint32_t> rows,
                                  const PartPasses& passes, const std::atomic<bool>& cancelled,
                                  const std::function<void(const nn::Pass&)>& look, Sums& sums) {
  const auto batch = static_cast<std::size_t>(validation_rows_);
  for (std::size_t begin = 0; begin < rows.size(); begin += batch) {
    if (cancelled.load(std::memory_order_relaxed)) return absl::CancelledError("the trial was cancelled");
    const std::span<const std::uint32_t> of_batch = rows.subspan(begin, std::min(batch, rows.size() - begin));
    nn::Pass& pass = passes.For(of_batch.size());
    reader.Read({of_batch, rows.subspan(begin + of_batch.size())}, pass.src(), labels());
    const nn::Targets targets = TargetsOf(reader, of_batch);
    if (absl::Status status = pass.Forward(); !status.ok()) return status;
    sums.Add(loss_->Evaluate(pass.dst(), targets, pass.rows(), nullptr), pass, targets);
    look(pass);
  }
  sums.metrics.Add({.loss = optimizer_->Penalties() * static_cast<double>(rows.size())}, 0);
  return absl::OkStatus();
}

absl::StatusOr<Evaluation> Trainer::Impl::EvaluateTest(const std::atomic<bool>& cancelled) {
  const std::vector<std::uint32_t>& rows = setup_.split.test;
  if (rows.empty())
    return absl::FailedPreconditionError("the data set has no test rows; test_fraction makes some");
  const BatchReader reader(setup_.split, model::Elements(setup_.network.src), BatchReader::Rows::kTest);
  const absl::StatusOr<PartPasses> passes =
      PartPasses::Make(*graph_, PassKind::kInference, std::ssize(rows), validation_rows_);
  if (!passes.ok()) return passes.status();
  const std::int64_t outputs = graph_->dst_width();
  Evaluation evaluation;
  if (!regression()) {
    evaluation.confusion = Confusion(setup_.split.classes, outputs);
    NameClasses(setup_.split, evaluation);
  }
  const auto count = [&](const nn::Pass& pass) {
    for (std::int64_t row = 0; row < pass.rows() && !regression(); ++row) {
      evaluation.confusion.Add(labels_[static_cast<std::size_t>(row)],
                               {pass.dst() + row * outputs, static_cast<std::size_t>(outputs)});
    }
  };
  Sums sums = NoRows(regression() ? SpreadOf(setup_.split.test_part().targets, rows) : 0);
  if (absl::Status status = Score(reader, rows, *passes, cancelled, count, sums); !status.ok()) return status;
  evaluation.rows = sums.metrics.rows;
  evaluation.loss = sums.metrics.Loss();
  evaluation.error = sums.metrics.Error(setup_.split.task);
  evaluation.metrics = sums.named.Values();
  return evaluation;
}

}  // namespace hpsearch::train
