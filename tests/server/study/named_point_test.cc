#include "server/study/named_point.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>

#include "server/search/point_text.h"
#include "tests/server/study/spec_documents.h"

namespace hpsearch::study {
namespace {

using ::testing::HasSubstr;

// `momentum` is there where the optimizer has one.
constexpr char kConditional[] = R"({
  "study": "s", "dataset": "digits", "model": [{"dense": {"units": "$units", "activation": "relu"}},
                                               {"dense": {"units": 2, "activation": "softmax"}}],
  "training": {"epochs": 2, "optimizer": {"switch": "$kind", "adam": {"adam": {}},
                                          "sgd": {"sgd": {"learning_rate": "$rate", "momentum": "$momentum"}}}},
  "parameters": {"kind": {"values": ["sgd", "adam"]}, "units": {"values": [8, 16]},
                 "rate": {"logspace": {"start": -3, "stop": 0, "num": 4}},
                 "momentum": {"linspace": {"start": 0.5, "stop": 0.9, "num": 2}}}})";

TEST(NamedPoint, TakesTheOthersFromTheBest) {
  const auto spec = Read(Document(kConditional));
  const auto rounds = search::Rounds::Open(spec->space, spec->search, 0).value();
  const search::Point best = rounds.PointOf(1);
  const auto named = [&](const NamedValues& values, const search::Point* base) -> std::string {
    const auto point = NamedPoint(spec->space, rounds, base, values);
    return point.ok() ? search::ToText(*point) : std::string(point.status().message());
  };
  ASSERT_EQ(named({}, &best), search::ToText(best));
  EXPECT_EQ(named({{"units", std::int64_t{16}}, {"rate", 0.1}}, &best), "#0 #1 2 0");
  EXPECT_EQ(named({{"kind", std::string("adam")}}, &best), "#1 #0 - -");
  EXPECT_THAT(named({{"kind", std::string("adam")}, {"rate", 0.1}}, &best), HasSubstr("rate is not there"));
  EXPECT_THAT(named({{"units", std::int64_t{12}}}, &best), HasSubstr("units: 12 is none of its values"));
  const search::Point adam = NamedPoint(spec->space, rounds, &best, {{"kind", std::string("adam")}}).value();
  EXPECT_THAT(named({{"kind", std::string("sgd")}, {"rate", 0.1}}, &adam),
              HasSubstr("momentum=VALUE is wanted too"));
  EXPECT_EQ(named({{"kind", std::string("sgd")}, {"rate", 0.1}, {"momentum", 0.9}}, &adam), "#0 #0 2 1");
  EXPECT_THAT(named({{"kind", std::string("adam")}}, nullptr), HasSubstr("units=VALUE is wanted too"));
}

// Of a grid whose rounds by hand have no lattice in common, and of a range that is refined by thirds.
TEST(NamedPoint, IsWhereARoundHasLooked) {
  for (const char* parameters : {R"({"x": {"linspace": {"start": 0, "stop": 0.76, "num": 20}}})",
                                 R"({"x": {"range": {"low": 0, "high": 0.8}}})"}) {
    const bool grid = std::string(parameters).find("linspace") != std::string::npos;
    const auto spec = Read(Document(
        std::string(R"({"study": "s", "dataset": "d", "model": [{"dropout": "$x"}, {"dense": {"units": 2,)") +
        R"("activation": "softmax"}}], "training": {"epochs": 1, "optimizer": "sgd"}, "parameters": )" +
        parameters + R"(, "search": )" + (grid ? "{}" : R"({"sobol": {"trials": 4}})") + "}"));
    search::Rounds rounds = search::Rounds::Open(spec->space, spec->search, 0).value();
    std::int64_t centre = 2;
    for (const std::int64_t num :
         grid ? std::vector<std::int64_t>{999, 983, 975, 971, 967, 959} : std::vector<std::int64_t>{7, 7}) {
      ASSERT_TRUE(rounds.RefineByHand({rounds.PointOf(centre)}, num, rounds.current().size()).ok());
      if (grid) centre += 3;  // in no box of those before
    }
    int looked_at = 0;
    for (const search::Round& round : rounds.rounds()) {
      if (round.number() == 1) continue;
      for (std::int64_t i = 0; i < round.size(); i += std::max<std::int64_t>(1, round.size() / 6)) {
        const double value = std::get<double>(*spec->space.Value(round.At(i), "x"));
        const auto point = NamedPoint(spec->space, rounds, nullptr, {{"x", value}});
        ASSERT_TRUE(point.ok()) << point.status();
        EXPECT_EQ(search::ToText(*point), search::ToText(round.At(i)));
        const auto printed = NamedPoint(spec->space, rounds, nullptr, {{"x", value * (1 + 1e-11)}});
        ASSERT_TRUE(printed.ok()) << printed.status();
        EXPECT_EQ(search::ToText(*printed), search::ToText(round.At(i))) << "as it was printed";
        ++looked_at;
      }
    }
    EXPECT_GE(looked_at, 6);
  }
}

}  // namespace
}  // namespace hpsearch::study
