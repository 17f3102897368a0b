// How an invariant that does not hold ends a seed: an exception, from wherever it was seen to the runner, through
// the coordinator. That world is then good for nothing but to be thrown away.
#pragma once

#include <fmt/format.h>

#include <stdexcept>
#include <string>
#include <string_view>
#include <utility>

namespace hpsearch::simulation {

struct Broken : std::runtime_error {
  Broken(std::string_view name, const std::string& detail)
      : std::runtime_error(fmt::format("{}: {}", name, detail)), invariant(name) {}
  std::string invariant;
};

// `invariant` names what must hold; the rest is what was seen where it does not.
template <class... Args>
void Invariant(bool holds, std::string_view invariant, fmt::format_string<Args...> seen, Args&&... args) {
  if (!holds) throw Broken(invariant, fmt::format(seen, std::forward<Args>(args)...));
}

}  // namespace hpsearch::simulation
