#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "tests/server/rpc/fake_worker.h"
#include "tests/server/rpc/served.h"

namespace hpsearch::rpc {
namespace {

using ::testing::AllOf;
using testing::Context;
using ::testing::ElementsAre;
using testing::FakeWorker;
using ::testing::HasSubstr;
using testing::HelloOf;
using testing::Served;
using testing::SmallStudy;
using ::testing::StartsWith;

class StudyServiceTest : public ::testing::Test {
 protected:
  grpc::Status Change(grpc::Status (v1::StudyService::Stub::*method)(grpc::ClientContext*,
                                                                     const v1::ChangeStudyRequest&, v1::Study*),
                      const std::string& request_id, v1::Study* study) {
    v1::ChangeStudyRequest request;
    request.set_name("studies/s");
    request.set_request_id(request_id);
    return (served_.studies().*method)(Context().get(), request, study);
  }

  grpc::Status List(const v1::ListTrialsRequest& request, v1::ListTrialsResponse* response) {
    response->Clear();
    return served_.studies().ListTrials(Context().get(), request, response);
  }

  Served served_;
};

std::vector<std::int64_t> Numbers(const v1::ListTrialsResponse& response) {
  std::vector<std::int64_t> numbers;
  for (const v1::Trial& trial : response.trials()) numbers.push_back(trial.trial());
  return numbers;
}

TEST_F(StudyServiceTest, CreatesAStudy) {
  v1::CreateStudyResponse response;
  const grpc::Status status = served_.Create(SmallStudy("s", 2), "id", &response);
  ASSERT_TRUE(status.ok()) << status.error_message();
  EXPECT_FALSE(response.existed());
  const v1::Study& study = response.study();
  EXPECT_EQ(study.name(), "studies/s");
  EXPECT_EQ(study.state(), v1::STUDY_STATE_RUNNING);
  EXPECT_EQ(study.metric(), "validation_error");
  EXPECT_EQ(study.planned_trials(), 4);
  EXPECT_GT(study.max_trials(), 4);
  EXPECT_TRUE(study.has_created_at());
  EXPECT_EQ(study.spec().model(0).dropout().rate().parameter(), "dropout");
  EXPECT_EQ(study.spec().training().batch_size().value(), 32);  // canonical: defaults written out
  EXPECT_THAT(study.spec_json(), HasSubstr("\"study\""));
  const v1::Study got = served_.Get("s");
  EXPECT_EQ(got.spec().SerializeAsString(), study.spec().SerializeAsString());
  EXPECT_EQ(got.max_trials(), study.max_trials());
}

TEST_F(StudyServiceTest, TheSameAgainReturnsTheStudyAnotherIsRefused) {
  served_.Create(SmallStudy("s"));
  v1::CreateStudyResponse response;
  ASSERT_TRUE(served_.Create(SmallStudy("s"), "another id", &response).ok());
  EXPECT_TRUE(response.existed());
  EXPECT_EQ(response.study().name(), "studies/s");
  EXPECT_EQ(served_.Create(SmallStudy("s", 2), "a third", &response).error_code(),
            grpc::StatusCode::ALREADY_EXISTS);
}

// The answer to a create may be lost: whoever repeats it learns what its first try did.
TEST_F(StudyServiceTest, ARepeatedCreateGetsItsFirstAnswer) {
  for (int i = 0; i < 2; ++i) {
    v1::CreateStudyResponse response;
    ASSERT_TRUE(served_.Create(SmallStudy("s"), "first", &response).ok());
    EXPECT_FALSE(response.existed()) << i;
    ASSERT_TRUE(served_.Create(SmallStudy("s"), "second", &response).ok());
    EXPECT_TRUE(response.existed()) << i;
    if (i == 0) served_.Restart();
  }
}

TEST_F(StudyServiceTest, RefusesASpecificationOfMoreThanAMebibyte) {
  v1::StudySpec spec = SmallStudy("s");
  v1::Parameter* dropout = spec.mutable_parameters(1);
  ASSERT_EQ(dropout->name(), "dropout");
  dropout->mutable_values()->Clear();
  constexpr int kMany = 60'000;
  for (int i = 0; i < kMany; ++i) dropout->mutable_values()->add_values()->set_number((i + 0.123456) / kMany);
  v1::CreateStudyResponse response;
  const grpc::Status status = served_.Create(spec, "id", &response);
  EXPECT_EQ(status.error_code(), grpc::StatusCode::INVALID_ARGUMENT);
  EXPECT_THAT(status.error_message(), HasSubstr("at most 1048576"));
}

TEST_F(StudyServiceTest, ARepeatedRequestGetsItsFirstAnswer) {
  served_.Create(SmallStudy("s"));
  v1::Study study;
  ASSERT_TRUE(Change(&v1::StudyService::Stub::PauseStudy, "pause", &study).ok());
  EXPECT_EQ(study.state(), v1::STUDY_STATE_PAUSED);
  ASSERT_TRUE(Change(&v1::StudyService::Stub::ResumeStudy, "resume", &study).ok());
  EXPECT_EQ(study.state(), v1::STUDY_STATE_RUNNING);
  ASSERT_TRUE(Change(&v1::StudyService::Stub::PauseStudy, "pause", &study).ok());
  EXPECT_EQ(study.state(), v1::STUDY_STATE_PAUSED);
  EXPECT_EQ(served_.Get("s").state(), v1::STUDY_STATE_RUNNING);
}

TEST_F(StudyServiceTest, StopsAndCancels) {
  served_.Create(SmallStudy("s"));
  v1::Study study;
  ASSERT_TRUE(Change(&v1::StudyService::Stub::StopStudy, "stop", &study).ok());
  EXPECT_EQ(study.state(), v1::STUDY_STATE_STOPPED);  // nothing ran
  EXPECT_TRUE(study.has_finished_at());
  EXPECT_EQ(Change(&v1::StudyService::Stub::ResumeStudy, "resume", &study).error_code(),
            grpc::StatusCode::FAILED_PRECONDITION);
  EXPECT_EQ(Change(&v1::StudyService::Stub::CancelStudy, "cancel", &study).error_code(),
            grpc::StatusCode::FAILED_PRECONDITION);
}

TEST_F(StudyServiceTest, RefinesAStudyThatHasEnded) {
  v1::RefineStudyRequest request;
  request.set_name("studies/s");
  request.set_request_id("mine");
  v1::Study study;
  const auto refine = [&] { return served_.studies().RefineStudy(Context().get(), request, &study); };
  EXPECT_EQ(refine().error_code(), grpc::StatusCode::NOT_FOUND);
  const v1::Study ended = served_.RunToEnd(SmallStudy("s"));
  (*request.mutable_at())["learning_rate"].set_number(-1);
  EXPECT_EQ(refine().error_code(), grpc::StatusCode::INVALID_ARGUMENT);
  (*request.mutable_at())["learning_rate"].clear_kind();
  EXPECT_EQ(refine().error_code(), grpc::StatusCode::INVALID_ARGUMENT);
  // A kind of value that a later version has, and this one would take as none.
  v1::Scalar& later = (*request.mutable_at())["learning_rate"];
  later.GetReflection()->MutableUnknownFields(&later)->AddVarint(99, 1);
  const grpc::Status unknown = refine();
  EXPECT_EQ(unknown.error_code(), grpc::StatusCode::INVALID_ARGUMENT);
  EXPECT_THAT(unknown.error_message(), StartsWith("at.learning_rate: field 99 of Scalar"));
  later.Clear();
  later.set_number(0.1);
  request.set_num(6);
  EXPECT_EQ(refine().error_code(), grpc::StatusCode::INVALID_ARGUMENT);
  request.set_num(5);
  request.add_around(1);
  EXPECT_EQ(refine().error_code(), grpc::StatusCode::INVALID_ARGUMENT);
  request.clear_around();
  const grpc::Status refined = refine();
  ASSERT_TRUE(refined.ok()) << refined.error_message();
  EXPECT_EQ(study.state(), v1::STUDY_STATE_RUNNING);
  EXPECT_EQ(study.rounds(), 2);
  EXPECT_GT(study.planned_trials(), ended.planned_trials());
  // Again it is answered, and not carried out.
  const std::int64_t planned = study.planned_trials();
  ASSERT_TRUE(refine().ok());
  EXPECT_EQ(study.planned_trials(), planned);
  request.set_request_id("another");
  const grpc::Status running = refine();
  EXPECT_EQ(running.error_code(), grpc::StatusCode::FAILED_PRECONDITION);
  EXPECT_THAT(running.error_message(), HasSubstr("is RUNNING"));
}

TEST_F(StudyServiceTest, ChecksRequests) {
  v1::Study study;
  v1::CreateStudyResponse created;
  EXPECT_EQ(served_.Create(SmallStudy("s"), "", &created).error_code(), grpc::StatusCode::INVALID_ARGUMENT);
  EXPECT_EQ(served_.Create(SmallStudy("s"), std::string(129, 'i'), &created).error_code(),
            grpc::StatusCode::INVALID_ARGUMENT);
  EXPECT_EQ(Change(&v1::StudyService::Stub::PauseStudy, "", &study).error_code(),
            grpc::StatusCode::INVALID_ARGUMENT);
  EXPECT_EQ(Change(&v1::StudyService::Stub::PauseStudy, "id", &study).error_code(), grpc::StatusCode::NOT_FOUND);
  v1::GetStudyRequest get;
  get.set_name("s");
  const grpc::Status status = served_.studies().GetStudy(Context().get(), get, &study);
  EXPECT_EQ(status.error_code(), grpc::StatusCode::INVALID_ARGUMENT);
  EXPECT_THAT(status.error_message(), HasSubstr("studies/{study}"));
  get.set_name("studies/none");
  EXPECT_EQ(served_.studies().GetStudy(Context().get(), get, &study).error_code(), grpc::StatusCode::NOT_FOUND);
}

TEST_F(StudyServiceTest, NamesEveryFaultOfASpecification) {
  v1::StudySpec spec = SmallStudy("s");
  spec.mutable_model(1)->mutable_dense()->mutable_units()->set_value(0);
  spec.mutable_training()->mutable_optimizer()->mutable_sgd()->mutable_learning_rate()->set_parameter("no_such");
  v1::CreateStudyResponse response;
  const grpc::Status status = served_.Create(spec, "id", &response);
  EXPECT_EQ(status.error_code(), grpc::StatusCode::INVALID_ARGUMENT);
  EXPECT_THAT(status.error_message(), AllOf(HasSubstr("model[1].dense.units: "), HasSubstr("no_such"),
                                            HasSubstr("parameters.learning_rate")));
}

TEST_F(StudyServiceTest, ValidatesWithoutCreating) {
  v1::CreateStudyRequest request;
  *request.mutable_spec() = SmallStudy("s", 2);
  request.set_validate_only(true);
  v1::CreateStudyResponse response;
  const grpc::Status status = served_.studies().CreateStudy(Context().get(), request, &response);
  ASSERT_TRUE(status.ok()) << status.error_message();
  EXPECT_EQ(response.study().planned_trials(), 4);
  EXPECT_GT(response.study().max_trials(), 4);
  EXPECT_EQ(response.study().state(), v1::STUDY_STATE_UNSPECIFIED);
  v1::ListStudiesResponse studies;
  ASSERT_TRUE(served_.studies().ListStudies(Context().get(), {}, &studies).ok());
  EXPECT_EQ(studies.studies_size(), 0);

  served_.Create(SmallStudy("s"));
  EXPECT_EQ(served_.studies().CreateStudy(Context().get(), request, &response).error_code(),
            grpc::StatusCode::ALREADY_EXISTS);
}

TEST_F(StudyServiceTest, APathIsForTheEmbeddedServerAlone) {
  v1::StudySpec spec = SmallStudy("s");
  spec.mutable_dataset()->clear_name();
  spec.mutable_dataset()->mutable_path()->set_value("/somewhere");
  v1::CreateStudyResponse response;
  const grpc::Status status = served_.Create(spec, "id", &response);
  EXPECT_EQ(status.error_code(), grpc::StatusCode::INVALID_ARGUMENT);
  EXPECT_THAT(status.error_message(), HasSubstr("dataset.path: "));
  Served embedded(/*listen=*/false);
  EXPECT_TRUE(embedded.Create(spec, "id", &response).ok());
}

TEST_F(StudyServiceTest, ListsStudiesInPages) {
  for (const char* name : {"a", "b", "c"}) served_.Create(SmallStudy(name));
  v1::ListStudiesRequest request;
  request.set_page_size(2);
  v1::ListStudiesResponse page;
  ASSERT_TRUE(served_.studies().ListStudies(Context().get(), request, &page).ok());
  ASSERT_EQ(page.studies_size(), 2);
  EXPECT_EQ(page.studies(0).name(), "studies/c");
  EXPECT_FALSE(page.studies(0).has_spec());
  request.set_page_token(page.next_page_token());
  v1::ListStudiesResponse rest;
  ASSERT_TRUE(served_.studies().ListStudies(Context().get(), request, &rest).ok());
  ASSERT_EQ(rest.studies_size(), 1);
  EXPECT_EQ(rest.studies(0).name(), "studies/a");
  EXPECT_EQ(rest.next_page_token(), "");
  request.set_page_token("nonsense");
  EXPECT_EQ(served_.studies().ListStudies(Context().get(), request, &rest).error_code(),
            grpc::StatusCode::INVALID_ARGUMENT);
}

TEST_F(StudyServiceTest, ReadsTrialsAndCurves) {
  ASSERT_EQ(served_.RunToEnd(SmallStudy("s")).state(), v1::STUDY_STATE_COMPLETED);
  v1::ListTrialsRequest request;
  request.set_parent("studies/s");
  request.set_page_size(3);
  v1::ListTrialsResponse trials;
  ASSERT_TRUE(List(request, &trials).ok());
  EXPECT_THAT(Numbers(trials), ElementsAre(1, 2, 3));
  EXPECT_EQ(trials.trials(0).name(), "studies/s/trials/1");
  EXPECT_EQ(trials.trials(0).state(), v1::TRIAL_STATE_COMPLETED);
  EXPECT_THAT(trials.trials(0).parameters_json(), HasSubstr("\"learning_rate\""));
  request.set_page_token(trials.next_page_token());
  ASSERT_TRUE(List(request, &trials).ok());
  EXPECT_THAT(Numbers(trials), ElementsAre(4));
  EXPECT_EQ(trials.next_page_token(), "");

  // Trial 3: the rate 0.1 without dropout.
  request.clear_page_token();
  request.set_order_by("objective");
  ASSERT_TRUE(List(request, &trials).ok());
  EXPECT_THAT(Numbers(trials), ElementsAre(3, 1, 4));
  request.set_order_by("trial desc");
  ASSERT_TRUE(List(request, &trials).ok());
  EXPECT_THAT(Numbers(trials), ElementsAre(4, 3, 2));
  request.set_state(v1::TRIAL_STATE_FAILED);
  ASSERT_TRUE(List(request, &trials).ok());
  EXPECT_THAT(Numbers(trials), ElementsAre());
  request.set_order_by("trial sideways");
  EXPECT_EQ(List(request, &trials).error_code(), grpc::StatusCode::INVALID_ARGUMENT);
  request.set_order_by("no_such_key");
  EXPECT_EQ(List(request, &trials).error_code(), grpc::StatusCode::INVALID_ARGUMENT);

  v1::GetTrialRequest get;
  get.set_name("studies/s/trials/best");
  v1::Trial best;
  ASSERT_TRUE(served_.studies().GetTrial(Context().get(), get, &best).ok());
  EXPECT_EQ(best.trial(), 3);
  EXPECT_DOUBLE_EQ(best.objective(), 0.1);
  EXPECT_EQ(best.best_epoch(), 2);
  EXPECT_EQ(served_.Get("s").best_trial(), 3);

  v1::GetCurvesRequest curves;
  curves.set_parent("studies/s");
  curves.add_trials(3);
  curves.add_trials(1);
  v1::GetCurvesResponse response;
  ASSERT_TRUE(served_.studies().GetCurves(Context().get(), curves, &response).ok());
  ASSERT_EQ(response.curves_size(), 2);
  EXPECT_EQ(response.curves(0).trial(), 3);
  ASSERT_EQ(response.curves(0).epochs_size(), 2);
  EXPECT_DOUBLE_EQ(response.curves(0).epochs(0).validation_error(), 0.15);
  EXPECT_DOUBLE_EQ(response.curves(0).epochs(1).validation_error(), 0.1);
  curves.clear_trials();
  EXPECT_EQ(served_.studies().GetCurves(Context().get(), curves, &response).error_code(),
            grpc::StatusCode::INVALID_ARGUMENT);
}

// Reading the answer to a change is no further request: it would be refused, and the change is carried out.
TEST_F(StudyServiceTest, AChangeIsAnsweredHoweverManyReadsWait) {
  served_.Create(SmallStudy("s"));
  served_.Restart({.waiting_reads = 0});
  v1::GetStudyRequest get;
  get.set_name("studies/s");
  v1::Study study;
  EXPECT_EQ(served_.studies().GetStudy(Context().get(), get, &study).error_code(),
            grpc::StatusCode::RESOURCE_EXHAUSTED);
  const grpc::Status status = Change(&v1::StudyService::Stub::PauseStudy, "pause", &study);
  EXPECT_TRUE(status.ok()) << status.error_message();
  EXPECT_EQ(study.state(), v1::STUDY_STATE_PAUSED);
}

TEST_F(StudyServiceTest, RefusesWhatTheCoordinatorCannotBear) {
  served_.Create(SmallStudy("s"));
  served_.Restart({.commands = 0});
  v1::Study study;
  EXPECT_EQ(Change(&v1::StudyService::Stub::PauseStudy, "pause", &study).error_code(),
            grpc::StatusCode::RESOURCE_EXHAUSTED);
  v1::ListWorkersResponse workers;
  EXPECT_EQ(served_.studies().ListWorkers(Context().get(), {}, &workers).error_code(),
            grpc::StatusCode::RESOURCE_EXHAUSTED);
  v1::CreateStudyResponse created;
  EXPECT_EQ(served_.Create(SmallStudy("other"), "create other", &created).error_code(),
            grpc::StatusCode::RESOURCE_EXHAUSTED);
  EXPECT_EQ(served_.Get("s").state(), v1::STUDY_STATE_RUNNING);
}

TEST_F(StudyServiceTest, ListsWorkers) {
  FakeWorker worker(served_.channel());
  worker.Greet(HelloOf("w", "i", 3));
  v1::ListWorkersResponse response;
  ASSERT_TRUE(served_.studies().ListWorkers(Context().get(), {}, &response).ok());
  ASSERT_EQ(response.workers_size(), 1);
  EXPECT_EQ(response.workers(0).name(), "w");
  EXPECT_EQ(response.workers(0).slots(), 3);
  EXPECT_TRUE(response.workers(0).connected());
  EXPECT_THAT(response.workers(0).datasets(), ElementsAre("tiny-set"));
}

}  // namespace
}  // namespace hpsearch::rpc
