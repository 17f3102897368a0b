#include "server/strategy/registry.h"

#include <gtest/gtest.h>

namespace hpsearch::strategy {
namespace {

TEST(Registry, FindsAStrategyByItsName) {
  for (const Kind& kind : Kinds()) {
    EXPECT_EQ(Find(kind.keys.name), &kind);
    const model::KeyRule* trials = kind.keys.Find("trials");
    ASSERT_NE(trials, nullptr) << kind.keys.name;
    EXPECT_TRUE(trials->required);
    // A sampler says how its points come together, a sequence has no need to.
    EXPECT_EQ(kind.keys.Find("batch") != nullptr, kind.make.index() == 1) << kind.keys.name;
  }
  EXPECT_EQ(Find("nothing"), nullptr);
}

}  // namespace
}  // namespace hpsearch::strategy
