// The table of YAML 1.2.2, 10.3.2, and where yaml-cpp (1.1) would differ.
#include "client/study_file/yaml_scalar.h"

#include <gtest/gtest.h>

#include <cmath>
#include <limits>

namespace hpsearch::study_file {
namespace {

using model::Scalar;

Scalar Resolve(const std::string& text) {
  const auto scalar = ResolvePlain(text);
  EXPECT_TRUE(scalar.ok()) << text << ": " << scalar.status();
  return scalar.value_or(Scalar("refused"));
}

Scalar Text(const char* text) { return Scalar(std::string(text)); }
Scalar Integer(std::int64_t value) { return Scalar(value); }

TEST(YamlScalar, NullsAndBooleans) {
  for (const char* text : {"", "~", "null", "Null", "NULL"}) EXPECT_EQ(Resolve(text), Scalar()) << text;
  for (const char* text : {"true", "True", "TRUE"}) EXPECT_EQ(Resolve(text), Scalar(true)) << text;
  for (const char* text : {"false", "False", "FALSE"}) EXPECT_EQ(Resolve(text), Scalar(false)) << text;
}

TEST(YamlScalar, WordsOfYaml11AreText) {
  for (const char* text :
       {"no",  "yes",   "on",  "off", "y",    "n",         "tRUE", "nULL", "1_000", "1:30", "0b101",
        "0o",  "0x",    "0xg", "0o8", "0x-1", ".",         "-",    "+",    "e5",    "1e",   "1e+",
        ".e1", "1.2.3", "--1", "+-1", "0X1F", "$max_norm", "$$x",  "1 2",  "nan",   "inf",  "Infinity"}) {
    EXPECT_EQ(Resolve(text), Text(text)) << text;
  }
}

TEST(YamlScalar, Integers) {
  EXPECT_EQ(Resolve("0"), Integer(0));
  EXPECT_EQ(Resolve("012"), Integer(12));  // yaml-cpp reads 10
  EXPECT_EQ(Resolve("+7"), Integer(7));
  EXPECT_EQ(Resolve("-7"), Integer(-7));
  EXPECT_EQ(Resolve("0o14"), Integer(12));
  EXPECT_EQ(Resolve("0xC"), Integer(12));
  EXPECT_EQ(Resolve("0xff"), Integer(255));
  EXPECT_EQ(Resolve("9223372036854775807"), Integer(std::numeric_limits<std::int64_t>::max()));
  EXPECT_EQ(Resolve("-9223372036854775808"), Integer(std::numeric_limits<std::int64_t>::min()));
}

TEST(YamlScalar, Numbers) {
  EXPECT_EQ(Resolve("1e-4"), Scalar(1e-4));  // text in YAML 1.1
  EXPECT_EQ(Resolve("1.0e-4"), Scalar(1e-4));
  EXPECT_EQ(Resolve("1e3"), Scalar(1e3));
  EXPECT_EQ(Resolve(".5"), Scalar(0.5));
  EXPECT_EQ(Resolve("-.5"), Scalar(-0.5));
  EXPECT_EQ(Resolve("1."), Scalar(1.0));
  EXPECT_EQ(Resolve("+1.5E+2"), Scalar(150.0));
  EXPECT_EQ(Resolve("-0.30103"), Scalar(-0.30103));
  EXPECT_EQ(Resolve("1e-400"), Scalar(0.0));
  const Scalar negative_zero = Resolve("-0.0");
  EXPECT_TRUE(std::signbit(std::get<double>(negative_zero)));
}

TEST(YamlScalar, RefusesWhatIsNotFiniteOrDoesNotFit) {
  for (const char* text : {".inf", "-.inf", "+.Inf", ".INF", ".nan", ".NaN", ".NAN", "1e400", "-1e400",
                           "9223372036854775808", "-9223372036854775809", "0xFFFFFFFFFFFFFFFFF"}) {
    EXPECT_EQ(ResolvePlain(text).status().code(), absl::StatusCode::kInvalidArgument) << text;
  }
}

}  // namespace
}  // namespace hpsearch::study_file
