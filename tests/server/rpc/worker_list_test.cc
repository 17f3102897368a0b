#include "server/rpc/worker_list.h"

#include <fmt/format.h>
#include <gtest/gtest.h>

#include <string>

namespace hpsearch::rpc {
namespace {

std::vector<study::WorkerView> Workers(int count, std::size_t key_bytes = 10) {
  std::vector<study::WorkerView> workers;
  for (int i = 0; i < count; ++i) {
    study::WorkerView& view = workers.emplace_back();
    view.hello.name = fmt::format("w{:03}", i);
    view.hello.version = "1.2";
    view.hello.datasets.push_back({.key = std::string(key_bytes, 'k')});
    view.seen_at = 1'000'000;
  }
  return workers;
}

// The number of workers on each page.
std::vector<int> Pages(const std::vector<study::WorkerView>& workers, int page_size) {
  std::vector<int> pages;
  v1::ListWorkersRequest request;
  request.set_page_size(page_size);
  std::string last;
  do {
    v1::ListWorkersResponse response;
    EXPECT_TRUE(ListWorkers(workers, 3'000'000, request, &response).ok());
    EXPECT_LT(response.ByteSizeLong(), 16U << 20);
    for (const v1::Worker& worker : response.workers()) {
      EXPECT_LT(last, worker.name());
      last = worker.name();
    }
    pages.push_back(response.workers_size());
    request.set_page_token(response.next_page_token());
  } while (!request.page_token().empty() && pages.size() < 100);
  return pages;
}

TEST(WorkerList, ShowsWhatIsKnown) {
  v1::ListWorkersResponse response;
  ASSERT_TRUE(ListWorkers(Workers(1), 3'000'000, {}, &response).ok());
  EXPECT_EQ(response.workers(0).version(), "1.2");
  EXPECT_EQ(response.workers(0).idle_seconds(), 2);
  EXPECT_EQ(response.workers(0).datasets_size(), 1);
}

TEST(WorkerList, ComesInPages) {
  EXPECT_EQ(Pages({}, 0), std::vector<int>({0}));
  EXPECT_EQ(Pages(Workers(150), 0), std::vector<int>({100, 50}));
  EXPECT_EQ(Pages(Workers(4), 2), std::vector<int>({2, 2}));
  EXPECT_EQ(Pages(Workers(5), 2), std::vector<int>({2, 2, 1}));
  v1::ListWorkersRequest request;
  request.set_page_size(-1);
  v1::ListWorkersResponse response;
  EXPECT_EQ(ListWorkers({}, 0, request, &response).code(), absl::StatusCode::kInvalidArgument);
}

TEST(WorkerList, APageThatWouldBeTooLongEndsEarly) {
  EXPECT_EQ(Pages(Workers(5, 3 << 20), 0), std::vector<int>({2, 2, 1}));
  EXPECT_EQ(Pages(Workers(2, 9 << 20), 0), std::vector<int>({1, 1}));
}

}  // namespace
}  // namespace hpsearch::rpc
