// Numbers on a parameter's scale, against where its own values lie.
#include "server/search/value_scale.h"

#include <fmt/format.h>
#include <gtest/gtest.h>

#include <cmath>
#include <string>

#include "server/model/json.h"

namespace hpsearch::search {
namespace {

Parameter ParameterOf(const std::string& json) {
  model::Faults faults;
  const Parameter parameter = Parameter::Read("p", model::FromJson(json).value(), {}, faults);
  EXPECT_TRUE(faults.empty()) << json;
  return parameter;
}

TEST(ValueScale, AGridsValuesAreEvenlySpaced) {
  for (const char* json :
       {R"({"linspace":{"start":2,"stop":10,"num":5}})", R"({"logspace":{"start":-3,"stop":1,"num":5}})",
        R"({"geomspace":{"start":0.01,"stop":100,"num":5}})"}) {
    const Parameter parameter = ParameterOf(json);
    const auto scale = ScaleOf(parameter);
    ASSERT_TRUE(scale) << json;
    for (int i = 0; i < 5; ++i) {
      const auto value = model::NumberIn(parameter.At(parameter.places()[static_cast<std::size_t>(i)]));
      EXPECT_NEAR(scale->At(*value), i / 4.0, 1e-12) << json;
    }
  }
}

TEST(ValueScale, ARangesCoordinatesAreItsOwn) {
  for (const char* scale_name : {"linear", "log", "reverse_log"}) {
    const Parameter parameter =
        ParameterOf(fmt::format(R"({{"range":{{"low":0.5,"high":8,"scale":"{}"}}}})", scale_name));
    const auto scale = ScaleOf(parameter);
    ASSERT_TRUE(scale);
    for (const double at : {0.0, 0.25, 0.5, 0.75}) {
      const auto value = model::NumberIn(parameter.At(parameter.FromUnit(at)));
      EXPECT_NEAR(scale->At(*value), at, 1e-12) << scale_name;
    }
  }
}

TEST(ValueScale, BeyondTheEndsItGoesOn) {
  const auto scale = ScaleOf(ParameterOf(R"({"logspace":{"start":-2,"stop":0,"num":3}})"));
  EXPECT_NEAR(scale->At(10), 1.5, 1e-12);
  EXPECT_NEAR(scale->At(1e-3), -0.5, 1e-12);
}

TEST(ValueScale, WhatIsNotOnTheScaleIsNoEndOfIt) {
  const auto scale = ScaleOf(ParameterOf(R"({"logspace":{"start":-2,"stop":0,"num":3},"include":[0]})"));
  ASSERT_TRUE(scale);
  EXPECT_EQ(scale->low, 0.01);
  EXPECT_FALSE(std::isfinite(scale->At(0)));
}

TEST(ValueScale, WordsAndConstantsHaveNone) {
  EXPECT_FALSE(ScaleOf(ParameterOf(R"({"values":["relu","tanh"]})")));
  EXPECT_FALSE(ScaleOf(ParameterOf(R"({"values":[0.1]})")));
  EXPECT_FALSE(ScaleOf(ParameterOf("0.1")));
}

}  // namespace
}  // namespace hpsearch::search
