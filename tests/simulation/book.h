// A book of all rows, kept beside the store from the batches that go into it, with what must hold of them:
// whatever the coordinator writes is held against what was written before it. It shares no code with the
// coordinator or with any store, and remembers more than they do (who had which attempt). Two are kept: of what
// was decided and of what is durable.
//
// A value; copying one is what a failed commit does to what was decided. Errors: Broken.
#pragma once

#include <cstdint>
#include <map>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "server/study/store.h"
#include "tests/simulation/space_rounds.h"
#include "tests/simulation/studies.h"

namespace hpsearch::simulation {

struct TrialEntry {
  study::TrialRecord row;
  Point point;
  std::vector<std::string> holders;  // the worker of each attempt, from 1
  std::set<std::int64_t> ended;      // attempts by which it came to a final state
  std::vector<study::EpochRecord> epochs;
};

struct StudyEntry {
  study::StudyRecord row;
  std::vector<study::RoundRecord> rounds;
  std::map<std::int64_t, TrialEntry> trials;
  std::map<study::TrialState, std::int64_t> counts;
  std::map<std::string, std::int64_t> trained;  // parameters, and the trial that was trained for them
  SpaceRounds spaces;                           // of one that searches a random grid
};

class Book {
 public:
  explicit Book(const std::vector<StudyPlan>& plans);

  void Apply(const study::Batch& batch);

  const std::map<std::int64_t, StudyEntry>& studies() const { return studies_; }
  const std::map<std::string, std::string>& requests() const { return requests_; }  // answers by request_id
  const StudyEntry* Find(const std::string& study) const;                           // nullptr: there is none
  const TrialEntry* Find(const std::string& study, std::int64_t trial) const;
  const StudyPlan& PlanOf(const std::string& study) const { return plans_.at(study); }

 private:
  void Put(const study::PutStudy& change, const study::Batch& batch);
  void Put(const study::PutRound& change);
  void Put(const study::PutTrial& change, bool leases);
  void Put(const study::AppendEpochs& change);
  void Put(const study::CopyEpochs& change);
  void Put(const study::PutRequest& change);
  const StudyEntry* Named(const std::string& name) const;  // nullptr: there is none
  void Begin(StudyEntry& study, const study::TrialRecord& row, bool leases);
  void GoOn(const StudyEntry& study, const TrialEntry& trial, const study::TrialRecord& row, bool leases) const;
  void CheckStudy(const StudyEntry& study) const;
  void CheckRace(const StudyEntry& study) const;

  std::map<std::string, StudyPlan> plans_;
  std::map<std::int64_t, StudyEntry> studies_;
  std::map<std::string, std::string> requests_;
  // By study, the batch's trials that go on, and behind which rung.
  std::map<std::int64_t, std::vector<std::pair<std::int64_t, std::int64_t>>> went_on_;
};

// Of what must not depend on what happened on the way: state, rounds, trials, curves.
std::string Describe(const StudyEntry& study);

}  // namespace hpsearch::simulation
