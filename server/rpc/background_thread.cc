#include "server/rpc/background_thread.h"

#include <boost/asio/post.hpp>
#include <utility>

namespace hpsearch::rpc {

void BackgroundThread::Compute(std::function<void()> work, std::function<void()> done) {
  boost::asio::post(pool_, [this, work = std::move(work), done = std::move(done)]() mutable {
    work();
    strand_.Post(std::move(done));
  });
}

void BackgroundThread::Stop() {
  pool_.stop();
  pool_.join();
}

}  // namespace hpsearch::rpc
