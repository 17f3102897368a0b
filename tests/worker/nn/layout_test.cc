#include "worker/nn/layout.h"

#include <gtest/gtest.h>
#include <rapidcheck.h>

#include <vector>

namespace hpsearch::nn {
namespace {

TEST(Layout, PutsChannelsInBlocksOrLast) {
  // 4 channels of 1 x 2: value 2 c + x.
  Layout layout = {.channels = 4, .height = 1, .width = 2};
  EXPECT_TRUE(layout.Places().empty());
  layout.order = ChannelOrder::kLast;
  EXPECT_EQ(layout.Places(), (std::vector<std::int32_t>{0, 4, 1, 5, 2, 6, 3, 7}));
  layout.order = ChannelOrder::kBlocked;
  layout.block = 2;
  EXPECT_EQ(layout.Places(), (std::vector<std::int32_t>{0, 2, 1, 3, 4, 6, 5, 7}));
}

TEST(Layout, EveryPlaceIsTakenOnce) {
  EXPECT_TRUE(rc::check([] {
    const std::int64_t block = *rc::gen::inRange(1, 5);
    const Layout layout = {
        .channels = block * *rc::gen::inRange(1, 5),
        .height = *rc::gen::inRange(1, 6),
        .width = *rc::gen::inRange(1, 6),
        .order = *rc::gen::element(ChannelOrder::kFirst, ChannelOrder::kBlocked, ChannelOrder::kLast),
        .block = block};
    std::vector<bool> taken(static_cast<std::size_t>(layout.size()));
    for (std::int64_t index = 0; index < layout.size(); ++index) {
      const std::int64_t place = layout.At(index);
      RC_ASSERT(place >= 0 && place < layout.size() && !taken[place]);
      RC_ASSERT(!layout.plain() || place == index);
      taken[place] = true;
    }
  }));
}

}  // namespace
}  // namespace hpsearch::nn
