#include "server/search/enqueued.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "server/search/round.h"
#include "tests/server/search/spaces.h"

namespace hpsearch::search {
namespace {

using testing::HasSubstr;

constexpr char kMixed[] =
    R"({"rate": {"range": {"low": 0.001, "high": 1, "scale": "log"}}, "dropout": {"range": {"low": 0, "high": 0.5}},
        "units": {"int_range": {"low": 8, "high": 64}}, "norm": {"logspace": {"start": -2, "stop": 1, "num": 4},
        "include": [0]}, "kind": {"values": ["a", "b", 3]}})";

// The section with its points, as a study reads it.
model::Faults Read(const SearchSpace& space, const std::string& json, Search& search, std::int64_t seed = 7) {
  model::Faults faults;
  search = Search::Read(Json(json), faults);
  EXPECT_TRUE(faults.empty()) << model::ToStatus(faults);
  ReadEnqueued(*Json(json).Find("enqueue"), space, seed, search, faults);
  return faults;
}

Search Section(const SearchSpace& space, const std::string& json, std::int64_t seed = 7) {
  Search search;
  const model::Faults faults = Read(space, json, search, seed);
  EXPECT_TRUE(faults.empty()) << model::ToStatus(faults);
  return search;
}

void ExpectFault(const std::string& json, const std::string& path, const std::string& message) {
  const SearchSpace space = SpaceOf(kMixed);
  Search search;
  const model::Faults faults = Read(space, json, search);
  ASSERT_EQ(faults.size(), 1U) << json << ": " << model::ToStatus(faults);
  EXPECT_EQ(faults[0].path, path) << json;
  EXPECT_THAT(faults[0].message, HasSubstr(message)) << json;
}

double NumberAt(const SearchSpace& space, const Point& point, const char* name) {
  return *model::NumberIn(*space.Value(point, name));
}

TEST(Enqueued, StandInFrontOfTheStrategysOwn) {
  const SearchSpace space = SpaceOf(kMixed);
  for (const char* name : {"random", "sobol", "halton"}) {
    const std::string strategy = std::string(R"({")") + name + R"(": {"trials": 40})";
    const Search search =
        Section(space, strategy + R"(, "enqueue": [{"rate": 0.01, "dropout": 0.25, "units": 12, "norm": 0.1,
                                     "kind": "b"}, {"kind": 3.0, "norm": 0}]})");
    const DrawnPoints points(space, search, 7);
    const DrawnPoints plain(space, Section(space, strategy + R"(, "enqueue": []})"), 7);
    EXPECT_EQ(points.size(), 40);
    EXPECT_EQ(points.known(), 40);
    EXPECT_NEAR(NumberAt(space, points.At(0), "rate"), 0.01, 1e-11);
    EXPECT_EQ(NumberAt(space, points.At(0), "dropout"), 0.25);
    EXPECT_EQ(space.Values(points.At(0)).Find("units")->scalar(), Scalar(12.0));
    EXPECT_EQ(NumberAt(space, points.At(0), "norm"), 0.1);
    EXPECT_EQ(space.Value(points.At(0), "kind"), Scalar("b"));
    // What is not named is that of the strategy's point of the index.
    EXPECT_EQ(points.At(1)[0], plain.At(1)[0]);
    EXPECT_EQ(points.At(1)[1], plain.At(1)[1]);
    EXPECT_EQ(NumberAt(space, points.At(1), "norm"), 0);
    EXPECT_EQ(NumberAt(space, points.At(1), "kind"), 3);
    for (const std::int64_t own : {0, 1, 20, 37}) EXPECT_EQ(points.At(own + 2), plain.At(own)) << name;
  }
}

TEST(Enqueued, OfAStrategyThatLearnsAreKnownAtOnce) {
  const SearchSpace space = SpaceOf(kMixed);
  for (const char* name : {"tpe", "gp"}) {
    const Search search = Section(space, std::string(R"({")") + name + R"(": {"trials": 9},
                                             "enqueue": [{"rate": 0.5}, {}]})");
    const DrawnPoints points(space, search, 7);
    EXPECT_EQ(points.known(), 2);
    const DrawnPoints sobol(space, Section(space, R"({"sobol": {"trials": 9}, "enqueue": null})"), 7);
    EXPECT_NEAR(NumberAt(space, points.At(0), "rate"), 0.5, 1e-9);
    EXPECT_EQ(points.At(0)[1], sobol.At(0)[1]);
    EXPECT_EQ(points.At(1), sobol.At(1));
  }
}

// Of a range the nearest place; the value that is trained is the place's.
TEST(Enqueued, LieOnThePlaces) {
  for (const char* scale : {"linear", "log", "reverse_log"}) {
    const SearchSpace space =
        SpaceOf(std::string(R"({"x": {"range": {"low": 0.001, "high": 10, "scale": ")") + scale + R"("}}})");
    for (const double value : {0.001, 0.0010000001, 0.3, 1.0 / 3, 9.99, 10.0}) {
      const std::optional<Place> place = space.parameters()[0].PlaceOf(value);
      ASSERT_TRUE(place.has_value()) << value;
      EXPECT_EQ(Range::kDenominator % place->denominator, 0);
      const auto distance = [&](const Place& at) {
        return std::abs(*model::NumberIn(space.parameters()[0].At(at)) - value);
      };
      const std::int64_t share = place->numerator * (Range::kDenominator / place->denominator);
      for (const std::int64_t other : {share - 1, share + 1}) {
        if (other < 0 || other > Range::kDenominator) continue;
        EXPECT_LE(distance(*place), distance(LatticePlace(other, Range::kDenominator)) * (1 + 1e-3)) << value;
      }
    }
    EXPECT_EQ(space.parameters()[0].PlaceOf(0.0009), std::nullopt);
    EXPECT_EQ(space.parameters()[0].PlaceOf(10.1), std::nullopt);
  }
}

TEST(Enqueued, AreFoundOnAGridInWhateverOrderItIs) {
  const SearchSpace space = SpaceOf(
      R"({"up": {"logspace": {"start": -3, "stop": 2, "num": 37}}, "down": {"linspace": {"start": 3, "stop": -2, "num": 18}},
          "among": {"linspace": {"start": 0, "stop": 1, "num": 6}, "include": [0.5, -1]}})");
  for (const Parameter& parameter : space.parameters()) {
    for (const Place& place : parameter.places()) {
      EXPECT_EQ(parameter.PlaceOf(parameter.At(place)), place) << parameter.name();
      const double value = *model::NumberIn(parameter.At(place));
      EXPECT_EQ(parameter.PlaceOf(value * (1 + 1e-12)), place) << "printed with fewer digits";
      EXPECT_EQ(parameter.PlaceOf(value + 0.01 * std::abs(value) + 1e-6), std::nullopt);
    }
  }
}

TEST(Enqueued, EqualOnesAreFoundAlsoInAContinuum) {
  const SearchSpace space = SpaceOf(R"({"x": {"range": {"low": 0, "high": 1}}})");
  const Search search =
      Section(space, R"({"random": {"trials": 8}, "enqueue": [{"x": 0.5}, {"x": 0.25}, {"x": 0.5}]})");
  const Rounds rounds = Rounds::Open(space, search, 7).value();
  EXPECT_EQ(rounds.EarlierEqual(3), std::vector<std::int64_t>{1});
  EXPECT_TRUE(rounds.EarlierEqual(2).empty());
  EXPECT_TRUE(rounds.EarlierEqual(8).empty());
}

TEST(Enqueued, AreWrittenInOneWay) {
  const SearchSpace space = SpaceOf(kMixed);
  const Search search =
      Section(space, R"({"tpe": {"trials": 9}, "enqueue": [{"norm": 0.10000000000001, "rate": 1}]})");
  const model::Node document = search.Document();
  EXPECT_EQ(*document.Find("enqueue"), Json(R"([{"rate": 1.0, "norm": 0.1}])"));
  EXPECT_EQ(Section(space, model::ToJson(document)), search);
  Search none = Section(space, R"({"tpe": {"trials": 9}, "enqueue": []})");
  EXPECT_EQ(none.Document().Find("enqueue"), nullptr);
}

TEST(Enqueued, SayWhatIsWrong) {
  const auto tpe = [](const std::string& points) {
    return R"({"tpe": {"trials": 2}, "enqueue": )" + points + "}";
  };
  ExpectFault(R"({"grid": {}, "enqueue": [{"rate": 0.1}]})", "search.enqueue", "include: [VALUE]");
  ExpectFault(tpe(R"({"rate": 0.1})"), "search.enqueue", "a sequence of points");
  ExpectFault(tpe(R"([0.1])"), "search.enqueue[0]", "a mapping of values by parameter");
  ExpectFault(tpe(R"([{}, {}, {}])"), "search.enqueue", "search.tpe.trials is 2");
  ExpectFault(tpe(R"([{}, {"rat": 0.1}])"), "search.enqueue[1].rat", "did you mean 'rate'?");
  ExpectFault(tpe(R"([{}, {"rate": 2}])"), "search.enqueue[1].rate", "a number from 0.001 to 1");
  ExpectFault(tpe(R"([{"rate": "high"}])"), "search.enqueue[0].rate", "a number from 0.001 to 1");
  ExpectFault(tpe(R"([{"rate": [0.1]}])"), "search.enqueue[0].rate", "a sequence");
  ExpectFault(tpe(R"([{"units": 9.5}])"), "search.enqueue[0].units", "an integer from 8");
  ExpectFault(tpe(R"([{"units": 65}])"), "search.enqueue[0].units", "to 64");
  ExpectFault(tpe(R"([{"norm": 0.2}])"), "search.enqueue[0].norm", "one of 0.01, 0.1, 1.0, 10.0, 0.0");
  ExpectFault(tpe(R"([{"kind": "c"}])"), "search.enqueue[0].kind", "one of");
  std::string many = "[{}";
  for (std::size_t i = 0; i < kMostEnqueued; ++i) many += ", {}";
  ExpectFault(R"({"tpe": {"trials": 5000}, "enqueue": )" + many + "]}", "search.enqueue", "at most 1000");
}

}  // namespace
}  // namespace hpsearch::search
