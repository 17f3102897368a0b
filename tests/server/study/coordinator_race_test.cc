// Trials that run from rung to rung: paused where they are compared, and gone on with from there.
#include <fmt/format.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <functional>
#include <string>
#include <vector>

#include "tests/server/study/coordinator_world.h"

namespace hpsearch::study {
namespace {

using ::testing::ElementsAre;
using ::testing::ElementsAreArray;
using ::testing::HasSubstr;
using ::testing::IsEmpty;

// Nine rates, nearer and farther from the best, 0.05, in no order.
constexpr const char* kRates = R"({"values":[1,0.001,0.04,0.3,0.06,0.005,0.1,0.02,0.5]})";

StudyText With(const std::string& race, int epochs = 9) {
  return {.epochs = epochs, .rates = kRates, .more = fmt::format(R"(,"stopping":[{}])", race)};
}

// A trial and the epochs that its lease goes to.
std::string JobOf(const Lease& lease) { return fmt::format("{}:{}", lease.trial, lease.epochs); }

// Trains the leases of all workers, one after the other, until nothing more comes; `between` before each.
std::vector<std::string> TrainAll(
    World& world, std::vector<std::shared_ptr<FakeWorker>> workers,
    const std::function<void(std::vector<std::shared_ptr<FakeWorker>>&)>& between = {}) {
  std::vector<std::string> jobs;
  for (bool more = true; more;) {
    more = false;
    for (std::size_t i = 0; i < workers.size(); ++i) {
      if (between) between(workers);
      FakeWorker& worker = *workers[i];
      if (worker.leases.empty()) continue;
      const Lease lease = worker.leases.front();
      worker.leases.erase(worker.leases.begin());
      jobs.push_back(JobOf(lease));
      world.Train(worker, lease);
      more = true;
    }
  }
  return jobs;
}

std::string Describe(World& world) {
  std::string text = fmt::format("{} best {}\n", ToString(world.Study().state), *world.Study().best_trial);
  for (const auto& [key, trial] : world.store.trials()) {
    text += fmt::format("{} {} {} {} {} {} of {}: {}\n", trial.number, ToString(trial.state),
                        trial.objective.value_or(-1), trial.best_epoch.value_or(0), trial.attempt, trial.epochs,
                        trial.epochs_planned, trial.reason);
  }
  return text;
}

const std::vector<std::string> kAshaJobs = {"1:1", "2:1", "3:1", "3:3", "4:1", "5:1", "5:3",
                                            "6:1", "7:1", "8:1", "9:1", "7:3", "5:9"};

TEST(CoordinatorRace, AshaGoesOnWithTheBestOfEachRung) {
  World world;
  ASSERT_TRUE(world.Create(With(R"("asha")")).ok());
  const auto worker = world.Start();
  std::vector<std::string> jobs;
  std::vector<Lease> leases;
  while (!worker->leases.empty()) {
    const Lease lease = worker->leases.front();
    worker->leases.clear();
    leases.push_back(lease);
    jobs.push_back(JobOf(lease));
    if (lease.epochs == 9) {
      EXPECT_FALSE(lease.may_go_on);
    } else {
      EXPECT_TRUE(lease.may_go_on);
    }
    EXPECT_EQ(lease.epochs_stored, lease.attempt == 1 ? 0 : lease.epochs / 3);
    world.Report(*worker, lease, 1, lease.epochs);
    world.Finish(*worker, lease);
    if (jobs.size() == 2) {
      EXPECT_EQ(world.Trial(1).state, TrialState::kPaused);
      EXPECT_EQ(world.Trial(1).epochs, 1);
      EXPECT_TRUE(world.Trial(1).objective.has_value());
      EXPECT_FALSE(world.Trial(1).finished_at.has_value());
      EXPECT_TRUE(world->MayGoOn("s", 1)) << "its checkpoint is of use";
      EXPECT_EQ(world.Study().best_trial, std::nullopt) << "none is done";
    }
    if (jobs.size() == 3) {
      EXPECT_EQ(world.Trial(3).state, TrialState::kQueued);
      EXPECT_EQ(world.Trial(3).epochs_planned, 3);
    }
    world->Ready(worker->session, 1);
    world.Run();
  }
  EXPECT_THAT(jobs, ElementsAreArray(kAshaJobs));
  EXPECT_EQ(world.Study().state, StudyState::kCompleted);
  EXPECT_EQ(world.Study().best_trial, 5);
  EXPECT_EQ(world.Trial(5).state, TrialState::kCompleted);
  EXPECT_EQ(world.Trial(5).epochs, 9);
  EXPECT_EQ(world.Trial(3).state, TrialState::kEarlyStopped);
  EXPECT_EQ(world.Trial(3).epochs, 3);
  EXPECT_EQ(world.Trial(3).reason, "asha: not among the best 1 of 3 at 3 epochs");
  EXPECT_EQ(world.Trial(1).reason, "asha: not among the best 3 of 9 at 1 epochs");
  EXPECT_TRUE(world.Trial(1).finished_at.has_value());
  EXPECT_THAT(worker->revoked, IsEmpty());
}

// A crash before each lease is trained: the race is made again from the rows alone.
TEST(CoordinatorRace, GoesOnBehindCrashesAsIfThereWereNone) {
  for (const char* race : {R"("asha")", R"("successive_halving")", R"("hyperband")"}) {
    std::vector<std::string> jobs[2];
    std::string ends[2];
    for (const bool crash : {false, true}) {
      World world;
      ASSERT_TRUE(world.Create(With(race)).ok());
      jobs[crash] = TrainAll(world, {world.Start()}, [&](std::vector<std::shared_ptr<FakeWorker>>& workers) {
        if (!crash) return;
        const auto known = workers[0];
        world.Crash();
        WorkerHello hello = World::Hello();  // the same process, with what it had
        for (const Lease& lease : known->leases) hello.held.push_back({lease.study, lease.trial, lease.attempt});
        workers[0] = world.Connect(hello);
        workers[0]->leases = known->leases;
        if (known->leases.empty()) world->Ready(workers[0]->session, 1);
        world.Run();
      });
      ends[crash] = Describe(world);
    }
    EXPECT_THAT(jobs[1], ElementsAreArray(jobs[0])) << race;
    EXPECT_EQ(ends[1], ends[0]) << race;
    EXPECT_THAT(ends[0], HasSubstr("COMPLETED"));
  }
}

TEST(CoordinatorRace, ThoseThatWaitForAllAreTheSameForAnyNumberOfWorkers) {
  for (const char* race : {R"("successive_halving")", R"("hyperband")"}) {
    std::string ends[2];
    for (const bool more : {false, true}) {
      World world;
      ASSERT_TRUE(world.Create(With(race)).ok());
      std::vector<std::shared_ptr<FakeWorker>> workers = {world.Start()};
      if (more) {
        workers.push_back(world.Start(World::Hello("b")));
        workers.push_back(world.Start(World::Hello("c")));
      }
      TrainAll(world, workers);
      ends[more] = Describe(world);
    }
    EXPECT_EQ(ends[1], ends[0]) << race;
  }
}

TEST(CoordinatorRace, SuccessiveHalvingWaitsForTheRung) {
  World world;
  ASSERT_TRUE(world.Create(With(R"("successive_halving")")).ok());
  const auto worker = world.Start();
  EXPECT_THAT(TrainAll(world, {worker}),
              ElementsAre("1:1", "2:1", "3:1", "4:1", "5:1", "6:1", "7:1", "8:1", "9:1",  //
                          "3:3", "5:3", "7:3", "5:9"));
  EXPECT_EQ(world.Trial(9).state, TrialState::kEarlyStopped);
  EXPECT_EQ(world.Trial(9).reason, "successive_halving: not among the best 3 of 9 at 1 epochs");
  EXPECT_EQ(world.Study().best_trial, 5);
}

TEST(CoordinatorRace, HyperbandDealsTrialsToItsBrackets) {
  World world;
  // Of 9 epochs: brackets of 9, 5 and 3 trials that begin with 1, 3 and 9 epochs.
  StudyText text = With(R"("hyperband")");
  text.rates = R"({"logspace":{"start":-3,"stop":0,"num":20}})";
  ASSERT_TRUE(world.Create(text).ok());
  const auto worker = world.Start();
  std::vector<std::string> jobs = TrainAll(world, {worker});
  std::vector<std::string> first(20);
  for (const std::string& job : jobs) {
    std::string& lease = first.at(std::stoul(job) - 1);
    if (lease.empty()) lease = job.substr(job.find(':') + 1);
  }
  EXPECT_THAT(first, ElementsAre("1", "1", "1", "1", "1", "1", "1", "1", "1", "3", "3", "3", "3", "3", "9", "9",
                                 "9", "1", "1", "1"));
  EXPECT_EQ(world.Study().state, StudyState::kCompleted);
}

TEST(CoordinatorRace, WithStopAndCancelThePausedHaveEnded) {
  for (const Action action : {Action::kStop, Action::kCancel}) {
    World world;
    ASSERT_TRUE(world.Create(With(R"("asha")")).ok());
    const auto worker = world.Start();
    world.Train(*worker, Lease(worker->leases[0]));
    world.Train(*worker, Lease(worker->leases[1]));
    ASSERT_TRUE(world.Change("s", action).ok());
    if (action == Action::kStop) {
      EXPECT_EQ(world.Study().state, StudyState::kRunning);
      world.Train(*worker, Lease(worker->leases[2]));  // it would go on
    }
    EXPECT_EQ(world.Study().state, action == Action::kStop ? StudyState::kStopped : StudyState::kCancelled);
    EXPECT_EQ(world.Trial(1).state, TrialState::kEarlyStopped);
    EXPECT_EQ(world.Trial(2).state, TrialState::kEarlyStopped);
    EXPECT_EQ(world.Trial(3).state, action == Action::kStop ? TrialState::kEarlyStopped : TrialState::kCancelled);
    EXPECT_EQ(world.Study().best_trial, action == Action::kStop ? 3 : 1);
    if (action == Action::kStop) {
      EXPECT_EQ(world.Trial(1).reason, "asha: not among the best 1 of 3 at 1 epochs");
      EXPECT_EQ(world.Trial(3).reason, "asha: among the best 1 of 3 at 1 epochs, and nothing went on");
    } else {
      EXPECT_EQ(world.Trial(1).reason, "asha: 2 of 3 wanted to go on at 1 epochs");
    }
  }
}

// What was to go on from a rung when the study is stopped, is no worse off than what was left behind there.
TEST(CoordinatorRace, WithStopThoseThatWereToGoOnKeepWhatTheyHave) {
  World world;
  ASSERT_TRUE(world.Create(With(R"({"successive_halving":{}})")).ok());
  const auto worker = world.Start();
  for (int i = 0; i < 9; ++i) world.Train(*worker, Lease(worker->leases.back()));
  // The rung is decided: three go on, the first of them is leased.
  ASSERT_TRUE(world.Change("s", Action::kCancel).ok());
  EXPECT_EQ(world.Study().state, StudyState::kCancelled);
  int stopped = 0;
  for (std::int64_t trial = 1; trial <= 9; ++trial)
    stopped += world.Trial(trial).state == TrialState::kEarlyStopped;
  EXPECT_EQ(stopped, 8) << "all but the one that ran";
  const std::int64_t best = *world.Study().best_trial;
  EXPECT_EQ(world.Trial(best).reason, "the study ended before it went on");
}

TEST(CoordinatorRace, TrialsThatEndOnTheWayHoldNobodyUp) {
  World world;
  StudyText text = With(R"("successive_halving",{"patience":{"epochs":1}})");
  text.limits = R"({"max_attempts":1})";
  ASSERT_TRUE(world.Create(text).ok());
  const auto worker = world.Start();
  std::vector<std::string> jobs;
  while (!worker->leases.empty()) {
    const Lease lease = worker->leases.front();
    worker->leases.clear();
    jobs.push_back(JobOf(lease));
    if (lease.trial == 3) {  // the best of all
      world.Finish(*worker, lease, TrialOutcome::Kind::kFailed, "no memory");
    } else if (lease.trial == 5) {
      world.Report(*worker, lease, 1, 1);
      world.Finish(*worker, lease, TrialOutcome::Kind::kDiverged, "not finite");
    } else {
      world.Report(*worker, lease, 1, lease.epochs);
      world.Finish(*worker, lease);
    }
    world->Ready(worker->session, 1);
    world.Run();
  }
  EXPECT_THAT(jobs, ElementsAre("1:1", "2:1", "3:1", "4:1", "5:1", "6:1", "7:1", "8:1", "9:1",  //
                                "4:3", "7:3", "8:3", "7:9"));
  EXPECT_EQ(world.Study().state, StudyState::kCompleted);
}

TEST(CoordinatorRace, ALeaseThatIsLostIsLeasedAgainToTheSameRung) {
  World world;
  ASSERT_TRUE(world.Create(With(R"("asha")")).ok());
  auto worker = world.Start();
  for (int i = 0; i < 3; ++i) world.Train(*worker, Lease(worker->leases.at(i)));
  ASSERT_EQ(JobOf(worker->leases.at(3)), "3:3");
  world.Report(*worker, worker->leases[3], 1, 2);
  world->Disconnect(worker->session);
  world.Pass(30);
  world.Run();
  WorkerHello hello = World::Hello("other");
  worker = world.Start(hello);
  ASSERT_EQ(worker->leases.size(), 1U);
  EXPECT_EQ(JobOf(worker->leases[0]), "3:3");
  EXPECT_EQ(worker->leases[0].epochs_stored, 2);
  std::vector<std::string> rest(kAshaJobs.begin() + 3, kAshaJobs.end());
  EXPECT_THAT(TrainAll(world, {worker}), ElementsAreArray(rest));
}

// A worker whose acknowledgement was lost says its outcome again.
TEST(CoordinatorRace, AnOutcomeThatComesTwiceCountsOnce) {
  World world;
  ASSERT_TRUE(world.Create(With(R"("asha")")).ok());
  const auto worker = world.Start();
  const Lease lease = worker->leases.at(0);
  world.Report(*worker, lease, 1, 1);
  world.Finish(*worker, lease);
  world.Finish(*worker, lease);
  EXPECT_EQ(worker->outcomes.size(), 2U);
  EXPECT_THAT(worker->revoked, IsEmpty());
  EXPECT_EQ(world.Trial(1).state, TrialState::kPaused);
}

// Rounds race apart from each other; a point that an earlier one has judged is judged.
TEST(CoordinatorRace, EachRoundHasARaceOfItsOwn) {
  for (const char* race : {R"("asha")", R"("successive_halving")"}) {
    std::string ends[2];
    for (const bool crash : {false, true}) {
      World world;
      StudyText text = With(race, 6);
      text.rates = R"({"logspace":{"start":-3,"stop":0,"num":4}})";
      text.search = R"({"refine":{"rounds":3}})";
      ASSERT_TRUE(world.Create(text).ok());
      TrainAll(world, {world.Start()}, [&](std::vector<std::shared_ptr<FakeWorker>>& workers) {
        if (!crash) return;
        const auto known = workers[0];
        world.Crash();
        WorkerHello hello = World::Hello();
        for (const Lease& lease : known->leases) hello.held.push_back({lease.study, lease.trial, lease.attempt});
        workers[0] = world.Connect(hello);
        workers[0]->leases = known->leases;
        if (known->leases.empty()) world->Ready(workers[0]->session, 1);
        world.Run();
      });
      ends[crash] = Describe(world);
      EXPECT_EQ(world.store.rounds().size(), 3U);
      EXPECT_EQ(world.Study().state, StudyState::kCompleted);
      for (const auto& [key, trial] : world.store.trials()) {
        EXPECT_TRUE(IsFinal(trial.state)) << trial.number;
        EXPECT_EQ(static_cast<std::int64_t>(world.store.Epochs(1, trial.number).size()), trial.epochs);
      }
    }
    EXPECT_EQ(ends[1], ends[0]) << race;
  }
}

// What a study that stopped early was told to train on with goes on from where it was.
TEST(CoordinatorRace, ATrialThatWasStoppedCanBeExtended) {
  World world;
  ASSERT_TRUE(world.Create(With(R"("asha")")).ok());
  const auto worker = world.Start();
  TrainAll(world, {worker});
  ASSERT_EQ(world.Trial(1).state, TrialState::kEarlyStopped);
  ASSERT_TRUE(world.Extend("s", {.trial = 1, .epochs = 9}).ok());
  ASSERT_EQ(worker->leases.size(), 1U);
  EXPECT_EQ(JobOf(worker->leases[0]), "1:9");
  EXPECT_FALSE(worker->leases[0].may_go_on);
  TrainAll(world, {worker});
  EXPECT_EQ(world.Trial(1).state, TrialState::kCompleted);
  EXPECT_EQ(world.Study().state, StudyState::kCompleted);
}

}  // namespace
}  // namespace hpsearch::study
