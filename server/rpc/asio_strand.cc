#include "server/rpc/asio_strand.h"

#include <boost/asio/post.hpp>
#include <boost/asio/steady_timer.hpp>
#include <future>
#include <utility>

namespace hpsearch::rpc {

class AsioStrand::Timer : public std::enable_shared_from_this<AsioStrand::Timer> {
 public:
  Timer(boost::asio::io_context& context, std::chrono::milliseconds period, std::function<void()> task)
      : timer_(context), period_(period), task_(std::move(task)) {}

  void Arm() {
    timer_.expires_after(period_);
    timer_.async_wait([self = shared_from_this()](const boost::system::error_code& error) {
      if (error || self->cancelled_) return;
      self->task_();
      self->Arm();
    });
  }

  void Cancel() {
    cancelled_ = true;  // it may have fired already and wait for its turn
    timer_.cancel();
  }

 private:
  boost::asio::steady_timer timer_;
  const std::chrono::milliseconds period_;
  const std::function<void()> task_;
  bool cancelled_ = false;
};

AsioStrand::AsioStrand() : work_(context_.get_executor()), thread_([this] { context_.run(); }) {}

AsioStrand::~AsioStrand() { Stop(); }

void AsioStrand::Post(std::function<void()> task) { boost::asio::post(context_, std::move(task)); }

void AsioStrand::PostAndWait(std::function<void()> task) {
  std::promise<void> ran;
  Post([&] {
    task();
    ran.set_value();
  });
  ran.get_future().wait();
}

void AsioStrand::Every(std::chrono::milliseconds period, std::function<void()> task) {
  Post([this, timer = std::make_shared<Timer>(context_, period, std::move(task))] {
    timers_.push_back(timer);
    timer->Arm();
  });
}

void AsioStrand::EndTimers() {
  for (const std::shared_ptr<Timer>& timer : timers_) timer->Cancel();
  timers_.clear();
}

void AsioStrand::Stop() {
  if (!thread_.joinable()) return;
  Post([this] {
    EndTimers();
    work_.reset();
  });
  thread_.join();
}

}  // namespace hpsearch::rpc
