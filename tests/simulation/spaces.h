// Random grids of up to six axes, with all that the study file has for them: `when`, `switch`, `repeat`, `per`,
// `include`, `bounds`, an order of its own, rounds. Beside each its points by plain enumeration: the product of
// all axes, without what is absent, each once, in the order of the file; and about a round's centres the product
// of each box. It shares no code with server/search.
//
// What training gives at a point follows from the sections that the trial is to train, written out here by hand: a
// lease with another point's sections, or another point's row, has other bits.
//
// Made once and kept (one thread). No errors: the studies are ours.
#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <string>
#include <utility>
#include <vector>

#include "server/model/document.h"
#include "tests/simulation/dice.h"

namespace hpsearch::simulation {

class Space {
 public:
  // A value for each axis; null: it is absent.
  using Values = std::vector<model::Scalar>;
  // A round that was opened: its boxes, and how often the first step was divided in each.
  struct Box {
    std::vector<Values> axes;
    int divisions = 0;
  };

  // The number decides all.
  static const Space& Of(std::uint64_t number);

  const std::string& model() const { return model_; }
  const std::string& optimizer() const { return optimizer_; }
  const std::string& parameters() const { return parameters_; }
  const std::string& search() const { return search_; }
  std::int64_t epochs() const { return epochs_; }
  bool in_order() const { return !spread_; }  // trials of round 1 are numbered as points() are
  std::int64_t rounds() const { return rounds_; }
  std::int64_t around() const { return around_; }

  // Of round 1, as trials' rows have them.
  const std::vector<std::string>& points() const { return points_; }
  // Of a round about these points, the best first, behind the rounds that have those boxes.
  std::vector<Box> BoxesAround(const std::vector<std::string>& centres, const std::vector<Box>& before) const;
  std::vector<std::string> PointsIn(const std::vector<Box>& boxes) const;

  // The sections that a trial trains at that point: model and optimizer, with nothing open in them.
  std::pair<std::string, std::string> Sections(const std::string& point) const;

 private:
  // Of an axis with steps: the value so many steps from its start.
  using Lattice = std::function<double(double steps)>;
  struct Condition {
    std::size_t axis = 0;
    std::vector<model::Scalar> values;  // any of them; none: a number from `least` on
    double least = 0;
  };
  using Conditions = std::vector<Condition>;
  struct Axis {
    std::string name;
    Values values;
    std::int64_t steps = 0;  // how many of the values are a lattice's; 1 and 0: it is not refined
    Lattice lattice;
    double low = 0, high = 0;  // of a lattice; low is excluded where it is 0
    Conditions when;
    std::vector<Conditions> uses;  // one of them holds; none: it is used whatever the others are
  };
  // What stands in the study file's model for an entry, and what becomes of it at a point.
  struct Layer {
    std::string written;
    std::function<std::string(const Values& point)> trained;
  };
  friend class SpaceWriter;

  Space() = default;
  bool Present(const Axis& axis, const Values& point) const;
  static bool Hold(const Conditions& conditions, const Values& point);
  // Each combination, the last axis fastest, and each once of what `settle` leaves of it.
  void Product(const std::vector<Values>& axes, bool settle, std::vector<std::string>& points) const;
  std::string TextOf(const Values& point) const;
  Values ValuesOf(const std::string& point) const;
  std::size_t Combinations() const;

  std::vector<Axis> axes_;
  std::vector<Layer> layers_;
  std::function<std::string(const Values& point)> trained_optimizer_;
  std::string model_, optimizer_, parameters_, search_;
  std::int64_t epochs_ = 1, rounds_ = 1, around_ = 1;
  bool spread_ = false;
  std::vector<std::string> points_;
};

}  // namespace hpsearch::simulation
