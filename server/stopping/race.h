// Trials of a round that are trained from rung to rung: each to the epochs of its first rung, and those that are
// among the best there to the next, which is `factor` times as far. The state of one round: who has come to which
// rung and with what. Successive halving, ASHA and Hyperband are plans for it, each in a file of its own.
//
// Trials are known by their place in the round, from 0. Deterministic: what goes on follows from what came and in
// which order; where a rung waits for all (RacePlan::waits), from what came alone. A value, changed by one thread
// at a time; costs grow with the logarithm of the trials. No errors.
#pragma once

#include <compare>
#include <cstdint>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <vector>

namespace hpsearch::stopping {

struct RacePlan {
  // Ascending; behind the last of them a trial is trained to its end, which is a rung of its own, the top. From
  // `min_epochs` on, each `factor` times the one before, as long as the top is at least that far from the last.
  std::vector<std::int64_t> rungs;
  std::int64_t factor = 3;
  // A rung decides once all that can come to it are there, and at least one goes on; else with each that comes.
  bool waits = false;
  // In which the trials of a round race apart from each other: the first so many go into the first, and so on, and
  // round again. `trials` 0: all of them.
  struct Bracket {
    int first_rung = 0;
    std::int64_t trials = 0;
  };
  std::vector<Bracket> brackets;
};

// Rungs for trials of so many epochs.
std::vector<std::int64_t> RungsUpTo(std::int64_t min_epochs, std::int64_t factor, std::int64_t epochs);

class Race {
 public:
  Race(RacePlan plan, bool maximize, std::int64_t trials);

  int top() const { return static_cast<int>(plan_.rungs.size()); }
  int FirstRung(std::int64_t index) const;
  // The rung whose epochs those are, or the first behind them: of a trial that ends before.
  int RungAt(std::int64_t epochs) const;
  // Requires: rung < top().
  std::int64_t EpochsAt(int rung) const { return plan_.rungs[static_cast<std::size_t>(rung)]; }

  struct Verdict {
    std::vector<std::int64_t> go_on;  // to the next rung, the best first
    std::vector<std::int64_t> stop;   // none of them can go on any more
  };
  // The trial has come to that rung. `value`: the objective; nullopt: it has none, and is the worst of all.
  // `open`: it waits there, and can go on; else it has ended. Nothing comes of the top.
  Verdict Arrive(std::int64_t index, int rung, std::optional<double> value, bool open);
  // The trial will never come to its first rung: it is none of the race.
  Verdict Withdraw(std::int64_t index);

  // The same without a verdict, of what was decided before a restart. `went_on`: to the next rung.
  void Restore(std::int64_t index, int rung, std::optional<double> value, bool open, bool went_on);
  void RestoreWithdrawn(std::int64_t index);
  void Restored();  // all of them

  // How it stands at a rung, for people: "not among the best 3 of 9 at 27 epochs".
  std::string Standing(std::int64_t index, int rung) const;

 private:
  struct Entry {
    double key = 0;  // the lower the better
    std::int64_t index = 0;
    auto operator<=>(const Entry&) const = default;
  };
  struct Rung {
    std::set<Entry> best, rest;      // those that go on, in so far as they can, and the others
    std::set<std::int64_t> waiting;  // open, and have not gone on
    std::int64_t expected = 0;       // where it waits for all: how many come
    bool decided = false;            // likewise
    std::int64_t arrived() const { return static_cast<std::int64_t>(best.size() + rest.size()); }
  };
  struct Place {
    std::int64_t bracket = 0;  // of all that are opened one after the other
    int first_rung = 0;
    std::int64_t trials = 0;
  };
  Place PlaceOf(std::int64_t index) const;
  std::vector<Rung>& RungsOf(const Place& place);
  void Insert(Rung& rung, std::int64_t index, std::optional<double> value, bool open) const;
  // How many of a rung go on, as it is.
  std::int64_t Share(const Rung& rung) const;
  // Moves entries between `best` and `rest` until as many are in the former; those that came into it.
  static std::vector<std::int64_t> Rebalance(Rung& rung, std::int64_t share);
  Verdict Decide(std::vector<Rung>& rungs, int rung);

  RacePlan plan_;
  bool maximize_ = false;
  std::int64_t trials_ = 0;  // of the round
  std::int64_t block_ = 0;   // of all brackets together; 0: there is one for all
  std::map<std::int64_t, std::vector<Rung>> brackets_;
};

}  // namespace hpsearch::stopping
