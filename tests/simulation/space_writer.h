// Draws a Space: entry after entry the axis, its text in the study file, and what is trained of it at a point.
//
// A value of one call; errors: none.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "tests/simulation/spaces.h"

namespace hpsearch::simulation {

class SpaceWriter {
 public:
  static constexpr const char* kOutput = R"({"dense":{"units":2,"activation":"softmax"}})";

  // Draws until the space is small enough for a simulated world. Of three numbers two have points without some
  // axis.
  static Space Write(std::uint64_t number);

 private:
  // What others may hang on.
  struct Selector {
    std::size_t axis = 0;
    bool always = false;   // so that a switch or a repetition may name it
    bool counts = false;   // whole numbers from 0
    bool written = false;  // a key or another parameter names it
  };

  explicit SpaceWriter(std::uint64_t seed) : dice_(seed) {}
  // false: it is too large, or nothing in it is ever absent where that was asked for.
  bool Draw(bool conditional);

  void AddEntry();
  void AddSwitch(const std::string& name);
  void AddCounter(const std::string& name);
  void AddActivation(const std::string& name);
  void AddUnits(const std::string& name);
  void AddRate(const std::string& name);
  void AddNumber(const std::string& name);
  void AddRepeated(const std::string& name, Selector& counter);
  void WriteSearch();

  Space::Axis ListedAxis(const std::string& name, Space::Values values);
  // With the text of what makes its values, without the closing brace.
  Space::Axis NumericAxis(const std::string& name, std::string& text);
  // Perhaps; adds the text.
  Space::Conditions AnyWhen(std::string& text);
  Space::Condition AnyConditionOn(const Selector& selector);
  // A layer with the axis in a branch of the selector; the condition of its being there.
  Space::Conditions AddBranch(std::size_t axis, const std::string& name, Selector& selector);
  void AddLayer(std::string written, std::function<std::string(const Space::Values&)> trained);
  void AddParameter(const std::string& name, const std::string& text);
  Selector* AnySelector(bool counts);  // that is always there; nullptr: there is none

  Dice dice_;
  Space space_;
  std::vector<Selector> selectors_;
  std::optional<std::size_t> rate_;
  int entries_ = 0;
};

}  // namespace hpsearch::simulation
