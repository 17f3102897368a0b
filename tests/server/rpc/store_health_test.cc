#include "server/rpc/store_health.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace hpsearch::rpc {
namespace {

using ::testing::HasSubstr;

v1::Study InState(v1::StudyState state) {
  v1::Study study;
  study.set_state(state);
  study.set_reason("waiting for a worker");
  return study;
}

TEST(StoreHealth, ARunningStudyIsPausedWhileNothingCanBeStored) {
  StoreHealth health;
  health.Set(absl::UnavailableError("the disk is full"));
  v1::ListStudiesResponse studies;
  *studies.add_studies() = InState(v1::STUDY_STATE_RUNNING);
  *studies.add_studies() = InState(v1::STUDY_STATE_COMPLETED);
  health.Amend(&studies);
  EXPECT_EQ(studies.studies(0).state(), v1::STUDY_STATE_PAUSED);
  EXPECT_THAT(studies.studies(0).reason(), HasSubstr("the disk is full"));
  EXPECT_EQ(studies.studies(1).state(), v1::STUDY_STATE_COMPLETED);
  EXPECT_EQ(studies.studies(1).reason(), "waiting for a worker");
}

TEST(StoreHealth, AllIsToldAsItStandsOnceItCanBeStored) {
  StoreHealth health;
  health.Set(absl::UnavailableError("the disk is full"));
  health.Set(absl::OkStatus());
  v1::Study study = InState(v1::STUDY_STATE_RUNNING);
  health.Amend(&study);
  EXPECT_EQ(study.state(), v1::STUDY_STATE_RUNNING);
  EXPECT_EQ(study.reason(), "waiting for a worker");
}

}  // namespace
}  // namespace hpsearch::rpc
