#include "server/stopping/race_keys.h"

#include <fmt/format.h>

#include "server/stopping/race.h"

namespace hpsearch::stopping {
namespace {

constexpr double kMostFactor = 1000;

model::KeyRule Epochs(const char* key) {
  return {.key = key, .type = model::KeyType::kInteger, .domain = {.low = 1, .high = kMostEpochs}};
}

}  // namespace

std::vector<model::KeyRule> RaceKeys() {
  model::KeyRule least = Epochs("min_epochs");
  least.default_value = 1;
  return {std::move(least),
          Epochs(kMaxEpochs),
          {.key = kReductionFactor,
           .type = model::KeyType::kInteger,
           .default_value = 3,
           .domain = {.low = 2, .high = kMostFactor}}};
}

void CheckRace(const model::Node& settings, const Study& study, const std::string& path, model::Faults& faults) {
  const bool given = settings.Find(kMaxEpochs) != nullptr;
  if (!given && !study.epochs) {
    faults.push_back({path,
                      fmt::format("'{}' is missing where training.epochs depends on a parameter; the most "
                                  "that a trial can have are wanted",
                                  kMaxEpochs),
                      model::Fault::At::kKey});
    return;
  }
  const std::int64_t epochs = given ? IntegerAt(settings, kMaxEpochs) : *study.epochs;
  if (study.epochs && epochs != *study.epochs) {
    faults.push_back(
        {fmt::format("{}.{}", path, kMaxEpochs),
         fmt::format("{}, and training.epochs {}: the same is wanted, or leave it out", epochs, *study.epochs)});
  } else if (RungsOf(settings, epochs).empty()) {
    faults.push_back(
        {path + ".min_epochs",
         fmt::format("{} times the reduction_factor ({}) are more than the {} epochs of a trial: there "
                     "would be no rung to stop at",
                     IntegerAt(settings, "min_epochs"), IntegerAt(settings, kReductionFactor), epochs)});
  }
}

std::vector<std::int64_t> RungsOf(const model::Node& settings, std::int64_t epochs) {
  return RungsUpTo(IntegerAt(settings, "min_epochs"), IntegerAt(settings, kReductionFactor), epochs);
}

}  // namespace hpsearch::stopping
