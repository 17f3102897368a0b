#include "client/simulate/results_table.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cmath>

#include "tests/client/simulate/studies.h"

namespace hpsearch::simulate {
namespace {

using testing::HasSubstr;

constexpr const char* kTable =
    "rate,dropout,note,seed,epoch,validation_error\n"
    "0.001,0,a,1,1,0.5\n"
    "0.001,0,a,1,3,0.4\n"
    "0.001,0.0,b,2,1,0.45\n"
    "0.1,0,a,1,1,0.2\n"
    "0.1,0,a,1,2,NaN\n"
    "0.1,0.5,a,1,1,0.3\n";

class ResultsTableTest : public testing::Test {
 protected:
  ResultsTable Read(const std::string& text) {
    const TableFile file(text);
    auto table = ResultsTable::Read(file.path(), *spec_);
    EXPECT_TRUE(table.ok()) << table.status();
    return *std::move(table);
  }
  std::string FaultOf(const std::string& text) {
    const TableFile file(text);
    const auto table = ResultsTable::Read(file.path(), *spec_);
    EXPECT_EQ(table.status().code(), absl::StatusCode::kInvalidArgument) << table.status();
    return std::string(table.status().message());
  }

  std::shared_ptr<const study::StudySpec> spec_ = SpecOf();
};

TEST_F(ResultsTableTest, HoldsCurvesByPointAndTraining) {
  const ResultsTable table = Read(kTable);
  EXPECT_EQ(table.points(), 3);
  EXPECT_EQ(table.epochs(), 3);
  const char* point = R"({"rate":0.001,"dropout":0})";
  EXPECT_EQ(ValueAt(table.Nearest(point, 0), 1), 0.5);
  EXPECT_EQ(ValueAt(table.Nearest(point, 1), 1), 0.45);
  EXPECT_EQ(ValueAt(table.Nearest(point, 2), 1), 0.5) << "round and round";
}

TEST_F(ResultsTableTest, BetweenRecordedEpochsTheLastStands) {
  const ResultsTable table = Read(kTable);
  const Curve& curve = table.Nearest(R"({"rate":0.001,"dropout":0})", 0);
  EXPECT_EQ(ValueAt(curve, 2), 0.5);
  EXPECT_EQ(ValueAt(curve, 3), 0.4);
  EXPECT_EQ(ValueAt(curve, 9), 0.4);
  EXPECT_TRUE(std::isnan(ValueAt(curve, 0)));
  EXPECT_TRUE(std::isnan(ValueAt(table.Nearest(R"({"rate":0.1,"dropout":0})", 0), 2)));
}

TEST_F(ResultsTableTest, TheNearestAnswersOnTheParametersScale) {
  const ResultsTable table = Read(kTable);
  const auto first = [&](const char* parameters) { return ValueAt(table.Nearest(parameters, 0), 1); };
  // Halfway between on a logarithmic scale is 0.01; on a linear one 0.02 would belong to 0.001.
  EXPECT_EQ(first(R"({"rate":0.009,"dropout":0})"), 0.5);
  EXPECT_EQ(first(R"({"rate":0.011,"dropout":0})"), 0.2);
  EXPECT_EQ(first(R"({"rate":0.02,"dropout":0.5})"), 0.3);
  EXPECT_EQ(first(R"({"rate":100,"dropout":0})"), 0.2);
}

TEST_F(ResultsTableTest, OfEquallyNearOnesTheFirst) {
  const ResultsTable table = Read("rate,dropout,epoch,validation_error\n1,0,1,0.7\n1,0.5,1,0.6\n");
  EXPECT_EQ(ValueAt(table.Nearest(R"({"rate":1,"dropout":0.25})", 0), 1), 0.7);
}

TEST_F(ResultsTableTest, WordsAndAbsentOnesAreEqualOrOneAway) {
  spec_ = SpecOf(R"({"grid":{}})", 3, R"({"values":[0.1,0.2]})");
  const ResultsTable table = Read("rate,dropout,epoch,validation_error\n,0,1,0.1\n0.1,0,1,0.2\n");
  EXPECT_EQ(ValueAt(table.Nearest(R"({"dropout":0})", 0), 1), 0.1);
  EXPECT_EQ(ValueAt(table.Nearest(R"({"rate":0.12,"dropout":0})", 0), 1), 0.2);
}

TEST_F(ResultsTableTest, SaysWhatDoesNotSuit) {
  EXPECT_THAT(FaultOf("rate,epoch,validation_error\n1,1,0.5\n"), HasSubstr("no column 'dropout'"));
  EXPECT_THAT(FaultOf("rate,dropout,validation_error\n1,0,0.5\n"), HasSubstr("no column 'epoch'"));
  EXPECT_THAT(FaultOf("rate,dropout,epoch,train_loss\n1,0,1,0.5\n"), HasSubstr("no column 'validation_error'"));
  const std::string header = "rate,dropout,epoch,validation_error\n";
  EXPECT_THAT(FaultOf(header), HasSubstr("no rows"));
  EXPECT_THAT(FaultOf(header + "1,0,0,0.5\n"), HasSubstr("line 2: epoch"));
  EXPECT_THAT(FaultOf(header + "1,0,1.5,0.5\n"), HasSubstr("line 2: epoch"));
  EXPECT_THAT(FaultOf(header + "1,0,1,0.5\n1,0,2,low\n"), HasSubstr("line 3: validation_error"));
  EXPECT_THAT(FaultOf(header + "1,0,1,12.5\n"), HasSubstr("a fraction from 0 to 1"));
  EXPECT_THAT(FaultOf(header + "1,0,1,0.5\n1,0.0,1,0.5\n"), HasSubstr("line 3: epoch: there is a row"));
  const auto nowhere = ResultsTable::Read("/no/such/table.csv", *spec_);
  EXPECT_EQ(nowhere.status().code(), absl::StatusCode::kUnavailable);
}

}  // namespace
}  // namespace hpsearch::simulate
