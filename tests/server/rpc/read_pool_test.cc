#include "server/rpc/read_pool.h"

#include <gtest/gtest.h>

#include <atomic>
#include <future>
#include <string>

#include "tests/server/store/open_sqlite.h"
#include "tests/server/store/temp_folder.h"

namespace hpsearch::rpc {
namespace {

using testing::OpenSqlite;
using testing::TempFolder;

class ReadPoolTest : public ::testing::Test {
 protected:
  ReadPoolTest() : file_(folder_.File("studies.db")) { EXPECT_TRUE(OpenSqlite(file_).status.ok()); }

  TempFolder folder_;
  const std::string file_;
};

TEST_F(ReadPoolTest, ReadsWithAReaderOrSaysWhyThereIsNone) {
  ReadPool pool(file_, 1);
  std::promise<bool> read;
  pool.Read([&](absl::StatusOr<store::StudyReader*> reader) {
    read.set_value(reader.ok() && (*reader)->Studies().ok());
  });
  EXPECT_TRUE(read.get_future().get());
  ReadPool nowhere(folder_.File("none.db"), 1);
  std::promise<absl::Status> failed;
  nowhere.Read([&](absl::StatusOr<store::StudyReader*> reader) { failed.set_value(reader.status()); });
  EXPECT_EQ(failed.get_future().get().code(), absl::StatusCode::kNotFound);
}

TEST_F(ReadPoolTest, RefusesAtOnceWhatIsTooMuchAndStopsWhenAllElseHasRun) {
  constexpr int kMost = 5;
  ReadPool pool(file_, 1, kMost);
  std::promise<void> blocked;
  std::promise<void> released;
  pool.Read([&](absl::StatusOr<store::StudyReader*>) {
    blocked.set_value();
    released.get_future().wait();
  });
  blocked.get_future().wait();  // the only thread; what comes now waits
  std::atomic<int> run = 0;
  for (int i = 0; i < kMost; ++i) {
    pool.Read([&](absl::StatusOr<store::StudyReader*> reader) { run += reader.ok() ? 1 : 0; });
  }
  absl::Status refused;
  pool.Read([&](absl::StatusOr<store::StudyReader*> reader) { refused = reader.status(); });
  EXPECT_EQ(refused.code(), absl::StatusCode::kResourceExhausted);
  // What is bounded elsewhere is admitted all the same.
  for (int i = 0; i < 2 * kMost; ++i) {
    pool.ReadAdmitted([&](absl::StatusOr<store::StudyReader*> reader) { run += reader.ok() ? 1 : 0; });
  }
  EXPECT_EQ(run, 0);
  released.set_value();
  pool.Stop();
  EXPECT_EQ(run, 3 * kMost);
  pool.Stop();
}

}  // namespace
}  // namespace hpsearch::rpc
