#include "server/strategy/tpe.h"

#include <algorithm>
#include <cmath>
#include <limits>
#include <optional>

#include "server/strategy/draws.h"
#include "server/strategy/parzen.h"
#include "server/strategy/sobol.h"
#include "server/strategy/trials_key.h"

namespace hpsearch::strategy {
namespace {

constexpr std::size_t kMostGood = 25;
constexpr int kOtherPoints = 64;  // drawn where all candidates were tried before

class Tpe final : public Sampler {
 public:
  Tpe(const Means& means, std::int64_t startup, std::int64_t candidates, double gamma)
      : means_(means),
        startup_(static_cast<std::size_t>(startup)),
        candidates_(candidates),
        gamma_(gamma),
        first_points_(std::get<0>(SobolKind().make)(means, model::Node())) {}

  std::vector<Coordinates> Suggest(const std::vector<Observation>& history, std::int64_t first,
                                   std::int64_t count) override {
    Known known = KnownFrom(history);
    std::vector<Coordinates> points(static_cast<std::size_t>(count));
    for (std::size_t i = 0; i < points.size(); ++i) {
      const std::int64_t number = first + static_cast<std::int64_t>(i);
      Draws draws(means_.seed, Purpose::kTpe, number);
      if (known.all.size() + known.elsewhere < startup_ || known.measured.empty()) {
        points[i] = first_points_->At(number - 1);
        means_.settle(points[i]);
        if (known.Has(points[i])) points[i] = Other(known, std::move(points[i]), draws);
      } else {
        points[i] = Next(known, draws);
      }
      known.unmeasured.push_back(&points[i]);
      known.all.push_back(&points[i]);
    }
    return points;
  }

 private:
  struct Known {
    std::vector<const Observation*> measured;    // the best first
    std::vector<const Coordinates*> unmeasured;  // diverged, then running
    std::size_t ended = 0;
    std::vector<const Coordinates*> all;  // of this study
    std::size_t elsewhere = 0;            // so many of others

    bool Has(const Coordinates& at) const {
      return std::ranges::any_of(all, [&](const Coordinates* known) { return SamePlace(*known, at); });
    }
  };

  static Known KnownFrom(const std::vector<Observation>& history) {
    Known known;
    for (const Observation& trial : history) {
      if (trial.elsewhere) {
        ++known.elsewhere;
      } else {
        known.all.push_back(&trial.at);
      }
      if (trial.state == Observation::State::kMeasured) known.measured.push_back(&trial);
      if (trial.state == Observation::State::kDiverged) known.unmeasured.push_back(&trial.at);
    }
    known.ended = known.measured.size() + known.unmeasured.size();
    for (const Observation& trial : history) {
      if (trial.state == Observation::State::kRunning) known.unmeasured.push_back(&trial.at);
    }
    std::ranges::stable_sort(known.measured, {}, &Observation::objective);
    return known;
  }

  Coordinates Next(const Known& known, Draws& draws) const {
    // Of equal objectives one counts among the best: of a plateau, or a row of a table that answers many points,
    // the rest says nothing new, and would draw all that follow to itself.
    const std::vector<const Observation*>& measured = known.measured;
    const auto repeats = [&](std::size_t i) {
      return i > 0 && measured[i]->objective == measured[i - 1]->objective;
    };
    std::size_t distinct = known.ended - measured.size();
    for (std::size_t i = 0; i < measured.size(); ++i) distinct += repeats(i) ? 0 : 1;
    const auto share = static_cast<std::size_t>(std::ceil(gamma_ * static_cast<double>(distinct)));
    const std::size_t most_good = std::min(share, kMostGood);
    std::vector<Parzen::Point> best, others;
    for (std::size_t i = 0; i < measured.size(); ++i) {
      (best.size() < most_good && !repeats(i) ? best : others).push_back({&measured[i]->at, 1});
    }
    for (std::size_t i = 0; i < best.size(); ++i) {
      best[i].weight = std::log(static_cast<double>(best.size()) + 0.5) - std::log(static_cast<double>(i) + 1);
    }
    for (const Coordinates* at : known.unmeasured) others.push_back({at, 1});

    const Parzen better(means_.cube, best), worse(means_.cube, others);
    std::optional<Coordinates> next;
    Coordinates tried;
    double most = -std::numeric_limits<double>::infinity();
    for (std::int64_t i = 0; i < candidates_; ++i) {
      Coordinates candidate = better.Draw(draws);
      means_.settle(candidate);
      if (known.Has(candidate)) {
        tried = std::move(candidate);
        continue;
      }
      const double gain = better.LogDensity(candidate) - worse.LogDensity(candidate);
      if (gain > most) {
        most = gain;
        next = std::move(candidate);
      }
    }
    return next.has_value() ? *std::move(next) : Other(known, std::move(tried), draws);
  }

  // An even draw that was not tried before; `tried` again where there seems to be none.
  Coordinates Other(const Known& known, Coordinates tried, Draws& draws) const {
    Coordinates other(means_.cube.size());
    for (int i = 0; i < kOtherPoints; ++i) {
      for (double& coordinate : other) coordinate = draws.Uniform();
      means_.settle(other);
      if (!known.Has(other)) return other;
    }
    return tried;
  }

  Means means_;
  std::size_t startup_;
  std::int64_t candidates_;
  double gamma_;
  std::unique_ptr<Sequence> first_points_;
};

std::unique_ptr<Sampler> Make(const Means& means, const model::Node& settings) {
  return std::make_unique<Tpe>(means, std::get<std::int64_t>(settings.Find("startup")->scalar()),
                               std::get<std::int64_t>(settings.Find("candidates")->scalar()),
                               std::get<double>(settings.Find("gamma")->scalar()));
}

}  // namespace

Kind TpeKind() {
  using model::KeyType;
  return {.keys = {.name = "tpe",
                   .keys = {TrialsKey(),
                            BatchKey(),
                            {.key = "startup",
                             .type = KeyType::kInteger,
                             .default_value = 10,
                             .domain = {.low = 1, .high = 1'000'000}},
                            {.key = "candidates",
                             .type = KeyType::kInteger,
                             .default_value = 24,
                             .domain = {.low = 1, .high = 10'000}},
                            {.key = "gamma",
                             .type = KeyType::kNumber,
                             .default_value = 0.1,
                             .domain = {.low = 0, .high = 1, .low_open = true, .high_open = true}}}},
          .make = &Make};
}

}  // namespace hpsearch::strategy
