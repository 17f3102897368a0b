#include "server/strategy/gp.h"

#include <algorithm>
#include <limits>
#include <memory>
#include <numeric>
#include <optional>
#include <span>
#include <utility>

#include "server/strategy/draws.h"
#include "server/strategy/gp_acquisition.h"
#include "server/strategy/gp_fit.h"
#include "server/strategy/gp_posterior.h"
#include "server/strategy/gp_scale.h"
#include "server/strategy/sobol.h"
#include "server/strategy/trials_key.h"

namespace hpsearch::strategy {
namespace {

using State = Observation::State;
using History = std::vector<Observation>;

constexpr std::size_t kFitMost = 300;         // trials that hyperparameters are fitted to
constexpr std::size_t kLearnMost = 1'500;     // of those before the last fit that are learnt from
constexpr std::size_t kUnderWayMost = 1'000;  // beyond, points are Sobol's
constexpr std::size_t kElite = 5;

bool SameOutcome(const Observation& a, const Observation& b) {
  return a.state == b.state && (a.state != State::kMeasured || a.objective == b.objective) &&
         SamePlace(a.at, b.at);
}

bool IsMeasured(const Observation& trial) { return trial.state == State::kMeasured; }

// What each of finished trials counts for: of diverged ones the worst that was measured, if any was.
std::vector<double> Objectives(std::span<const Observation> finished) {
  double worst = std::ranges::any_of(finished, IsMeasured) ? -std::numeric_limits<double>::infinity() : 0;
  for (const Observation& trial : finished)
    if (IsMeasured(trial)) worst = std::max(worst, trial.objective);
  std::vector<double> objectives;
  for (const Observation& trial : finished) objectives.push_back(IsMeasured(trial) ? trial.objective : worst);
  return objectives;
}

// The places of the best, the best first; of equals the first.
std::vector<std::size_t> Best(std::span<const double> values) {
  std::vector<std::size_t> places(values.size());
  std::iota(places.begin(), places.end(), std::size_t{0});
  std::ranges::stable_sort(places, {}, [values](std::size_t i) { return values[i]; });
  return places;
}

// The places of at most `most` of them, ascending: the best, and as many of the others, evenly from better to
// worse.
std::vector<std::size_t> Chosen(std::span<const double> objectives, std::size_t most) {
  std::vector<std::size_t> places = Best(objectives);
  if (places.size() > most) {
    const std::size_t best = most / 2, others = places.size() - best;
    for (std::size_t i = best; i < most; ++i) places[i] = places[best + (i - best) * others / (most - best)];
    places.resize(most);
  }
  std::ranges::sort(places);
  return places;
}

class Gp final : public Sampler {
 public:
  Gp(const Means& means, const model::Node& settings)
      : means_(means),
        design_size_(means.cube.size() + 4),
        design_(std::get<0>(SobolKind().make)(means, settings)) {}

  std::vector<Coordinates> Suggest(const History& history, std::int64_t first, std::int64_t count) override {
    Learn(history);
    std::vector<Coordinates> points;
    for (std::int64_t number = first; number < first + count; ++number) points.push_back(Point(number));
    return points;
  }

 private:
  void Learn(const History& history);
  void Fit(std::span<const Observation> finished);
  void SetRows(std::span<const Coordinates> rows);
  Coordinates Point(std::int64_t number);

  const Means means_;
  const std::size_t design_size_;
  const std::unique_ptr<Sequence> design_;

  // Of the history that was shown last, and the points that were chosen since.
  std::vector<Coordinates> tried_;
  std::vector<Coordinates> elite_;  // empty: nothing is known
  double best_ = 0;
  std::size_t under_way_ = 0;

  // Kept from call to call. Rows are compared with those that are wanted, and are as they would be made anew.
  History fitted_;
  std::optional<Posterior> posterior_;
  std::vector<Coordinates> rows_;  // of the posterior
};

// The posterior's rows: finished trials up to the last fit, those behind it, then those under way, each in the
// order of their numbers. So a trial adds a row as it begins, and where trials end in the order of their numbers
// no row has to be made again.
void Gp::Learn(const History& history) {
  History finished;
  std::vector<Coordinates> running;
  for (const Observation& trial : history) {
    if (trial.state == State::kRunning) {
      running.push_back(trial.at);
    } else {
      finished.push_back(trial);
    }
  }
  tried_.clear();
  for (const Observation& trial : history) {
    if (!trial.elsewhere) tried_.push_back(trial.at);
  }
  elite_.clear();
  under_way_ = running.size();
  if (finished.size() < design_size_ || under_way_ > kUnderWayMost) return;
  if (std::ranges::none_of(finished, IsMeasured)) return;

  // A fit depends on the first so many alone, whenever it is made.
  std::size_t fitted = design_size_;
  const auto next = [](std::size_t count) { return count + std::max<std::size_t>(1, count / 10); };
  while (next(fitted) <= finished.size()) fitted = next(fitted);
  const std::span<const Observation> before(finished.data(), fitted);
  if (!posterior_ || !std::ranges::equal(before, fitted_, SameOutcome)) Fit(before);

  const std::vector<double> objectives = Objectives(finished);
  std::vector<std::size_t> learnt = Chosen(Objectives(before), kLearnMost);
  for (std::size_t i = fitted; i < finished.size(); ++i) learnt.push_back(i);
  std::vector<Coordinates> rows;
  std::vector<double> values;
  for (const std::size_t i : learnt) {
    rows.push_back(finished[i].at);
    values.push_back(objectives[i]);
  }
  rows.insert(rows.end(), running.begin(), running.end());
  SetRows(rows);

  const std::vector<double> means = posterior_->Observe(ScaleObjectives(values));
  std::vector<std::size_t> order = Best(means);
  order.resize(std::min(order.size(), kElite));
  for (const std::size_t i : order) elite_.push_back(rows[i]);
  best_ = means[order.front()];
  for (const Coordinates& at : running) best_ = std::min(best_, posterior_->Mean(at));
}

void Gp::Fit(std::span<const Observation> finished) {
  const std::vector<double> objectives = Objectives(finished);
  PointSet points(means_.cube);
  std::vector<double> values;
  for (const std::size_t i : Chosen(objectives, kFitMost)) {
    points.Add(finished[i].at);
    values.push_back(objectives[i]);
  }
  posterior_.emplace(means_.cube, FitHyperparameters(points, ScaleObjectives(values)));
  fitted_.assign(finished.begin(), finished.end());
  rows_.clear();
}

void Gp::SetRows(std::span<const Coordinates> rows) {
  const auto differ = std::ranges::mismatch(rows_, rows, SamePlace);
  const auto same = static_cast<std::size_t>(differ.in1 - rows_.begin());
  posterior_->Truncate(same);
  rows_.resize(same);
  for (const Coordinates& row : rows.subspan(same)) {
    posterior_->Add(row);
    rows_.push_back(row);
  }
}

Coordinates Gp::Point(std::int64_t number) {
  const bool knows = !elite_.empty() && under_way_ <= kUnderWayMost;
  Coordinates at;
  if (number <= static_cast<std::int64_t>(design_size_) || !knows) {
    at = design_->At(number - 1);
    means_.settle(at);
  } else {
    Draws draws(means_.seed, Purpose::kGp, number);
    const Search search = {.cube = means_.cube,
                           .settle = means_.settle,
                           .posterior = *posterior_,
                           .best = best_,
                           .tried = tried_,
                           .elite = elite_};
    at = NextPoint(search, draws);
  }
  tried_.push_back(at);
  ++under_way_;
  if (knows) {
    best_ = std::min(best_, posterior_->Mean(at));
    posterior_->Add(at);
    rows_.push_back(at);
  }
  return at;
}

std::unique_ptr<Sampler> Make(const Means& means, const model::Node& settings) {
  return std::make_unique<Gp>(means, settings);
}

}  // namespace

Kind GpKind() { return {.keys = {.name = "gp", .keys = {TrialsKey(), BatchKey()}}, .make = &Make}; }

}  // namespace hpsearch::strategy
