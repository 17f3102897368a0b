// Names, targets and exit codes, as the contract has them.
#include <gmock/gmock.h>
#include <grpcpp/support/status.h>
#include <gtest/gtest.h>

#include <cstdlib>

#include "client/cli/exit_code.h"
#include "client/cli/messages.h"
#include "client/cli/target.h"
#include "client/cli/trial_ref.h"

namespace hpsearch::cli {
namespace {

TEST(TrialRef, NamesATrialOrTheBest) {
  EXPECT_EQ(ParseTrialRef("fashion-mlp/12")->trial, 12);
  EXPECT_EQ(ParseTrialRef("fashion-mlp/12")->study, "fashion-mlp");
  EXPECT_EQ(ParseTrialRef("fashion-mlp/best")->trial, std::nullopt);
  for (const char* text : {"", "x", "x/", "/1", "/best", "x/0", "x/-1", "x/1/2", "x/BEST", "x/1.5"}) {
    EXPECT_EQ(ParseTrialRef(text).status().code(), absl::StatusCode::kInvalidArgument) << text;
  }
}

TEST(ExitCode, IsTheContracts) {
  EXPECT_EQ(ExitCodeOf(absl::OkStatus()), 0);
  EXPECT_EQ(ExitCodeOf(absl::NotFoundError("")), 1);
  EXPECT_EQ(ExitCodeOf(absl::InternalError("")), 1);
  EXPECT_EQ(ExitCodeOf(absl::FailedPreconditionError("")), 1);
  EXPECT_EQ(ExitCodeOf(absl::InvalidArgumentError("")), 2);
  EXPECT_EQ(ExitCodeOf(absl::AlreadyExistsError("")), 2);
  EXPECT_EQ(ExitCodeOf(absl::PermissionDeniedError("")), 4);
  EXPECT_EQ(ExitCodeOf(absl::UnauthenticatedError("")), 4);
  EXPECT_EQ(ExitCodeOf(absl::UnavailableError("")), 5);
  EXPECT_EQ(ExitCodeOf(absl::CancelledError("")), 130);
}

// A server that hangs, or cuts a call off while it stops, is not reached; a file has no server.
TEST(ExitCode, OfAServerThatIsThereNoMore) {
  const Target server{Target::Kind::kServer, "lab:7070"};
  const Target file{Target::Kind::kDatabase, "lab.db"};
  for (const auto code :
       {grpc::StatusCode::UNAVAILABLE, grpc::StatusCode::DEADLINE_EXCEEDED, grpc::StatusCode::CANCELLED}) {
    const absl::Status status = ToStatus(grpc::Status(code, "gone"), server);
    EXPECT_EQ(ExitCodeOf(status), 5) << code;
    EXPECT_THAT(std::string(status.message()), testing::HasSubstr("lab:7070"));
    EXPECT_NE(ExitCodeOf(ToStatus(grpc::Status(code, "gone"), file)), 5) << code;
  }
  EXPECT_EQ(ExitCodeOf(ToStatus(grpc::Status(grpc::StatusCode::NOT_FOUND, "no"), server)), 1);
}

TEST(ExitCode, OfAStudyThatHasEnded) {
  store::StudyRow study;
  study.state = "COMPLETED";
  study.trial_counts = {{"COMPLETED", 3}, {"DIVERGED", 1}, {"FAILED", 0}};
  EXPECT_EQ(ExitCodeOf(study), 0);
  study.trial_counts.back().second = 1;
  EXPECT_EQ(ExitCodeOf(study), 3);
  study.state = "STOPPED";
  EXPECT_EQ(ExitCodeOf(study), 3);
  study.state = "FAILED";
  EXPECT_EQ(ExitCodeOf(study), 1);
  study.state = "CANCELLED";
  EXPECT_EQ(ExitCodeOf(study), 1);
}

class TargetTest : public testing::Test {
 protected:
  void SetUp() override { TearDown(); }
  void TearDown() override {
    unsetenv("HPSEARCH_SERVER");
    unsetenv("HPSEARCH_DB");
  }
};

TEST_F(TargetTest, FlagsBeatTheEnvironmentAndAServerADatabase) {
  EXPECT_EQ(Resolve({}).name, "hpsearch.db");
  EXPECT_TRUE(Resolve({}).by_default);
  setenv("HPSEARCH_DB", "lab.db", 1);
  EXPECT_EQ(Resolve({}).name, "lab.db");
  EXPECT_FALSE(Resolve({}).by_default);
  EXPECT_EQ(FlagFor(Resolve({})), "");
  setenv("HPSEARCH_SERVER", "host:1", 1);
  EXPECT_EQ(Resolve({}).name, "host:1");
  EXPECT_EQ(Resolve({}).kind, Target::Kind::kServer);
  EXPECT_EQ(FlagFor(Resolve({})), "");
  EXPECT_EQ(Resolve({.database = "", .server = "other:2"}).name, "other:2");
  EXPECT_EQ(FlagFor(Resolve({.database = "", .server = "other:2"})), " --server other:2");
  EXPECT_EQ(Resolve({.database = "mine.db", .server = ""}).name, "mine.db");
  EXPECT_EQ(FlagFor(Resolve({.database = "lab.db", .server = ""})), " --db lab.db");
  EXPECT_EQ(ResolveServer(""), "host:1");
  EXPECT_EQ(ResolveServer("other:2"), "other:2");
}

}  // namespace
}  // namespace hpsearch::cli
