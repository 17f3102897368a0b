#include "server/rpc/watch_stream.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <future>
#include <map>
#include <vector>

#include "tests/server/rpc/fake_worker.h"
#include "tests/server/rpc/served.h"

namespace hpsearch::rpc {
namespace {

using testing::Context;
using testing::FakeWorker;
using testing::HelloOf;
using testing::Served;
using testing::SmallStudy;

v1::WatchStudyRequest Watch(const std::string& study) {
  v1::WatchStudyRequest request;
  request.set_name("studies/" + study);
  return request;
}

TEST(WatchStreamTest, TellsAllUntilTheEnd) {
  Served served;
  served.Create(SmallStudy("s", 2));
  const auto context = Context();
  const auto stream = served.studies().WatchStudy(context.get(), Watch("s"));
  v1::StudyEvent event;
  ASSERT_TRUE(stream->Read(&event));
  ASSERT_TRUE(event.has_study());
  EXPECT_EQ(event.study().state(), v1::STUDY_STATE_RUNNING);
  EXPECT_TRUE(event.study().has_spec());

  FakeWorker worker(served.channel());
  worker.Greet(HelloOf("w"));
  std::future<void> work = std::async(std::launch::async, [&] { worker.Work(); });
  std::map<std::int64_t, v1::Trial> trials;
  std::map<std::int64_t, std::vector<std::int64_t>> epochs;
  v1::StudyEvent last;
  while (stream->Read(&event)) {
    if (event.has_trial()) trials[event.trial().trial()] = event.trial();
    for (const v1::Epoch& epoch : event.epochs().epochs()) epochs[event.epochs().trial()].push_back(epoch.epoch());
    last = event;
  }
  const grpc::Status status = stream->Finish();
  worker.Leave();
  work.wait();
  EXPECT_TRUE(status.ok()) << status.error_message();
  ASSERT_TRUE(last.has_study());
  EXPECT_EQ(last.study().state(), v1::STUDY_STATE_COMPLETED);
  EXPECT_FALSE(last.study().has_spec());
  EXPECT_EQ(static_cast<std::int64_t>(trials.size()), last.study().planned_trials());
  for (const auto& [number, trial] : trials) {
    EXPECT_EQ(trial.state(), v1::TRIAL_STATE_COMPLETED) << number;
    if (!trial.reused_from().empty()) continue;
    EXPECT_THAT(epochs[number], ::testing::ElementsAre(1, 2)) << number;
  }
}

TEST(WatchStreamTest, AnEndedStudyIsToldOnce) {
  Served served;
  served.Create(SmallStudy("s"));
  v1::ChangeStudyRequest request;
  request.set_name("studies/s");
  request.set_request_id("cancel");
  v1::Study study;
  ASSERT_TRUE(served.studies().CancelStudy(Context().get(), request, &study).ok());
  const auto context = Context();
  const auto stream = served.studies().WatchStudy(context.get(), Watch("s"));
  v1::StudyEvent event;
  ASSERT_TRUE(stream->Read(&event));
  EXPECT_EQ(event.study().state(), v1::STUDY_STATE_CANCELLED);
  EXPECT_FALSE(stream->Read(&event));
  EXPECT_TRUE(stream->Finish().ok());
}

TEST(WatchStreamTest, RefusesWhatIsNotThere) {
  Served served;
  const auto code = [&](const v1::WatchStudyRequest& request) {
    const auto context = Context();
    const auto stream = served.studies().WatchStudy(context.get(), request);
    v1::StudyEvent event;
    EXPECT_FALSE(stream->Read(&event));
    return stream->Finish().error_code();
  };
  EXPECT_EQ(code(Watch("none")), grpc::StatusCode::NOT_FOUND);
  EXPECT_EQ(code(v1::WatchStudyRequest()), grpc::StatusCode::INVALID_ARGUMENT);
}

// Hundreds of watchers of one study all read at its next change: that is no flood of requests.
TEST(WatchStreamTest, IsNotHeldUpByTheBoundOnRequests) {
  Served served;
  served.Create(SmallStudy("s"));
  served.Restart({.waiting_reads = 0});
  const auto context = Context();
  const auto stream = served.studies().WatchStudy(context.get(), Watch("s"));
  v1::StudyEvent event;
  ASSERT_TRUE(stream->Read(&event)) << stream->Finish().error_message();
  v1::ChangeStudyRequest request;
  request.set_name("studies/s");
  request.set_request_id("cancel");
  v1::Study study;
  const grpc::Status cancelled = served.studies().CancelStudy(Context().get(), request, &study);
  EXPECT_TRUE(cancelled.ok()) << cancelled.error_message();
  v1::StudyEvent last = event;
  while (stream->Read(&event)) last = event;
  EXPECT_EQ(last.study().state(), v1::STUDY_STATE_CANCELLED);
  EXPECT_TRUE(stream->Finish().ok());
}

// Stop waits for every stream, so that a left one would hang here.
TEST(WatchStreamTest, AClientThatLeavesIsForgotten) {
  Served served;
  served.Create(SmallStudy("s"));
  const auto context = Context();
  const auto stream = served.studies().WatchStudy(context.get(), Watch("s"));
  v1::StudyEvent event;
  ASSERT_TRUE(stream->Read(&event));
  context->TryCancel();
  EXPECT_EQ(stream->Finish().error_code(), grpc::StatusCode::CANCELLED);
  served.server().Stop();
}

}  // namespace
}  // namespace hpsearch::rpc
