// The studies that simulated worlds search, and what training is in them: an epoch is a function of the trial's
// point, its number and the worker's arithmetic alone, as it is with real workers of one numerics digest. So what
// the store holds can be checked against it without knowing how it came there.
//
// Pure. No errors: the studies are ours.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>

#include "server/study/records.h"
#include "server/study/spec.h"
#include "server/study/worker_link.h"

namespace hpsearch::simulation {

// The kind of which the trials that go on depend on the order in which they come.
inline constexpr int kFirstComes = 13;
// One whose races are over a whole round.
inline constexpr int kHalves = 11;

// What is searched, of a small number of kinds or a random grid; and what may differ without a change to the
// result.
struct StudyPlan {
  std::string name;
  int kind = 0;
  std::uint64_t space = 0;  // the number of a random grid (spaces.h), which is searched then; 0: the kind is
  double lease_seconds = 10;
  std::int64_t max_attempts = 1'000'000;
  std::int64_t max_failed_trials = 3;
  std::optional<std::int64_t> max_parallel_trials;
  std::optional<double> max_seconds;

  // What a client does with it, beside creating it.
  double pauses = 0;     // mean seconds between them; 0: none
  double ends = 0;       // the likelihood that it is stopped or cancelled on the way
  bool extends = false;  // once it has ended

  // Whatever happens on the way, it ends as an undisturbed run of it does.
  bool exact() const {
    const bool any_order = space != 0 || kind != kFirstComes || max_parallel_trials == 1;
    return max_attempts > 1000 && ends == 0 && !max_seconds && any_order;
  }
};
inline constexpr int kKinds = 14;
inline constexpr std::int64_t kSpaces = 1000;   // that any world may have
inline constexpr std::int64_t kMoreEpochs = 2;  // of an extension, for the best kExtended
inline constexpr std::int64_t kExtended = 2;

std::shared_ptr<const study::StudySpec> SpecOf(const StudyPlan& plan);
std::int64_t EpochsOf(const StudyPlan& plan);

// How the trials race of a study in which all begin at the first rung.
enum class RaceKind { kNone, kAsTheyCome, kOnceAllAreThere };
RaceKind RaceOf(const StudyPlan& plan);

struct Point {
  double rate = 0, momentum = 0;
};
Point PointOf(const study::Lease& lease);
Point PointOf(const StudyPlan& plan, const std::string& parameters);  // as a trial's row has them

// What training at that point gives. The best rate is 0.05; from 0.9 on it diverges in its second epoch: the last.
study::EpochRecord Played(const Point& point, std::int64_t epoch, const std::string& arithmetic);
bool Diverges(const Point& point, std::int64_t epoch);

}  // namespace hpsearch::simulation
