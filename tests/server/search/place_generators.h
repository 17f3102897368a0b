// Random places and boxes for RapidCheck, small enough that they meet each other often.
#pragma once

#include <rapidcheck.h>

#include <set>
#include <utility>
#include <vector>

#include "server/search/box.h"

namespace hpsearch::search {

inline Place AnyPlace() {
  if (*rc::gen::weightedElement<bool>({{1, true}, {4, false}})) return ListedPlace(*rc::gen::inRange(0, 3));
  return LatticePlace(*rc::gen::inRange(-6, 7), *rc::gen::element(1, 2, 4));
}

// An ascending axis of 1 to `most` places.
inline std::vector<Place> AnyAxis(int most) {
  std::set<Place> places = {AnyPlace()};
  const int wanted = *rc::gen::inRange(0, most);
  for (int i = 0; i < wanted; ++i) places.insert(AnyPlace());
  return {places.begin(), places.end()};
}

inline Box AnyBox(int axes, int most) {
  Box box;
  for (int a = 0; a < axes; ++a) box.axes.push_back(AnyAxis(most));
  return box;
}

}  // namespace hpsearch::search
