// The workers of `run` where the system has no thread left for one of them.
#include "client/cli/embedded_workers.h"

#include <dlfcn.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <pthread.h>

#include <cerrno>
#include <system_error>

#include "client/channel/channel.h"
#include "worker/data/catalog.h"

namespace {

// Which of the threads that this one starts from here on is refused; 0: none.
thread_local int refused_thread = 0;

}  // namespace

// Stands before the system's: the bound on threads (pids.max, RLIMIT_NPROC) cannot be set for a test that may be
// root's.
extern "C" int pthread_create(pthread_t* thread, const pthread_attr_t* attributes, void* (*start)(void*),
                              void* argument) noexcept {
  using Create = int (*)(pthread_t*, const pthread_attr_t*, void* (*)(void*), void*);
  static const auto create = reinterpret_cast<Create>(dlsym(RTLD_NEXT, "pthread_create"));
  if (refused_thread > 0 && --refused_thread == 0) return EAGAIN;
  return create(thread, attributes, start, argument);
}

namespace hpsearch::cli {
namespace {

TEST(EmbeddedWorkers, AThreadThatIsNotToBeHadIsAnErrorAndEndsTheOthers) {
  const auto channel = client::OpenChannel("127.0.0.1:1");
  ASSERT_TRUE(channel.ok()) << channel.status();
  const auto catalog = std::make_shared<data::Catalog>(std::vector<std::string>{});
  const auto ignore = [](const absl::Status&) {};
  std::string what;
  try {
    refused_thread = 3;
    const EmbeddedWorkers workers(4, *channel, catalog, {"tiny"}, "", model::InstructionSet::kNative, ignore);
  } catch (const std::system_error& thrown) {
    what = thrown.what();
  }
  EXPECT_EQ(refused_thread, 0);
  EXPECT_THAT(what, testing::StartsWith("a thread for each of 4 workers: "));
}

}  // namespace
}  // namespace hpsearch::cli
