#include "server/model/key_rule.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <rapidcheck.h>

#include <limits>
#include <string>

#include "server/model/names.h"

namespace hpsearch::model {
namespace {

using ::testing::HasSubstr;

constexpr double kInfinity = std::numeric_limits<double>::infinity();

std::string Fault(const Scalar& value, const KeyRule& rule) {
  const auto fit = Fit(value, rule);
  return fit.ok() ? "" : std::string(fit.status().message());
}

TEST(DomainTest, ContainsItsClosedEndsAndNotItsOpenOnes) {
  const Domain dropout = {.low = 0, .high = 1, .high_open = true};
  EXPECT_TRUE(dropout.Contains(0));
  EXPECT_TRUE(dropout.Contains(std::nextafter(1.0, 0.0)));
  EXPECT_FALSE(dropout.Contains(1));
  EXPECT_FALSE(dropout.Contains(-1e-300));
  EXPECT_FALSE(dropout.Contains(std::numeric_limits<double>::quiet_NaN()));
  EXPECT_EQ(dropout.ToString(), "[0, 1)");
  EXPECT_EQ((Domain{.low = 0, .low_open = true}.ToString()), "(0, inf)");
  EXPECT_EQ(Domain().ToString(), "(-inf, inf)");
}

TEST(DomainTest, TheIntersectionContainsWhatBothContain) {
  EXPECT_TRUE(rc::check([] {
    const auto domain = [] {
      return Domain{.low = static_cast<double>(*rc::gen::inRange(-3, 3)),
                    .high = static_cast<double>(*rc::gen::inRange(-3, 3)),
                    .low_open = *rc::gen::arbitrary<bool>(),
                    .high_open = *rc::gen::arbitrary<bool>()};
    };
    const Domain a = domain();
    const Domain b = domain();
    const double value = *rc::gen::inRange(-8, 8) / 2.0;
    RC_ASSERT(a.Intersect(b).Contains(value) == (a.Contains(value) && b.Contains(value)));
  }));
}

TEST(FitTest, IntegersMayBeSpelledAsNumbers) {
  const KeyRule units = {.key = "units", .type = KeyType::kInteger, .domain = {.low = 1, .high = 1 << 20}};
  EXPECT_EQ(*Fit(128.0, units), Scalar(std::int64_t{128}));
  EXPECT_EQ(*Fit(std::int64_t{128}, units), Scalar(std::int64_t{128}));
  EXPECT_EQ(Fault("128", units), "'128' is text; an integer from 1 to 1,048,576 is wanted");
  EXPECT_EQ(Fault(std::int64_t{0}, units), "0 is out of range; an integer from 1 to 1,048,576 is wanted");
  EXPECT_EQ(Fault(1.5, units), "1.5 is no integer; an integer from 1 to 1,048,576 is wanted");
  EXPECT_EQ(Fault(true, units), "true; an integer from 1 to 1,048,576 is wanted");
  EXPECT_EQ(Fault(Scalar(), units), "nothing stands there; an integer from 1 to 1,048,576 is wanted");
}

TEST(FitTest, IntegersAreExactToTheLast) {
  const KeyRule seed = {
      .key = "seed", .type = KeyType::kInteger, .domain = {.low = 0, .high = 9223372036854775808.0}};
  EXPECT_EQ(*Fit(std::int64_t{INT64_MAX}, seed), Scalar(std::int64_t{INT64_MAX}));
  EXPECT_THAT(Fault(9223372036854775808.0, seed), HasSubstr("out of range; an integer from 0 is wanted"));
}

TEST(FitTest, NumbersMayBeSpelledAsIntegersAndAreFinite) {
  const KeyRule rate = {.key = "learning_rate", .domain = {.low = 0, .low_open = true}};
  EXPECT_EQ(*Fit(std::int64_t{1}, rate), Scalar(1.0));
  EXPECT_EQ(Fault(0.0, rate), "0 is out of range; a number above 0 is wanted");
  EXPECT_EQ(Fault(kInfinity, rate), "inf is not finite; a number above 0 is wanted");
  EXPECT_EQ(Fault(-kInfinity, {.key = "any"}), "-inf is not finite; a finite number is wanted");
  EXPECT_EQ(Fault("0.1", rate), "'0.1' is text; a number above 0 is wanted");
}

TEST(FitTest, BooleansAreNothingElse) {
  const KeyRule nesterov = {.key = "nesterov", .type = KeyType::kBoolean};
  EXPECT_EQ(*Fit(true, nesterov), Scalar(true));
  EXPECT_EQ(Fault("yes", nesterov), "'yes' is text; true or false is wanted");
  EXPECT_EQ(Fault(std::int64_t{1}, nesterov), "1; true or false is wanted");
}

TEST(FitTest, TextIsOneOfTheChoices) {
  const KeyRule loss = {.key = "loss",
                        .type = KeyType::kText,
                        .choices = {"cross_entropy", "binary_cross_entropy"},
                        .later = {"mean_squared_error"}};
  EXPECT_EQ(*Fit("cross_entropy", loss), Scalar("cross_entropy"));
  EXPECT_EQ(Fault("crossentropy", loss),
            "unknown loss 'crossentropy'; there are: cross_entropy, binary_cross_entropy; did you mean "
            "'cross_entropy'?");
  EXPECT_EQ(Fault("mean_squared_error", loss),
            "loss 'mean_squared_error' is not supported yet by this version; there are: cross_entropy, "
            "binary_cross_entropy");
  EXPECT_EQ(Fault(std::int64_t{3}, loss), "3 is a number; one of cross_entropy, binary_cross_entropy is wanted");
}

TEST(FitTest, FreeTextIsBoundedPrintableUtf8) {
  const KeyRule name = {.key = "name", .type = KeyType::kText};
  EXPECT_EQ(*Fit("Größe", name), Scalar("Größe"));
  EXPECT_THAT(Fault("", name), HasSubstr("empty"));
  EXPECT_THAT(Fault("a\nb", name), HasSubstr("control character"));
  EXPECT_THAT(Fault(std::string("a\0b", 3), name), HasSubstr("control character"));
  EXPECT_TRUE(Fit(std::string(4096, 'a'), name).ok());
  EXPECT_THAT(Fault(std::string(4097, 'a'), name), HasSubstr("4097 bytes"));
}

TEST(FitTest, KnowsUtf8) {
  for (const char* text :
       {"\xff", "\xc0\xaf", "\xed\xa0\x80", "\xe2\x82", "\xf4\x90\x80\x80", "\xf0\x80\x80\x80", "a\x80"}) {
    EXPECT_EQ(FaultOf(text), "a text that is not UTF-8") << text;
  }
  for (const char* text : {"\xc3\xa9", "\xe2\x82\xac", "\xf0\x9f\x98\x80", "\xf4\x8f\xbf\xbf"}) {
    EXPECT_EQ(FaultOf(text), std::nullopt) << text;
  }
}

TEST(NamesTest, SuggestsWhatIsClose) {
  EXPECT_EQ(Closest("drpout", {"dense", "dropout", "flatten"}), "dropout");
  EXPECT_EQ(Closest("dens", {"dense", "dropout"}), "dense");
  EXPECT_EQ(Closest("denes", {"dense", "dropout"}), "dense");
  EXPECT_EQ(Closest("lstm", {"dense", "dropout"}), std::nullopt);
  EXPECT_EQ(Closest(std::string(100000, 'a'), {"dense"}), std::nullopt);
  EXPECT_EQ(UnknownName("layer", "lstm", {"dense", "dropout"}), "unknown layer 'lstm'; there are: dense, dropout");
}

TEST(NamesTest, ShowsNoControlCharacters) {
  EXPECT_EQ(UnknownName("key", "a\x1b[2J", {"b"}), "unknown key 'a?[2J'; there is: b");
}

}  // namespace
}  // namespace hpsearch::model
