#include "server/search/refinement.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <numeric>

#include "server/model/key_check.h"
#include "server/model/key_table.h"
#include "server/model/names.h"

namespace hpsearch::search {
namespace {

using model::KeyTable;
using model::KeyType;
using model::Node;

constexpr double kMostEpochs = 1e9;

KeyTable RefineKeys() {
  const auto upto = [](double low, std::int64_t high) {
    return model::Domain{.low = low, .high = static_cast<double>(high)};
  };
  return {.name = "refine",
          .keys = {{.key = "rounds",
                    .type = KeyType::kInteger,
                    .required = true,
                    .domain = upto(1, Refinement::kMaxRounds)},
                   {.key = "num",
                    .type = KeyType::kInteger,
                    .default_value = Refinement::kMinNum,
                    .domain = upto(Refinement::kMinNum, Refinement::kMaxNum)},
                   {.key = "around",
                    .type = KeyType::kInteger,
                    .default_value = 1,
                    .domain = upto(1, Refinement::kMaxAround)},
                   {.key = "shrink", .domain = {.low = 0, .high = 1, .low_open = true, .high_open = true}},
                   {.key = "epochs", .type = KeyType::kIntegers, .domain = {.low = 1, .high = kMostEpochs}},
                   {.key = "min_gain", .domain = {.low = 0}},
                   {.key = "until_noise", .type = KeyType::kBoolean, .default_value = false}}};
}

// The fraction that reads as that number, in lowest terms; nullopt: there is none of such integers.
std::optional<Step> FractionOf(double number) {
  for (std::int64_t denominator = 1; denominator <= Refinement::kMaxFraction; ++denominator) {
    const auto whole = static_cast<double>(denominator);
    const double numerator = std::round(number * whole);
    if (numerator > 0 && numerator / whole == number)
      return Step{static_cast<std::int64_t>(numerator), denominator};
  }
  return std::nullopt;
}

void CheckShrink(double shrink, model::Faults& faults) {
  if (FractionOf(shrink)) return;
  faults.push_back(
      {"search.refine.shrink",
       fmt::format("{} is no fraction of integers up to {}, and places would not be exact; one such as "
                   "{:.2f} is wanted",
                   shrink, Refinement::kMaxFraction, std::clamp(shrink, 0.01, 0.99))});
}

void CheckEpochs(const std::vector<std::int64_t>& epochs, model::Faults& faults) {
  const auto less = std::ranges::is_sorted_until(epochs);
  if (less == epochs.end()) return;
  const auto at = static_cast<std::size_t>(less - epochs.begin());
  faults.push_back(
      {model::Join("search.refine.epochs", at),
       fmt::format("{} behind {}: a later round has as many epochs, or more", *less, *std::prev(less))});
}

}  // namespace

bool Step::FinerThan(const Step& other) const {
  __extension__ using Wide = __int128;  // products of two 64-bit numbers
  return static_cast<Wide>(numerator) * other.denominator < static_cast<Wide>(other.numerator) * denominator;
}

std::optional<Refinement> Refinement::Read(Node node, model::Faults& faults) {
  const std::size_t before = faults.size();
  model::KeyChecker(faults, nullptr).CheckKeys(node, RefineKeys(), "search.refine");
  if (faults.size() > before) return std::nullopt;
  const auto integer = [&](const char* key) { return std::get<std::int64_t>(node.Find(key)->scalar()); };
  const auto number = [&](const char* key) -> std::optional<double> {
    const Node* value = node.Find(key);
    if (value == nullptr || value->is_null()) return std::nullopt;
    return std::get<double>(value->scalar());
  };
  Refinement refine = {integer("rounds"), integer("num"), integer("around")};
  refine.shrink = number("shrink");
  refine.min_gain = number("min_gain");
  refine.until_noise = *node.Find("until_noise") == Node(true);
  if (const Node* epochs = node.Find("epochs"); epochs != nullptr && epochs->is_sequence()) {
    for (const Node& each : epochs->sequence()) refine.epochs.push_back(std::get<std::int64_t>(each.scalar()));
  }
  CheckEpochs(refine.epochs, faults);
  if (refine.shrink) CheckShrink(*refine.shrink, faults);
  if (faults.size() > before) return std::nullopt;
  if (refine.num % 2 == 0) {
    faults.push_back(
        {"search.refine.num", fmt::format("{} is even, and its centre would be no point; an odd number "
                                          "from 5 is wanted, such as {}",
                                          refine.num, refine.num + 1)});
  } else if (!refine.StepAfter(refine.rounds - 1)) {
    std::int64_t most = refine.rounds;
    while (!refine.StepAfter(most - 1)) --most;
    faults.push_back(
        {"search.refine.rounds",
         refine.shrink ? fmt::format("{} rounds with a 'shrink' of {} have places that are not exact; at most {} "
                                     "rounds are wanted, or a fraction of smaller numbers",
                                     refine.rounds, *refine.shrink, most)
                       : fmt::format("{} rounds of {} points an axis divide the first step by more than 2^40; at "
                                     "most {} rounds are wanted, or a smaller 'num'",
                                     refine.rounds, refine.num, most)});
  }
  if (faults.size() > before) return std::nullopt;
  return refine;
}

Node Refinement::Document() const {
  Node::Mapping document{{"rounds", rounds}, {"num", num}, {"around", around}};
  if (shrink) document.push_back({"shrink", *shrink});
  if (!epochs.empty()) document.push_back({"epochs", Node::Sequence(epochs.begin(), epochs.end())});
  if (min_gain) document.push_back({"min_gain", *min_gain});
  if (until_noise) document.push_back({"until_noise", true});
  return document;
}

Step Refinement::ratio() const {
  if (shrink) return *FractionOf(*shrink);
  return {1, (num - 1) / 2};
}

std::optional<Step> Refinement::Next(const Step& step) const {
  const Step by = ratio();
  // Of both at most 2^40, and at most a thousand.
  const std::int64_t numerator = step.numerator * by.numerator, denominator = step.denominator * by.denominator;
  const std::int64_t common = std::gcd(numerator, denominator);
  if (denominator / common > kMaxDivisor) return std::nullopt;
  return Step{numerator / common, denominator / common};
}

std::optional<Step> Refinement::StepAfter(std::int64_t rounds_more) const {
  std::optional<Step> step = Step();
  for (std::int64_t i = 0; i < rounds_more && step; ++i) step = Next(*step);
  return step;
}

std::optional<std::int64_t> Refinement::EpochsOf(int round) const {
  if (epochs.empty()) return std::nullopt;
  return epochs[std::min(static_cast<std::size_t>(round), epochs.size()) - 1];
}

}  // namespace hpsearch::search
