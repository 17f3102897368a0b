#include "server/study/size_check.h"

#include <fmt/format.h>

#include <cstdint>
#include <optional>
#include <string>

namespace hpsearch::study {

void CheckSize(const search::SearchSpace& space, const search::Search& search, const Limits& limits,
               model::Faults& faults) {
  const std::size_t before = faults.size();
  if (!search.sampling) space.CheckGridded(faults);
  if (faults.size() > before) return;
  if (!search.sampling && search::Grid(space).too_entangled()) {
    faults.push_back(
        {"parameters",
         "whether parameters are there hangs on too many combinations of others; fewer conditions, or "
         "what decides them further behind, are wanted"});
    return;
  }
  if (search.sampling && search.sampling->learns() && space.parameters().empty()) {
    faults.push_back({fmt::format("search.{}", search.sampling->name()),
                      "there are no parameters to choose; some are wanted, or no strategy"});
    return;
  }
  if (search.sampling && search.sampling->trials > limits.max_trials) {
    faults.push_back(
        {fmt::format("search.{}.trials", search.sampling->name()),
         fmt::format("{} trials; limits.max_trials permits {}: fewer trials, or a higher limit, are wanted",
                     search.sampling->trials, limits.max_trials)});
    return;
  }
  const std::optional<std::int64_t> points =
      search::MostTrials(space, {.refine = {}, .sampling = search.sampling});
  if (!points.has_value() || *points > limits.max_trials) {
    faults.push_back(
        {"parameters",
         fmt::format("the grid has {} points; limits.max_trials permits {}: fewer values, or a higher "
                     "limit, are wanted",
                     points.has_value() ? std::to_string(*points) : "more than 2^63", limits.max_trials)});
    return;
  }
  if (*points > limits.max_trials / search.replicates) {
    faults.push_back({"training.replicates",
                      fmt::format("{} points of {} trials each; limits.max_trials permits {} trials: fewer "
                                  "replicates or points, or a higher limit, are wanted",
                                  *points, search.replicates, limits.max_trials)});
    return;
  }
  if (!search::MostTrials(space, search)) {
    faults.push_back({"search.refine",
                      "all rounds together have more trials than fit 63 bits; fewer rounds, points an axis (num) "
                      "or centres (around) are wanted"});
  } else if (const auto rounds = search::Rounds::Open(space, search, 0); !rounds.ok()) {
    faults.push_back({"search.refine.rounds", std::string(rounds.status().message())});
  }
}

}  // namespace hpsearch::study
