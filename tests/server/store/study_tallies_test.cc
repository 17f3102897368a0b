// What the rounds of a study are told to have come to, and what of it is counted once alone.
#include "server/store/study_tallies.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <memory>
#include <optional>
#include <vector>

#include "server/store/study_reader.h"
#include "tests/server/store/open_sqlite.h"
#include "tests/server/store/sqlite_shell.h"
#include "tests/server/store/temp_folder.h"
#include "tests/server/study/record_samples.h"

namespace hpsearch::store {
namespace {

using hpsearch::testing::OpenSqlite;
using hpsearch::testing::SqliteShell;
using hpsearch::testing::TempFolder;
using study::TrialState;
using ::testing::ElementsAre;

class StudyTalliesTest : public ::testing::Test {
 protected:
  StudyTalliesTest() : store_(folder_.File("studies.db")) {
    study_ = study::SampleStudy(1, "mlp");
    study::RoundRecord second = study::SampleRound(1, 2);
    second.first_trial = 13;
    second.centres = {2};
    second.boxes = R"([{"trial":2,"objective":0.25,"axes":{"rate":{"low":0.1,"high":1.0,"num":5}}}])";
    second.epochs = 6;
    second.by_hand = true;
    second.num = 7;
    Commit({study::PutStudy{study_}, study::PutRound{study::SampleRound(1)}, study::PutRound{second}});
    absl::StatusOr<std::unique_ptr<StudyReader>> reader = StudyReader::Open(folder_.File("studies.db"));
    EXPECT_TRUE(reader.ok()) << reader.status();
    reader_ = *std::move(reader);
  }
  void Commit(study::Batch batch) {
    const absl::Status status = store_.Commit(std::move(batch));
    ASSERT_TRUE(status.ok()) << status;
  }
  void Put(std::int64_t number, TrialState state, std::optional<double> objective, int round = 1,
           std::optional<std::int64_t> reused = std::nullopt, std::int64_t attempt = 1) {
    study::TrialRecord trial = study::SampleTrial(1, number, state, objective);
    trial.round = round;
    trial.reused_from = reused;
    trial.attempt = attempt;
    Commit({study::PutTrial{trial}});
  }
  RoundRow First() { return reader_->Rounds("mlp").value().at(0); }

  TempFolder folder_;
  OpenSqlite store_;
  study::StudyRecord study_;
  std::unique_ptr<StudyReader> reader_;
};

TEST_F(StudyTalliesTest, ARoundSaysWhatItCoversAndWhatCameOfIt) {
  Put(1, TrialState::kDiverged, std::nullopt);
  Put(2, TrialState::kCompleted, 0.25);
  Put(3, TrialState::kEarlyStopped, 0.5);
  Put(4, TrialState::kFailed, std::nullopt);
  Put(5, TrialState::kRunning, 0.125);
  Put(13, TrialState::kCompleted, 0.25, 2, 2, /*attempt=*/0);  // taken over
  Put(14, TrialState::kCompleted, 0.1875, 2, 3);               // from there on for longer
  Put(15, TrialState::kCancelled, 0.0625, 2);
  const std::vector<RoundRow> rounds = reader_->Rounds("mlp").value();
  ASSERT_EQ(rounds.size(), 2U);
  EXPECT_EQ(rounds[0].round, 1);
  EXPECT_EQ(rounds[0].trials, 12);
  EXPECT_EQ(rounds[0].trained, 3);
  EXPECT_EQ(rounds[0].reused, 0);
  EXPECT_EQ(rounds[0].best_trial, 2);
  EXPECT_EQ(rounds[0].best_objective, 0.25);
  EXPECT_EQ(rounds[0].epochs, std::nullopt);
  EXPECT_EQ(rounds[0].boxes, "[]");
  EXPECT_FALSE(rounds[0].by_hand);
  EXPECT_EQ(rounds[0].opened_at, "1970-01-01T00:00:00.000005Z");
  EXPECT_EQ(rounds[1].first_trial, 13);
  EXPECT_EQ(rounds[1].trained, 0);
  EXPECT_EQ(rounds[1].reused, 2);
  EXPECT_EQ(rounds[1].extended, 1);
  EXPECT_EQ(rounds[1].best_trial, 14);
  EXPECT_EQ(rounds[1].epochs, 6);
  EXPECT_EQ(rounds[1].num, 7);
  EXPECT_TRUE(rounds[1].by_hand);
  EXPECT_THAT(rounds[1].boxes, ::testing::StartsWith(R"([{"trial":2,)"));
  EXPECT_TRUE(absl::IsNotFound(reader_->Rounds("other").status()));
}

TEST_F(StudyTalliesTest, ACurveOfAnotherStudysTrialIsTakenOver) {
  study::TrialRecord trial = study::SampleTrial(1, 1, TrialState::kCompleted, 0.5);
  trial.reused_elsewhere = {"before", 7};
  Commit({study::PutTrial{trial}});
  EXPECT_EQ(First().reused, 1);
  EXPECT_EQ(First().trained, 0);
  EXPECT_EQ(First().best_trial, 1);
}

TEST_F(StudyTalliesTest, TrialsCountWhenTheyEndInAnyOrder) {
  for (std::int64_t number = 1; number <= 4; ++number) Put(number, TrialState::kRunning, std::nullopt);
  EXPECT_EQ(First().best_trial, std::nullopt);
  EXPECT_EQ(First().best_objective, std::nullopt);
  Put(4, TrialState::kCompleted, 0.5);
  EXPECT_EQ(First().best_trial, 4);
  Put(2, TrialState::kPaused, 0.25);  // may go on
  EXPECT_EQ(First().trained, 1);
  Put(1, TrialState::kCompleted, 0.5);  // a tie: the lower number
  EXPECT_EQ(First().best_trial, 1);
  Put(2, TrialState::kEarlyStopped, 0.25);
  Put(3, TrialState::kCompleted, 0.25);
  EXPECT_EQ(First().best_trial, 2);
  EXPECT_EQ(First().trained, 4);
}

TEST_F(StudyTalliesTest, TheGreatestIsTheBestWhereThatIsWanted) {
  study_.direction = "maximize";
  Commit({study::PutStudy{study_}});
  Put(1, TrialState::kCompleted, -3);
  Put(2, TrialState::kCompleted, -1);
  Put(3, TrialState::kCompleted, -2);
  EXPECT_EQ(First().best_trial, 2);
}

// The luckiest trial says little: the best of a round is its best mean, once all of a point has ended.
TEST_F(StudyTalliesTest, OfPointsThatAreTrainedSeveralTimesTheBestMeanIsTheBest) {
  study::StudyRecord noisy = study::SampleStudy(2, "noisy");
  noisy.spec = R"({"study":"noisy","training":{"replicates":3}})";
  Commit({study::PutStudy{noisy}, study::PutRound{study::SampleRound(2)}});
  const auto put = [&](std::int64_t number, TrialState state, std::optional<double> objective) {
    study::TrialRecord trial = study::SampleTrial(2, number, state, objective);
    trial.replicate = (number - 1) % 3;
    Commit({study::PutTrial{trial}});
  };
  const auto round = [&] { return reader_->Rounds("noisy").value().at(0); };
  put(1, TrialState::kCompleted, 0.0);  // the best trial of all
  put(2, TrialState::kCompleted, 0.75);
  EXPECT_EQ(round().best_trial, std::nullopt);
  EXPECT_EQ(round().trained, 2);
  put(3, TrialState::kRunning, 0.5);
  put(4, TrialState::kFailed, std::nullopt);
  put(5, TrialState::kEarlyStopped, 0.25);
  put(6, TrialState::kCompleted, 0.125);
  EXPECT_EQ(round().best_trial, 5);  // its lowest with a result
  EXPECT_EQ(round().best_objective, 0.1875);
  put(7, TrialState::kCompleted, 0.0);
  put(8, TrialState::kDiverged, std::nullopt);
  put(9, TrialState::kCompleted, 0.0);
  put(3, TrialState::kCompleted, 0.75);
  EXPECT_EQ(round().best_trial, 5);
  EXPECT_EQ(round().trained, 8);

  noisy.direction = "maximize";
  noisy.finished_at = 9;  // it has gone on behind its end, and is counted anew
  Commit({study::PutStudy{noisy}});
  EXPECT_EQ(round().best_trial, 1);
  EXPECT_EQ(round().best_objective, 0.5);
  EXPECT_EQ(round().trained, 8);
}

// The study and the noise of its best in one read, and from one state of the file.
TEST_F(StudyTalliesTest, AStudyHasItsBestPoint) {
  study::StudyRecord noisy = study::SampleStudy(2, "noisy");
  noisy.spec = R"({"study":"noisy","training":{"replicates":2}})";
  Commit({study::PutStudy{noisy}, study::PutRound{study::SampleRound(2)}});
  const auto put = [&](std::int64_t number, TrialState state, std::optional<double> objective,
                       std::int64_t best_trial) {
    study::TrialRecord trial = study::SampleTrial(2, number, state, objective);
    trial.replicate = (number - 1) % 2;
    trial.parameters = "{\"rate\":" + std::to_string((number - 1) / 2) + "}";
    if (best_trial > 0) noisy.best_trial = best_trial;
    Commit({study::PutTrial{trial}, study::PutStudy{noisy}});
  };
  const auto point = [&] { return reader_->Study("noisy", Detail::kWithoutSpec).value().best_point; };
  put(1, TrialState::kCompleted, 0.25, 0);
  EXPECT_FALSE(point());
  put(2, TrialState::kCompleted, 0.75, 1);
  ASSERT_TRUE(point());
  EXPECT_EQ(point()->results, 2);
  EXPECT_EQ(point()->mean, 0.5);
  EXPECT_EQ(point()->standard_error, 0.25);
  EXPECT_FALSE(point()->rival);
  put(3, TrialState::kRunning, std::nullopt, 0);
  put(4, TrialState::kRunning, std::nullopt, 0);
  put(5, TrialState::kCompleted, 0.625, 0);
  put(6, TrialState::kFailed, std::nullopt, 0);
  ASSERT_TRUE(point()->rival);
  EXPECT_EQ(point()->rival->trial, 5);
  put(4, TrialState::kCompleted, 0.125, 0);
  put(3, TrialState::kCompleted, 0.125, 3);  // the first, behind its second
  ASSERT_TRUE(point());
  EXPECT_EQ(point()->mean, 0.125);
  EXPECT_EQ(point()->standard_error, 0);
  ASSERT_TRUE(point()->rival) << "0.5 is 0.375 away, of which the error is 0.25";
  EXPECT_EQ(point()->rival->trial, 1);
  EXPECT_EQ(reader_->Studies().value().at(0).best_point->mean, 0.125);
  EXPECT_FALSE(reader_->Studies().value().at(1).best_point) << "a point is one trial";

  // What has ended is not read again, shown by a row that changes as none does; while trials are extended, all
  // are.
  SqliteShell(folder_.File("studies.db"), "UPDATE trials SET objective = 0.375 WHERE study = 2 AND number = 4",
              /*write=*/true);
  EXPECT_EQ(point()->mean, 0.125);
  noisy.extended_from = study::StudyState::kCompleted;
  put(3, TrialState::kRunning, 0.0, 0);
  EXPECT_EQ(point()->mean, 0.1875) << "one that is extended counts with what it has come to";
  put(3, TrialState::kRunning, 0.125, 0);
  EXPECT_EQ(point()->mean, 0.25);
}

TEST_F(StudyTalliesTest, ASpecificationThatIsNoneSaysNothingOfReplicates) {
  study::StudyRecord damaged = study::SampleStudy(2, "damaged");
  damaged.spec = "{damaged";
  Commit({study::PutStudy{damaged}, study::PutRound{study::SampleRound(2)},
          study::PutTrial{study::SampleTrial(2, 1, TrialState::kCompleted, 0.5)}});
  EXPECT_EQ(reader_->Rounds("damaged").value().at(0).best_trial, 1);
}

// Whoever follows a study asks after every change: the trials that have ended are not read for that. Shown by a
// row that changes as none does; behind the study's end they may, and then it is.
TEST_F(StudyTalliesTest, ATrialThatHasEndedIsNotReadAgain) {
  Put(1, TrialState::kCompleted, 0.5);
  Put(2, TrialState::kRunning, std::nullopt);
  EXPECT_EQ(First().best_objective, 0.5);
  SqliteShell(folder_.File("studies.db"), "UPDATE trials SET objective = 0.25 WHERE number = 1", /*write=*/true);
  Put(2, TrialState::kCompleted, 0.75);
  EXPECT_EQ(First().best_objective, 0.5);
  EXPECT_EQ(First().trained, 2);

  study_.state = study::StudyState::kRunning;
  study_.extended_from = study::StudyState::kCompleted;
  Commit({study::PutStudy{study_}});
  EXPECT_EQ(First().best_objective, 0.25);
  Put(1, TrialState::kQueued, 0.25);
  Put(1, TrialState::kCompleted, 0.125);
  study_.extended_from.reset();
  study_.state = study::StudyState::kCompleted;
  study_.finished_at = 9;
  Commit({study::PutStudy{study_}});
  EXPECT_EQ(First().best_objective, 0.125);
  EXPECT_EQ(First().trained, 2);
}

// More studies than are remembered at once, asked for in turn, each keep their own.
TEST_F(StudyTalliesTest, ManyStudiesInTurn) {
  Put(1, TrialState::kCompleted, 0.5);
  for (std::int64_t id = 2; id <= 300; ++id) {
    study::TrialRecord trial = study::SampleTrial(id, 1, TrialState::kCompleted, static_cast<double>(id));
    Commit({study::PutStudy{study::SampleStudy(id, "s" + std::to_string(id))},
            study::PutRound{study::SampleRound(id)}, study::PutTrial{trial}});
  }
  for (int turn = 0; turn < 2; ++turn) {
    for (std::int64_t id = 2; id <= 300; ++id) {
      const std::vector<RoundRow> rounds = reader_->Rounds("s" + std::to_string(id)).value();
      ASSERT_EQ(rounds.size(), 1U);
      EXPECT_EQ(rounds[0].best_objective, static_cast<double>(id));
      EXPECT_EQ(rounds[0].trained, 1);
    }
    EXPECT_EQ(First().best_objective, 0.5);
  }
}

TEST_F(StudyTalliesTest, ComeInPieces) {
  const auto numbers = [&](std::int64_t after, std::int64_t limit, std::size_t most_bytes) {
    const std::vector<RoundRow> rows = reader_->Rounds("mlp", after, limit, most_bytes).value();
    std::vector<std::int64_t> found;
    for (const RoundRow& row : rows) found.push_back(row.round);
    return found;
  };
  EXPECT_THAT(numbers(0, 1, 1000), ElementsAre(1));
  EXPECT_THAT(numbers(1, 1, 1000), ElementsAre(2));
  EXPECT_THAT(numbers(0, 9, 1), ElementsAre(1));
  EXPECT_THAT(numbers(0, 9, 1000), ElementsAre(1, 2));
}

}  // namespace
}  // namespace hpsearch::store
