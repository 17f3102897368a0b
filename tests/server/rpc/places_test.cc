#include "server/rpc/places.h"

#include <gtest/gtest.h>

#include <functional>
#include <optional>

namespace hpsearch::rpc {
namespace {

TEST(PlacesTest, AreTakenUntilTheirLastCopyGoes) {
  Places places(2);
  Place first = places.Take();
  Place second = places.Take();
  EXPECT_NE(first, nullptr);
  EXPECT_NE(second, nullptr);
  EXPECT_EQ(places.Take(), nullptr);
  std::function<void()> task = [place = first] { static_cast<void>(place); };
  first = nullptr;
  EXPECT_EQ(places.Take(), nullptr) << "the task has it";
  task = nullptr;
  first = places.Take();
  EXPECT_NE(first, nullptr) << "a refusal took it";
  EXPECT_EQ(places.Take(), nullptr);
}

TEST(PlacesTest, OutliveTheirs) {
  std::optional<Places> places(1);
  Place place = places->Take();
  places.reset();
  place = nullptr;
}

}  // namespace
}  // namespace hpsearch::rpc
