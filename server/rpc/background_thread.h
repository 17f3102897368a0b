// The coordinator's Background: one thread beside the strand, on which strategies compute. Threads: Compute on the
// strand, Stop from any but its own. Stop may come twice, and returns when what has begun has ended.
#pragma once

#include <boost/asio/thread_pool.hpp>
#include <functional>

#include "server/study/background.h"
#include "server/study/strand.h"

namespace hpsearch::rpc {

class BackgroundThread final : public study::Background {
 public:
  explicit BackgroundThread(study::Strand& strand) : strand_(strand) {}
  ~BackgroundThread() override { Stop(); }

  void Compute(std::function<void()> work, std::function<void()> done) override;
  void Stop();

 private:
  study::Strand& strand_;
  boost::asio::thread_pool pool_{1};
};

}  // namespace hpsearch::rpc
