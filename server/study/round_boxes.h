// What a round looks at, and why, as its row keeps it for readers: a JSON array with an object a box, in the
// round's order.
//
//   {"trial": 13, "objective": 0.1424, "standard_error": 0.0011, "centre": {"learning_rate": 0.1, ...},
//    "axes": {"learning_rate": {"low": 0.05, "high": 0.2, "num": 5}, ...}}
//
// `axes` has the numeric axes of more than one place, in the file's order. `trial` and `objective` are absent
// where a user named the point, which stands as `point` then (search/point_text.h); `standard_error` is there
// where the objective is a mean of several replicates. Round 1 has one box without them and without a centre: what
// the study gives, a range's ends with `num` null.
//
// Pure; from any thread; no errors.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "server/search/round.h"
#include "server/search/search_space.h"

namespace hpsearch::study {

// Why a box is where it is: the trial at its centre.
struct BoxCentre {
  std::optional<std::int64_t> trial;
  std::optional<double> objective;
  std::optional<double> standard_error;  // of a mean
};

// `centres`: of each box of the round, none for round 1. The round is one over that space.
std::string BoxesOf(const search::SearchSpace& space, const search::Round& round,
                    const std::vector<BoxCentre>& centres);
// The point that a user named; nullopt: none.
std::optional<search::Point> PointIn(const std::string& boxes);
// The first box's centre: nothing of what it has not, or of what the row of an earlier version leaves out.
BoxCentre CentreIn(const std::string& boxes);

}  // namespace hpsearch::study
