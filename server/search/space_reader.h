// Reads the `parameters` section into a space. A short-lived helper of one call, which borrows the usages and
// where faults go. No errors of its own.
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "server/model/document.h"
#include "server/model/fault.h"
#include "server/model/key_rule.h"
#include "server/search/search_space.h"

namespace hpsearch::search {

class SpaceReader {
 public:
  SpaceReader(const std::vector<model::Usage>& usages, model::Faults& faults) : usages_(usages), faults_(faults) {}

  SearchSpace Read(const model::Node& parameters);

 private:
  // The parameters of an entry, [first, first + count) of the space; several where each repetition has its own.
  struct Group {
    std::size_t first = 0, count = 1;
    std::string per;
    bool always = false;  // a key outside of branches and repetitions names it, and it has no `when`
  };
  // The number of the repetition, by the parameter that counts them.
  using Repetitions = std::map<std::string, std::int64_t>;

  void CheckUsages(const model::Node& parameters);
  // A parameter that `when` or `per` alone names is named there.
  void AddUsages(const model::Node& parameters);
  // false: enough was read.
  bool ReadEntry(const std::string& name, const model::Node& node);
  // How many repetitions `per` counts at most; nullopt: a fault, which was added.
  std::optional<std::int64_t> MostRepetitions(const model::Node& per, const std::string& path);
  void AddPresence(const std::string& name, const model::Conditions& when, std::int64_t repetition);
  // The terms of the conditions in those repetitions; nullopt: they never hold. What always holds is left out.
  std::optional<Terms> TermsOf(const std::string& name, const model::Conditions& conditions,
                               const Repetitions& repetitions);
  // What counts repetitions that the conditions or the parameter itself depend on.
  std::vector<std::string> Counted(const std::string& name, const model::Conditions& conditions) const;
  const Parameter* At(std::string_view name, const Repetitions& repetitions, std::size_t& index) const;
  std::int64_t CountOf(const std::string& per) const;
  void AddUse(const std::string& name, const model::Usage& usage, std::int64_t repetition, Presence& presence,
              bool& always);

  const std::vector<model::Usage>& usages_;
  model::Faults& faults_;
  std::unordered_map<std::string, std::vector<model::Usage>> by_name_;
  std::unordered_map<std::string, Group> groups_;  // those that were read
  std::int64_t places_ = 0;
  SearchSpace space_;
};

}  // namespace hpsearch::search
