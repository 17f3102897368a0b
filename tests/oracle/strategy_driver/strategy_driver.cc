// strategy_driver STRATEGY FUNCTION SEED[:LAST] TRIALS [KEY=VALUE ...]
//   runs the strategy on the function, one trial after the other, and prints a line of JSON for each seed:
//   {"strategy","function","seed","best":[the least value after each trial],"seconds"}; seconds are the
//   strategy's. KEY=VALUE are settings of the strategy as they stand below `search.STRATEGY` in a study file.
// strategy_driver functions
//   prints {"function","dimensions","minimum","compared"} of each.
// strategy_driver evaluate FUNCTION
//   reads lines of coordinates, answers each with the function's value: for those who drive another's strategy.
#include <algorithm>
#include <chrono>
#include <cmath>
#include <iostream>
#include <limits>
#include <nlohmann/json.hpp>
#include <sstream>
#include <string>

#include "server/model/key_check.h"
#include "server/strategy/registry.h"
#include "tests/oracle/strategy_driver/functions.h"

namespace hpsearch::oracle {
namespace {

using strategy::Coordinates;
using strategy::Cube;
using strategy::Dimension;
using strategy::Observation;

int Fail(const std::string& what) {
  std::cerr << "strategy_driver: " << what << "\n";
  return 2;
}

strategy::Settle SettleOf(const Cube& cube) {
  return [cube](Coordinates& at) {
    for (std::size_t i = 0; i < cube.size(); ++i) {
      if (cube[i].kind == Dimension::Kind::kContinuous) continue;
      const auto levels = static_cast<double>(cube[i].levels);
      at[i] = (std::min(std::floor(at[i] * levels), levels - 1) + 0.5) / levels;
    }
  };
}

std::vector<double> Run(const strategy::Kind& kind, const model::Node& settings, const Function& function,
                        std::uint64_t seed, std::int64_t trials, double& seconds) {
  const strategy::Means means{.cube = function.cube, .settle = SettleOf(function.cube), .seed = seed};
  std::vector<double> best;
  double least = std::numeric_limits<double>::infinity();
  const auto take = [&](const Coordinates& at) {
    const double value = function.value(at);
    least = std::min(least, value);
    best.push_back(least);
    return value;
  };
  const auto begin = std::chrono::steady_clock::now();
  if (kind.make.index() == 0) {
    const auto sequence = std::get<0>(kind.make)(means, settings);
    for (std::int64_t i = 0; i < trials; ++i) {
      Coordinates at = sequence->At(i);
      means.settle(at);
      take(at);
    }
  } else {
    const auto sampler = std::get<1>(kind.make)(means, settings);
    const model::Node* batch = settings.Find("batch");
    const std::int64_t together =
        batch != nullptr && !batch->is_null() ? std::get<std::int64_t>(batch->scalar()) : 1;
    std::vector<Observation> history;
    for (std::int64_t first = 1; first <= trials; first += together) {
      const std::int64_t count = std::min(together, trials - first + 1);
      const auto points = sampler->Suggest(history, first, count);
      for (std::int64_t i = 0; i < count; ++i) {
        const Coordinates& at = points[static_cast<std::size_t>(i)];
        history.push_back(
            {.number = first + i, .at = at, .state = Observation::State::kMeasured, .objective = take(at)});
      }
    }
  }
  seconds = std::chrono::duration<double>(std::chrono::steady_clock::now() - begin).count();
  return best;
}

model::Node SettingFrom(const std::string& text) {
  std::size_t used = 0;
  try {
    if (const std::int64_t integer = std::stoll(text, &used); used == text.size()) return integer;
    if (const double number = std::stod(text, &used); used == text.size()) return number;
  } catch (const std::exception&) {
    // No number: it stays text.
  }
  return text;
}

int Drive(const std::vector<std::string>& words) {
  const strategy::Kind* kind = strategy::Find(words[0]);
  if (kind == nullptr) return Fail("no strategy " + words[0]);
  const Function* function = FindFunction(words[1]);
  if (function == nullptr) return Fail("no function " + words[1]);
  const std::size_t colon = words[2].find(':');
  const std::uint64_t first = std::stoull(words[2]);
  const std::uint64_t last = colon == std::string::npos ? first : std::stoull(words[2].substr(colon + 1));
  const std::int64_t trials = std::stoll(words[3]);

  model::Node settings(model::Node::Mapping{{"trials", trials}});
  for (std::size_t i = 4; i < words.size(); ++i) {
    const std::size_t equals = words[i].find('=');
    if (equals == std::string::npos) return Fail("not KEY=VALUE: " + words[i]);
    settings.Set(words[i].substr(0, equals), SettingFrom(words[i].substr(equals + 1)));
  }
  model::Faults faults;
  model::KeyChecker(faults, nullptr).CheckKeys(settings, kind->keys, "search." + words[0]);
  if (!faults.empty()) return Fail(faults.front().path + ": " + faults.front().message);

  for (std::uint64_t seed = first; seed <= last; ++seed) {
    double seconds = 0;
    const std::vector<double> best = Run(*kind, settings, *function, seed, trials, seconds);
    std::cout << nlohmann::ordered_json{{"strategy", words[0]},
                                        {"function", words[1]},
                                        {"seed", seed},
                                        {"best", best},
                                        {"seconds", seconds}}
              << std::endl;
  }
  return 0;
}

int List() {
  for (const Function& function : Functions()) {
    std::cout << nlohmann::ordered_json{{"function", function.name},
                                        {"dimensions", function.cube.size()},
                                        {"minimum", function.minimum},
                                        {"compared", function.compared}}
              << "\n";
  }
  return 0;
}

int Evaluate(const Function& function) {
  std::string line;
  while (std::getline(std::cin, line)) {
    std::istringstream fields(line);
    Coordinates at(function.cube.size());
    for (double& coordinate : at) {
      if (!(fields >> coordinate)) return Fail("too few coordinates: " + line);
    }
    std::cout << nlohmann::json(function.value(at)) << std::endl;
  }
  return 0;
}

int Main(const std::vector<std::string>& words) {
  if (words.size() == 1 && words[0] == "functions") return List();
  if (words.size() == 2 && words[0] == "evaluate") {
    const Function* function = FindFunction(words[1]);
    return function != nullptr ? Evaluate(*function) : Fail("no function " + words[1]);
  }
  if (words.size() < 4) return Fail("STRATEGY FUNCTION SEED[:LAST] TRIALS [KEY=VALUE ...]");
  return Drive(words);
}

}  // namespace
}  // namespace hpsearch::oracle

int main(int argc, char** argv) {
  try {
    return hpsearch::oracle::Main({argv + 1, argv + argc});
  } catch (const std::exception& error) {
    std::cerr << "strategy_driver: " << error.what() << "\n";
    return 2;
  }
}
