#include "server/study/named_point.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

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

}  // namespace
}  // namespace hpsearch::study
