// Rows that no coordinator would have written: the study that has them is refused, said so of, and left as it is;
// the others go on.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <functional>
#include <string>
#include <utility>
#include <vector>

#include "tests/server/study/coordinator_world.h"

namespace hpsearch::study {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;

const StudyText kRefining = {.name = "odd", .search = R"({"grid":{},"refine":{"rounds":2}})"};

void Store(World& world, Batch batch) {
  world.store.Commit(std::move(batch), [](const absl::Status& status) { EXPECT_TRUE(status.ok()) << status; });
  world.strand.RunAll();
}

// The study is left alone, and says why; another one is trained to its end.
void ExpectRefused(World& world, const std::string& why) {
  const StudyRecord before = world.Study("odd");
  world.Crash();
  const auto cancelled = world.Change("odd", Action::kCancel);
  EXPECT_TRUE(absl::IsFailedPrecondition(cancelled.status())) << cancelled.status();
  EXPECT_THAT(std::string(cancelled.status().message()), HasSubstr("cannot be read by this version"));
  EXPECT_THAT(std::string(cancelled.status().message()), HasSubstr(why));
  EXPECT_TRUE(absl::IsFailedPrecondition(world.Create(kRefining).status()));
  EXPECT_TRUE(world->MayGoOn("odd", 1)) << "a later version may read it";
  EXPECT_EQ(world.Study("odd").spec, before.spec);
  EXPECT_EQ(world.Study("odd").state, before.state);
  ASSERT_TRUE(world.Create({}).ok());
  const auto worker = world.Start();
  EXPECT_EQ(world.TrainAll(*worker).size(), 4U);
  EXPECT_EQ(world.Study().state, StudyState::kCompleted);
}

TEST(RefusedStudy, WhoseSpecificationIsNone) {
  for (const char* spec : {"", "{", "7", "[]", R"({"study":"odd"})", R"({"study":"odd","quantum":true})"}) {
    SCOPED_TRACE(spec);
    World world;
    StudyRecord study = world.Create(kRefining).value();
    study.spec = spec;
    Store(world, {PutStudy{study}});
    ExpectRefused(world, "");
  }
}

struct OddRound {
  const char* name;
  std::function<void(RoundRecord&)> change;
  std::string why;
};

class OddRoundTest : public ::testing::TestWithParam<OddRound> {};

// The first round has 4 trials; around trial 3 the second is what a coordinator opens.
TEST_P(OddRoundTest, IsRefused) {
  World other;
  ASSERT_TRUE(other.Create(kRefining).ok());
  const auto worker = other.Start();
  while (other.store.rounds().size() < 2) {
    const Lease lease = worker->leases.back();
    other.Train(*worker, lease);
  }
  RoundRecord round = other.store.rounds()[1];
  GetParam().change(round);

  World world;
  ASSERT_TRUE(world.Create(kRefining).ok());
  Store(world, {PutRound{round}});
  ExpectRefused(world, GetParam().why);
}

INSTANTIATE_TEST_SUITE_P(
    Rounds, OddRoundTest,
    ::testing::Values(OddRound{"NoCentres", [](RoundRecord& round) { round.centres.clear(); }, "do not permit"},
                      OddRound{"CentreOfNoTrial", [](RoundRecord& round) { round.centres = {0}; },
                               "do not permit"},
                      OddRound{"CentreToCome",
                               [](RoundRecord& round) {
                                 round.centres = {3, 5};
                               },
                               "do not permit"},
                      OddRound{"OtherNumber", [](RoundRecord& round) { round.number = 3; }, "is stored with"},
                      OddRound{"OtherSize", [](RoundRecord& round) { ++round.trials; }, "is stored with"},
                      OddRound{"OtherBegin", [](RoundRecord& round) { ++round.first_trial; }, "is stored with"}),
    [](const auto& info) { return std::string(info.param.name); });

TEST(RefusedStudy, WithMoreRoundsThanItsSearchHas) {
  World world;
  ASSERT_TRUE(world.Create({.name = "odd"}).ok());
  Store(world, {PutRound{{.study = 1, .number = 2, .first_trial = 5, .trials = 3, .centres = {1}}}});
  world.Crash();
  EXPECT_THAT(std::string(world.Change("odd", Action::kPause).status().message()), HasSubstr("do not permit"));
}

// An ended one is read when it is to go on, and not before.
TEST(RefusedStudy, ThatHasEndedIsNotExtended) {
  World world;
  StudyRecord study = world.Create({.name = "odd"}).value();
  const auto worker = world.Start();
  world.TrainAll(*worker);
  study = world.Study("odd");
  ASSERT_EQ(study.state, StudyState::kCompleted);
  Store(world, {PutRound{{.study = 1, .number = 2, .first_trial = 5, .trials = 3, .centres = {1}}}});
  const auto odd_round = world.Extend("odd", {.epochs = 4});
  EXPECT_TRUE(absl::IsInternal(odd_round.status())) << odd_round.status();
  study.spec = "{";
  Store(world, {PutStudy{study}});
  EXPECT_FALSE(world.Extend("odd", {.epochs = 4}).ok());
  EXPECT_EQ(world.Study("odd").state, StudyState::kCompleted);
  EXPECT_EQ(world.Trial(1).epochs_planned, 2);
  ASSERT_TRUE(world.Create({.more = R"(,"reuse":false)"}).ok());
  EXPECT_THAT(world.TrainAll(*worker), ElementsAre(1, 2, 3, 4));
}

// Somebody else wrote to the file while the server had it.
TEST(RefusedStudy, ThatTurnsUpBehindTheCoordinatorsBack) {
  World world;
  StudyRecord study = world.Create({}).value();
  study.id = 2;
  study.name = "odd";
  Store(world, {PutStudy{study}});
  EXPECT_TRUE(absl::IsInternal(world.Change("odd", Action::kStop).status()));
  EXPECT_EQ(world.Study("odd").state, StudyState::kRunning);
}

}  // namespace
}  // namespace hpsearch::study
