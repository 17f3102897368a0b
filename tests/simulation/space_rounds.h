// What the rounds of a study over a random grid must hold, from the enumeration of spaces.h: each trial has the
// point of its number, each point comes once and no other, and at the end none is missing. A value, part of a
// study's entry in a book. Errors: Broken.
#pragma once

#include <map>
#include <string>
#include <vector>

#include "server/study/records.h"
#include "tests/simulation/spaces.h"

namespace hpsearch::simulation {

struct StudyEntry;

class SpaceRounds {
 public:
  // Of a round that follows the study's.
  void Open(const Space& space, const StudyEntry& study, const study::RoundRecord& round);
  // Of a trial's first row.
  void Begin(const Space& space, const study::TrialRecord& row);
  // Of all that there is in the end.
  void CheckEnd(const Space& space, const StudyEntry& study) const;

 private:
  struct Opened {
    std::int64_t first_trial = 1;
    std::vector<std::string> points;
    std::map<std::string, std::int64_t> trials;  // that have a point of it
  };
  std::vector<Opened> rounds_;
  std::vector<Space::Box> boxes_;
};

}  // namespace hpsearch::simulation
