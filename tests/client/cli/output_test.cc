// What people and programs are shown: tables, charts, progress, JSON.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cmath>
#include <limits>
#include <nlohmann/json.hpp>

#include "client/cli/chart.h"
#include "client/cli/json_output.h"
#include "client/cli/progress.h"
#include "client/cli/table.h"
#include "client/cli/terminal.h"
#include "client/cli/text_output.h"
#include "tests/client/cli/row_samples.h"

namespace hpsearch::cli {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::Not;

std::vector<std::string> LinesOf(const std::string& text) {
  std::vector<std::string> lines;
  std::istringstream stream(text);
  for (std::string line; std::getline(stream, line);) lines.push_back(line);
  return lines;
}

TEST(Terminal, ControlCharactersCannotSteerIt) {
  EXPECT_EQ(Printable("a\x1b[31mb\tü"), "a\\x1b[31mb\\x09ü");
  EXPECT_EQ(Printable("a\xc2\x9b"
                      "31mb\x9b"
                      "c\xe2\x82"),
            "a\\x9b31mb\\x9bc\\xe2\\x82");
  EXPECT_EQ(Printable("€\nß\xf0\x9f\x98\x80"), "€\nß\xf0\x9f\x98\x80");
  EXPECT_EQ(PrintableLine("two\nlines"), "two lines");
  EXPECT_EQ(DisplayWidth("größe"), 5);
  EXPECT_EQ(Styled("x", Style::kRed, false), "x");
  EXPECT_EQ(Styled("x", Style::kRed, true), "\x1b[31mx\x1b[0m");
}

TEST(Table, AlignsByCharactersAndEndsLinesCleanly) {
  Table table({{"NAME"}, {"N", Column::Align::kRight}, {"NOTE"}});
  table.AddRow({"größe", "7", ""});
  table.AddRow({"a", "1234", "two\nlines\x1b"});
  EXPECT_THAT(LinesOf(table.Render(false)),
              ElementsAre("NAME      N  NOTE", "größe     7", "a      1234  two lines\\x1b"));
  EXPECT_THAT(table.Render(true), HasSubstr("\x1b[1mNAME\x1b[0m "));
  EXPECT_EQ(Table({{"a\nb\x1b"}}).Render(false), "a b\\x1b\n");
}

TEST(Chart, DrawsEachCurveWithinTheWidthAndNamesIt) {
  const Curve falling{"validation", Style::kYellow, {0.5, 0.3, 0.2, std::nullopt, 0.18, 0.17}};
  const Curve train{"train", Style::kBlue, {0.6, 0.4, 0.3, 0.25, 0.22, 0.2}};
  for (const int width : {40, 80, 200}) {
    const auto lines = LinesOf(DrawChart({train, falling}, {width, 16, false, "epoch"}));
    EXPECT_EQ(lines.size(), 18);
    for (const std::string& line : lines) EXPECT_LE(DisplayWidth(line), width) << line;
    EXPECT_THAT(lines.back(), HasSubstr("epoch"));
    int named = 0;
    for (const std::string& line : lines) named += line.find("validation") != std::string::npos;
    EXPECT_EQ(named, 1);
  }
}

// The dots of a falling line are at the top on the left and at the bottom on the right.
TEST(Chart, HighIsUpAndLateIsRight) {
  const auto lines = LinesOf(DrawChart({{"c", Style::kPlain, {1.0, 0.0}}}, {60, 8, false, ""}));
  const auto first_dot = [](const std::string& line) {
    for (std::size_t i = 0; i + 2 < line.size(); ++i) {
      if (line[i] == '\xE2' && (line[i + 1] & 0xFC) == 0xA0) return static_cast<int>(i);
    }
    return -1;
  };
  EXPECT_GE(first_dot(lines[0]), 0);
  EXPECT_GT(first_dot(lines[7]), first_dot(lines[0]));
}

TEST(Chart, NothingToDrawIsNoCrash) {
  const double nan = std::nan("");
  for (const std::vector<std::optional<double>>& values :
       {std::vector<std::optional<double>>{}, {std::nullopt}, {nan, nan}, {0.1}, {0.1, 0.1}, {INFINITY, 0.2}}) {
    EXPECT_EQ(LinesOf(DrawChart({{"c", Style::kPlain, values}}, {10, 1, true, "epoch"})).size(), 6);
  }
}

TEST(Json, HasTheContractsKeysInTheirOrder) {
  EXPECT_EQ(
      StudyJson(SomeStudy(), BestResult{SomeTrial(), {}}).dump(),
      R"({"study":"quickstart","state":"RUNNING","metric":"validation_error","direction":"minimize","rounds":1,)"
      R"("trial_counts":{"QUEUED":9,"COMPLETED":3},"seconds":1.5,)"
      R"("best":{"trial":3,"round":1,"objective":0.1,"epoch":4,"parameters":{"z":0.1,"a":10.0,"n":3,"t":"x"}}})");
  EXPECT_THAT(StudyJson(SomeStudy(), std::nullopt).dump(), HasSubstr(R"("best":null})"));
  EXPECT_EQ(
      TrialJson(SomeTrial()).dump(),
      R"({"trial":3,"round":1,"state":"COMPLETED","reason":"","objective":0.1,"best_epoch":4,"epochs":5,)"
      R"("epochs_planned":5,"parameters":{"z":0.1,"a":10.0,"n":3,"t":"x"},"seed":0,"replicate":0,"worker":"w",)"
      R"("attempt":1,"reused_from":null,"seconds":2.25})");
  store::EpochRow epoch;
  epoch.epoch = 1;
  epoch.train_loss = INFINITY;
  epoch.train_error = 0.1;
  epoch.validation_loss = std::nan("");
  EXPECT_EQ(EpochJson(epoch).dump(),
            R"({"epoch":1,"train_loss":null,"train_error":0.1,"validation_loss":null,"validation_error":null,)"
            R"("learning_rate":0.0,"seconds":0.0,"gradient_norm":null,"weight_norm":null,)"
            R"("samples_per_second":null})");
  // Of a regression: no errors, and what it asks for behind the contract's keys.
  epoch.train_loss = 0.5;
  epoch.train_error.reset();
  epoch.validation_loss = 0.25;
  epoch.weight_norm = 3;
  epoch.metrics = {{"train_mae", 0.75}, {"validation_mae", std::nullopt}};
  EXPECT_EQ(EpochJson(epoch).dump(),
            R"({"epoch":1,"train_loss":0.5,"train_error":null,"validation_loss":0.25,"validation_error":null,)"
            R"("learning_rate":0.0,"seconds":0.0,"gradient_norm":null,"weight_norm":3.0,)"
            R"("samples_per_second":null,"train_mae":0.75,"validation_mae":null})");
}

TEST(Json, NumbersReadBackToTheSameBits) {
  for (const double value : {0.1, 1e-300, 5e-324, 1.7976931348623157e308, 0.0031622776601683794, 1.0 / 3, -0.0}) {
    store::EpochRow epoch;
    epoch.learning_rate = value;
    const double back = Json::parse(EpochJson(epoch).dump())["learning_rate"].get<double>();
    EXPECT_EQ(std::memcmp(&back, &value, sizeof(value)), 0) << value;
  }
}

// What a point's replicates say together stands behind the contract's keys.
TEST(Json, ABestPointHasItsNoise) {
  store::PointRow point{.results = 3, .mean = 0.125, .standard_deviation = 0.5, .standard_error = 0.25};
  EXPECT_THAT(StudyJson(SomeStudy(), BestResult{SomeTrial(), point}).dump(),
              HasSubstr(R"("parameters":{"z":0.1,"a":10.0,"n":3,"t":"x"},"replicates":3,"mean":0.125,)"
                        R"("standard_deviation":0.5,"standard_error":0.25,"indistinguishable_from":null}})"));
  point.rival = {.trial = 7, .mean = 0.25, .standard_error = {}};
  EXPECT_THAT(StudyJson(SomeStudy(), BestResult{SomeTrial(), point}).dump(),
              HasSubstr(R"("indistinguishable_from":7}})"));
  point.standard_deviation.reset();
  EXPECT_THAT(StudyJson(SomeStudy(), BestResult{SomeTrial(), point}).dump(),
              HasSubstr(R"("standard_deviation":null)"));
}

TEST(TextOutput, ABestPointSaysWhatItCannotBeToldApartFrom) {
  const auto text = [](const store::PointRow& point) {
    return BestText(SomeStudy(), BestResult{SomeTrial(), point}, {Target::Kind::kDatabase, "x.db"}, false);
  };
  store::PointRow point{.results = 3, .mean = 0.1427, .standard_deviation = 0.0021, .standard_error = 0.0012};
  EXPECT_THAT(text(point), HasSubstr("  validation_error 0.1427 ± 0.0012 over 3 replicates, standard deviation "
                                     "0.0021, round 1\n"));
  EXPECT_THAT(text(point), Not(HasSubstr("told apart")));
  point.rival = {.trial = 31, .mean = 0.1431, .standard_error = 0.0009};
  EXPECT_THAT(text(point), HasSubstr("  cannot be told apart from trial 31 (0.1431 ± 0.0009): the difference, "
                                     "0.0004, is within two standard errors\n"));
  EXPECT_THAT(text({.results = 1, .mean = 0.5}), HasSubstr("  validation_error 0.5 over 1 replicate, round 1\n"));
}

TEST(TextOutput, NumbersTimesAndParameters) {
  EXPECT_EQ(NumberText(0.13124999), "0.13125");
  EXPECT_EQ(NumberText(std::optional<double>()), "-");
  EXPECT_EQ(SecondsText(8), "8.0 s");
  EXPECT_EQ(SecondsText(125), "2 min 5 s");
  EXPECT_EQ(SecondsText(12000), "3 h 20 min");
  EXPECT_THAT(ParametersOf(SomeTrial().parameters),
              ElementsAre(testing::Pair("z", "0.1"), testing::Pair("a", "10"), testing::Pair("n", "3"),
                          testing::Pair("t", "x")));
  EXPECT_TRUE(ParametersOf("not json").empty());
  const std::string best =
      BestText(SomeStudy(), BestResult{SomeTrial(), {}}, {Target::Kind::kDatabase, "x.db"}, false);
  EXPECT_THAT(best, HasSubstr("quickstart/3"));
  EXPECT_THAT(best, HasSubstr("hpsearch curve quickstart/best --db x.db"));
  EXPECT_THAT(best, Not(HasSubstr("\x1b")));
}

TEST(Progress, BlockAndLineSayHowFarItIs) {
  ProgressView view;
  view.study = SomeStudy();
  view.best = SomeTrial();
  view.total_rounds = 2;
  view.epochs_per_second = 12.34;
  view.seconds_left = 40;
  view.running[4] = SomeTrial();
  EXPECT_EQ(ProgressLine(view),
            "quickstart: round 1/2, 3/37 trials, 12.3 epochs/s, best 0.1 (trial 3), 40 s left");
  const auto block = ProgressBlock(view, 79, false);
  ASSERT_EQ(block.size(), 4);
  EXPECT_THAT(block[0], HasSubstr("3/37 trials  round 1/2"));
  EXPECT_THAT(block[1], HasSubstr("40 s left"));
  EXPECT_THAT(block[2], HasSubstr("validation_error 0.1 (trial 3)  z=0.1 a=10"));
  for (const std::string& line : block) EXPECT_LE(DisplayWidth(line), 79);
}

}  // namespace
}  // namespace hpsearch::cli
