#include "server/strategy/random.h"

#include "server/strategy/draws.h"
#include "server/strategy/trials_key.h"

namespace hpsearch::strategy {
namespace {

class Random final : public Sequence {
 public:
  explicit Random(const Means& means) : seed_(means.seed), dimensions_(means.cube.size()) {}

  Coordinates At(std::int64_t index) const override {
    Draws draws(seed_, Purpose::kRandom, index);
    Coordinates at(dimensions_);
    for (double& coordinate : at) coordinate = draws.Uniform();
    return at;
  }

 private:
  std::uint64_t seed_;
  std::size_t dimensions_;
};

std::unique_ptr<Sequence> Make(const Means& means, const model::Node& /*settings*/) {
  return std::make_unique<Random>(means);
}

}  // namespace

Kind RandomKind() { return {.keys = {.name = "random", .keys = {TrialsKey()}}, .make = &Make}; }

}  // namespace hpsearch::strategy
