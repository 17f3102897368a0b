#include "server/strategy/registry.h"

#include <algorithm>

#include "server/strategy/gp.h"
#include "server/strategy/halton.h"
#include "server/strategy/random.h"
#include "server/strategy/sobol.h"
#include "server/strategy/tpe.h"

namespace hpsearch::strategy {

const std::vector<Kind>& Kinds() {
  static const auto* const kinds = new std::vector<Kind>{
      RandomKind(), SobolKind(), HaltonKind(), TpeKind(), GpKind(),
  };
  return *kinds;
}

const Kind* Find(std::string_view name) {
  const auto found = std::ranges::find(Kinds(), name, [](const Kind& kind) { return kind.keys.name; });
  return found == Kinds().end() ? nullptr : &*found;
}

}  // namespace hpsearch::strategy
