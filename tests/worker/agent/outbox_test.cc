#include "worker/agent/outbox.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <rapidcheck.h>

#include <map>
#include <vector>

namespace hpsearch::agent {
namespace {

using ::testing::ElementsAre;

v1::Epoch EpochOf(std::int64_t number) {
  v1::Epoch epoch;
  epoch.set_epoch(number);
  return epoch;
}

std::vector<std::int64_t> Numbers(const v1::EpochReport& report) {
  std::vector<std::int64_t> numbers;
  for (const v1::Epoch& epoch : report.epochs()) numbers.push_back(epoch.epoch());
  return numbers;
}

const LeaseId kOne{"study", 1, 1};
const LeaseId kTwo{"study", 2, 1};

TEST(OutboxTest, WhatCameWhileNothingWasSentGoesInOneMessageAndOutcomesBehindTheirEpochs) {
  Outbox outbox;
  v1::WorkerMessage message;
  EXPECT_FALSE(outbox.Take(&message));
  outbox.Open(kOne);
  outbox.Open(kTwo);
  outbox.Report(kOne, EpochOf(1));
  outbox.Report(kTwo, EpochOf(1));
  outbox.Report(kOne, EpochOf(2));
  outbox.Finish(kOne, v1::Outcome::COMPLETED, "");
  ASSERT_TRUE(outbox.Take(&message));
  ASSERT_EQ(message.reports().reports_size(), 2);
  EXPECT_EQ(IdOf(message.reports().reports(0)), kOne);
  EXPECT_THAT(Numbers(message.reports().reports(0)), ElementsAre(1, 2));
  EXPECT_THAT(Numbers(message.reports().reports(1)), ElementsAre(1));
  ASSERT_TRUE(outbox.Take(&message));
  EXPECT_EQ(IdOf(message.outcome()), kOne);
  EXPECT_EQ(message.outcome().kind(), v1::Outcome::COMPLETED);
  EXPECT_FALSE(outbox.Take(&message));
}

TEST(OutboxTest, OnlyWhatIsNotAcknowledgedGoesAgain) {
  Outbox outbox;
  v1::WorkerMessage message;
  outbox.Open(kOne);
  for (int n = 1; n <= 3; ++n) outbox.Report(kOne, EpochOf(n));
  ASSERT_TRUE(outbox.Take(&message));
  outbox.EpochsStored(kOne, 2);
  EXPECT_THAT(outbox.SendAgain(), ElementsAre(kOne));
  ASSERT_TRUE(outbox.Take(&message));
  EXPECT_THAT(Numbers(message.reports().reports(0)), ElementsAre(3));
  outbox.EpochsStored(kOne, 3);
  EXPECT_THAT(outbox.SendAgain(), ElementsAre(kOne));  // still trains
  EXPECT_FALSE(outbox.Take(&message));
  outbox.OutcomeStored(kOne);  // of no outcome of ours
  EXPECT_TRUE(outbox.Holds(kOne));
  outbox.Finish(kOne, v1::Outcome::FAILED, "why");
  ASSERT_TRUE(outbox.Take(&message));
  EXPECT_EQ(message.outcome().reason(), "why");
  EXPECT_FALSE(outbox.empty());
  outbox.OutcomeStored(kOne);
  EXPECT_TRUE(outbox.empty());
  EXPECT_THAT(outbox.SendAgain(), ElementsAre());
}

TEST(OutboxTest, OfARevokedLeaseNothingMoreIsSaid) {
  Outbox outbox;
  v1::WorkerMessage message;
  outbox.Open(kOne);
  outbox.Report(kOne, EpochOf(1));
  outbox.Drop(kOne);
  outbox.Report(kOne, EpochOf(2));
  outbox.Finish(kOne, v1::Outcome::RETURNED, "");
  EXPECT_FALSE(outbox.Take(&message));
  EXPECT_TRUE(outbox.empty());
}

TEST(OutboxTest, ALongBacklogIsSentInParts) {
  Outbox outbox;
  v1::WorkerMessage message;
  outbox.Open(kOne);
  outbox.Open(kTwo);
  outbox.Report(kTwo, EpochOf(1));
  outbox.Finish(kTwo, v1::Outcome::COMPLETED, "");
  for (int n = 1; n <= Outbox::kMostEpochs; ++n) outbox.Report(kOne, EpochOf(n));
  outbox.Finish(kOne, v1::Outcome::COMPLETED, "");
  ASSERT_TRUE(outbox.Take(&message));
  EXPECT_EQ(message.reports().reports(1).epochs_size(), Outbox::kMostEpochs - 1);
  ASSERT_TRUE(outbox.Take(&message));
  EXPECT_EQ(IdOf(message.outcome()), kTwo);
  ASSERT_TRUE(outbox.Take(&message));
  EXPECT_THAT(Numbers(message.reports().reports(0)), ElementsAre(Outbox::kMostEpochs));
  ASSERT_TRUE(outbox.Take(&message));
  EXPECT_EQ(IdOf(message.outcome()), kOne);
}

// A coordinator that stores what comes and demands that a lease's epochs come without gaps and its outcome after
// all of them; messages and acknowledgements are lost whenever the connection is cut, which is at any moment.
TEST(OutboxPropertyTest, EverythingArrivesInOrderWhateverIsLost) {
  EXPECT_TRUE(rc::check([] {
    const int leases = *rc::gen::inRange(1, 4);
    const int epochs = *rc::gen::inRange(0, 6);
    Outbox outbox;
    std::map<LeaseId, int> reported, stored;
    std::map<LeaseId, bool> finished, ended;
    std::vector<v1::WorkerMessage> under_way;      // to the coordinator
    std::vector<std::pair<LeaseId, int>> answers;  // back; -1: the outcome
    std::vector<LeaseId> ids;
    for (int i = 1; i <= leases; ++i) ids.push_back({"s", i, 1});
    for (const LeaseId& id : ids) outbox.Open(id);

    const auto report = [&](const LeaseId& id) {
      if (reported[id] < epochs) {
        outbox.Report(id, EpochOf(++reported[id]));
      } else if (!std::exchange(finished[id], true)) {
        outbox.Finish(id, v1::Outcome::COMPLETED, "");
      }
    };
    const auto send = [&] {
      v1::WorkerMessage message;
      if (!outbox.Take(&message)) return false;
      under_way.push_back(message);
      return true;
    };
    const auto arrive = [&] {
      if (under_way.empty()) return false;
      const v1::WorkerMessage message = under_way.front();
      under_way.erase(under_way.begin());
      for (const v1::EpochReport& part : message.reports().reports()) {
        for (const v1::Epoch& epoch : part.epochs()) {
          RC_ASSERT(epoch.epoch() <= stored[IdOf(part)] + 1);
          stored[IdOf(part)] = std::max<int>(stored[IdOf(part)], static_cast<int>(epoch.epoch()));
        }
        answers.emplace_back(IdOf(part), stored[IdOf(part)]);
      }
      if (message.has_outcome()) {
        RC_ASSERT(stored[IdOf(message.outcome())] == epochs);
        ended[IdOf(message.outcome())] = true;
        answers.emplace_back(IdOf(message.outcome()), -1);
      }
      return true;
    };
    const auto answer = [&] {
      if (answers.empty()) return false;
      const auto [id, epoch] = answers.front();
      answers.erase(answers.begin());
      if (epoch < 0) {
        outbox.OutcomeStored(id);
      } else {
        outbox.EpochsStored(id, epoch);
      }
      return true;
    };

    const auto steps = *rc::gen::container<std::vector<int>>(rc::gen::inRange(0, 12));
    for (const int step : steps) {
      if (step < 5) {
        report(ids[step % ids.size()]);
      } else if (step < 7) {
        send();
      } else if (step < 9) {
        arrive();
      } else if (step < 11) {
        answer();
      } else {
        under_way.clear();
        answers.clear();
        outbox.SendAgain();
      }
    }
    for (const LeaseId& id : ids) {
      while (!finished[id]) report(id);
    }
    under_way.clear();
    answers.clear();
    outbox.SendAgain();
    while (send() || arrive() || answer()) {
    }
    for (const LeaseId& id : ids) RC_ASSERT(ended[id] && stored[id] == epochs);
    RC_ASSERT(outbox.empty());
  }));
}

TEST(OutboxTest, AReasonIsText) {
  Outbox outbox;
  v1::WorkerMessage message;
  outbox.Open(kOne);
  outbox.Finish(kOne, v1::Outcome::FAILED, "no caf\xe9 here");
  ASSERT_TRUE(outbox.Take(&message));
  EXPECT_EQ(message.outcome().reason(), "no caf\xEF\xBF\xBD here");
}

}  // namespace
}  // namespace hpsearch::agent
