#include "server/study/earlier_results.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "server/search/point_text.h"
#include "tests/server/study/spec_documents.h"

namespace hpsearch::study {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::SizeIs;

std::shared_ptr<const StudySpec> Spec(const std::string& name, const std::string& parameters,
                                      const std::string& search, const std::string& objective = "{}") {
  std::string named;
  const model::Node entries = Document(parameters);
  for (const model::Node::Entry& entry : entries.mapping()) {
    named += (named.empty() ? "" : ",") + std::string(R"({"dropout":"$)") + entry.key + R"("})";
  }
  return Read(
      Document(R"({"study":")" + name + R"(","dataset":"d","model":[)" + named +
               R"(,{"dense":{"units":2,"activation":"softmax"}}],"training":{"epochs":1,"optimizer":"sgd"},)" +
               R"("objective":)" + objective + R"(,"parameters":)" + parameters + R"(,"search":)" + search + "}"));
}

constexpr char kWarm[] = R"({"tpe":{"trials":9},"warm_start":{"study":"first"}})";

EarlierStudy First(const std::string& parameters, const std::string& search = "{}") {
  return {.name = "first",
          .spec = Spec("first", parameters, search)->canonical,
          .metric = "validation_error",
          .direction = "minimize",
          .state = StudyState::kCompleted};
}

// Of a study whose best results are these.
absl::StatusOr<std::vector<EarlierResult>> Learnt(const StudySpec& spec, const EarlierStudy& earlier,
                                                  const std::vector<EarlierBest>& best) {
  return ResultsFor(spec, earlier, [&](std::int64_t replicates, std::int64_t most) {
    EXPECT_EQ(replicates, 1);
    EXPECT_EQ(most, MostEarlierOfEach(spec));
    return best;
  });
}

constexpr char kRanges[] = R"({"a":{"range":{"low":0,"high":0.5}},"b":{"values":[0.1,0.2]}})";

TEST(EarlierResults, AreThoseThatHaveAPointHere) {
  const auto spec = Spec("second", kRanges, kWarm);
  const EarlierStudy first =
      First(R"({"a":{"linspace":{"start":0,"stop":0.75,"num":4}},"b":{"values":[0.1,0.2,0.3]},"c":0.4})");
  const auto results = Learnt(*spec, first,
                              {{7, R"({"a":0.25,"b":0.2,"c":0.4})", 0.1 + 0.2},
                               {2, R"({"a":0.5,"b":0.1,"c":0.4})", 0.5},
                               {3, R"({"a":0.75,"b":0.1,"c":0.4})", 0.25},  // out of the range
                               {4, R"({"a":0.25,"b":0.3,"c":0.4})", 0.25},  // not among the values
                               {5, R"({"a":0.25,"c":0.4})", 0.25},          // without b
                               {6, R"({"a":0.25,"b":0.1,"z":1})", 0.25}});  // with what no study has
  ASSERT_TRUE(results.ok()) << results.status();
  ASSERT_THAT(*results, SizeIs(2)) << "the constant c is none of this study's, and says nothing";
  EXPECT_EQ((*results)[0].trial, 2);
  EXPECT_EQ((*results)[0].point, "1 #0");
  EXPECT_EQ((*results)[1].trial, 7);
  EXPECT_EQ((*results)[1].point, "1/2 #1");
  EXPECT_EQ((*results)[1].objective, 0.1 + 0.2);

  const auto observed = ObservationsOf(*spec, *results);
  ASSERT_TRUE(observed.ok()) << observed.status();
  EXPECT_EQ((*observed)[1].number, 2);
  EXPECT_EQ((*observed)[1].at, spec->space.ToCoordinates(*search::PointFrom("1/2 #1")));
  EXPECT_EQ((*observed)[1].objective, 0.1 + 0.2);
  EXPECT_EQ((*observed)[1].state, strategy::Observation::State::kMeasured);
  EXPECT_TRUE((*observed)[1].elsewhere);
}

TEST(EarlierResults, OfWhatVariedThereAndIsNotHereSayNothing) {
  const auto results =
      Learnt(*Spec("second", kRanges, kWarm), First(R"({"a":0.25,"b":0.1,"c":{"values":[0.1,0.2]}})"),
             {{1, R"({"a":0.25,"b":0.1,"c":0.2})", 0.5}});
  EXPECT_TRUE(absl::IsFailedPrecondition(results.status()));
  EXPECT_THAT(
      std::string(results.status().message()),
      HasSubstr("none of the 1 results of study first has a point in this one's space: of trial 1, this study "
                "has no parameter c"));
}

TEST(EarlierResults, HaveTheSameObjectiveAndAnEnd) {
  const auto spec = Spec("second", kRanges, kWarm);
  const EarlierStudy sound = First(kRanges, R"({"random":{"trials":3}})");
  const std::vector<EarlierBest> best = {{1, R"({"a":0.25,"b":0.1})", 0.5}};
  ASSERT_TRUE(Learnt(*spec, sound, best).ok());
  const auto refused = [&](auto change) {
    EarlierStudy odd = sound;
    change(odd);
    const absl::Status status =
        ResultsFor(*spec, odd, [](std::int64_t, std::int64_t) -> absl::StatusOr<std::vector<EarlierBest>> {
          ADD_FAILURE() << "its results are read in vain";
          return absl::InternalError("");
        }).status();
    EXPECT_TRUE(absl::IsFailedPrecondition(status)) << status;
    return std::string(status.message());
  };
  EXPECT_THAT(refused([](EarlierStudy& odd) { odd.state = StudyState::kPaused; }), HasSubstr("first is PAUSED"));
  EXPECT_THAT(refused([](EarlierStudy& odd) { odd.metric = "train_loss"; }), HasSubstr("minimize train_loss"));
  EXPECT_THAT(refused([](EarlierStudy& odd) { odd.direction = "maximize"; }),
              HasSubstr("maximize validation_error"));
  EXPECT_THAT(refused([](EarlierStudy& odd) { odd.spec = "{}"; }), HasSubstr("cannot be read"));
  const absl::Status none = Learnt(*spec, sound, {}).status();
  EXPECT_TRUE(absl::IsFailedPrecondition(none)) << none;
  EXPECT_THAT(std::string(none.message()), HasSubstr("none of the 0 results"));
  for (const StudyState state : {StudyState::kStopped, StudyState::kCancelled, StudyState::kFailed}) {
    EarlierStudy ended = sound;
    ended.state = state;
    EXPECT_TRUE(Learnt(*spec, ended, best).ok());
  }
}

TEST(EarlierResults, OfAMaximumAreTheHigherTheBetter) {
  const auto spec = Spec("second", kRanges, kWarm, R"({"direction":"maximize"})");
  const auto observed = ObservationsOf(*spec, {{"first", 3, "1/2 #1", 0.75}});
  ASSERT_TRUE(observed.ok());
  EXPECT_EQ(observed->at(0).objective, -0.75);
}

TEST(EarlierResults, ThatAreStoredNowhereInTheSpaceAreRefused) {
  const auto spec = Spec("second", kRanges, kWarm);
  for (const char* point : {"", "1/2", "1/2 #2", "1/2 #-1", "3/2 #0", "#1 #0", "1/2 1/2", "nonsense"}) {
    EXPECT_TRUE(absl::IsInternal(ObservationsOf(*spec, {{"first", 1, point, 0.5}}).status())) << point;
  }
  EXPECT_TRUE(absl::IsInternal(ObservationsOf(*spec, {}).status())) << "they are gone";
  EXPECT_TRUE(absl::IsInternal(
      ObservationsOf(*Spec("s", kRanges, R"({"tpe":{"trials":9}})"), {{"first", 1, "1/2 #0", 0.5}}).status()));
}

TEST(EarlierResults, OfAConditionalSpaceHaveWhatItsPointsHave) {
  const auto study = [](const std::string& name, const std::string& search) {
    return Read(Document(
        R"({"study":")" + name +
        R"(","dataset":"d","model":[{"dense":{"units":2,"activation":"softmax"}}],"training":{"epochs":1,)"
        R"("optimizer":{"switch":"$optimizer","sgd":{"sgd":{"learning_rate":"$sgd_rate"}},"adam":"adam"}},)"
        R"("parameters":{"optimizer":{"values":["sgd","adam"]},"sgd_rate":{"range":{"low":0.125,"high":1.125}}},)"
        R"("search":)" +
        search + "}"));
  };
  const auto spec = study("second", kWarm);
  const EarlierStudy first{"first", study("first", R"({"random":{"trials":3}})")->canonical, "validation_error",
                           "minimize", StudyState::kStopped};
  const auto results = Learnt(*spec, first,
                              {{1, R"({"optimizer":"adam"})", 0.5},
                               {2, R"({"optimizer":"sgd","sgd_rate":0.625})", 0.25},
                               {3, R"({"optimizer":"adam","sgd_rate":0.625})", 0.25},
                               {4, R"({"optimizer":"sgd"})", 0.25}});
  ASSERT_TRUE(results.ok()) << results.status();
  std::vector<std::string> points;
  for (const EarlierResult& result : *results) points.push_back(result.point);
  EXPECT_THAT(points, ElementsAre("#1 -", "#0 1/2"));
  EXPECT_TRUE(strategy::IsAbsent(ObservationsOf(*spec, *results)->at(0).at[1]));
}

TEST(EarlierResults, AreSharedOutAmongSeveralStudies) {
  EXPECT_EQ(MostEarlierOfEach(*Spec("s", kRanges, kWarm)), 1000);
  EXPECT_EQ(
      MostEarlierOfEach(*Spec("s", kRanges, R"({"gp":{"trials":9},"warm_start":{"studies":["a","b","c"]}})")),
      333);
}

TEST(EarlierResults, AStudyIsNotItsOwn) {
  EXPECT_THAT(
      FaultsOf(Document(R"({"study":"s","dataset":"d","model":[{"dropout":"$a"},{"dense":{"units":2,)"
                        R"("activation":"softmax"}}],"training":{"epochs":1,"optimizer":"sgd"},"parameters":{"a":)"
                        R"({"range":{"low":0,"high":0.5}}},"search":{"tpe":{"trials":9},"warm_start":)"
                        R"({"study":"s"}}})"),
               nullptr),
      ElementsAre(HasSubstr("search.warm_start: 's' is this study itself")));
}

}  // namespace
}  // namespace hpsearch::study
