#include "server/search/refinement.h"

#include <fmt/format.h>

#include "server/model/key_check.h"
#include "server/model/key_table.h"
#include "server/model/names.h"

namespace hpsearch::search {
namespace {

using model::KeyTable;
using model::KeyType;
using model::Node;

KeyTable RefineKeys() {
  const auto upto = [](double low, std::int64_t high) {
    return model::Domain{.low = low, .high = static_cast<double>(high)};
  };
  return {
      .name = "refine",
      .keys = {
          {.key = "rounds",
           .type = KeyType::kInteger,
           .required = true,
           .domain = upto(1, Refinement::kMaxRounds)},
          {.key = "num", .type = KeyType::kInteger, .default_value = 5, .domain = upto(5, Refinement::kMaxNum)},
          {.key = "around",
           .type = KeyType::kInteger,
           .default_value = 1,
           .domain = upto(1, Refinement::kMaxAround)}}};
}

}  // namespace

std::optional<Refinement> Refinement::Read(Node node, model::Faults& faults) {
  const std::size_t before = faults.size();
  model::KeyChecker(faults, nullptr).CheckKeys(node, RefineKeys(), "search.refine");
  if (faults.size() > before) return std::nullopt;
  const auto integer = [&](const char* key) { return std::get<std::int64_t>(node.Find(key)->scalar()); };
  const Refinement refine = {integer("rounds"), integer("num"), integer("around")};
  if (refine.num % 2 == 0) {
    faults.push_back(
        {"search.refine.num", fmt::format("{} is even, and its centre would be no point; an odd number "
                                          "from 5 is wanted, such as {}",
                                          refine.num, refine.num + 1)});
  } else if (!refine.Divided(refine.rounds - 1)) {
    std::int64_t most = refine.rounds;
    while (!refine.Divided(most - 1)) --most;
    faults.push_back(
        {"search.refine.rounds",
         fmt::format("{} rounds of {} points an axis divide the first step by more than 2^40; at most "
                     "{} rounds are wanted, or a smaller 'num'",
                     refine.rounds, refine.num, most)});
  }
  if (faults.size() > before) return std::nullopt;
  return refine;
}

std::optional<std::int64_t> Refinement::Divided(std::int64_t divisions) const {
  std::int64_t divided = 1;
  for (std::int64_t i = 0; i < divisions; ++i) {
    if (divided > kMaxDivisor / divisor()) return std::nullopt;
    divided *= divisor();
  }
  return divided;
}

}  // namespace hpsearch::search
