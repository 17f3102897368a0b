#include "client/cli/interrupts.h"

#include <poll.h>
#include <signal.h>
#include <sys/eventfd.h>
#include <sys/signalfd.h>
#include <unistd.h>

#include <cerrno>
#include <condition_variable>
#include <cstdint>
#include <mutex>
#include <system_error>
#include <utility>

#include "client/cli/exit_code.h"

namespace hpsearch::cli {
namespace {

void Listen(int signals, int end, const std::function<void(int)>& on_signal) {
  for (int count = 0;;) {
    pollfd waiting[] = {{signals, POLLIN, 0}, {end, POLLIN, 0}};
    if (poll(waiting, 2, -1) < 0 && errno != EINTR) return;
    if ((waiting[1].revents & POLLIN) != 0) return;
    signalfd_siginfo info;
    if ((waiting[0].revents & POLLIN) != 0 && read(signals, &info, sizeof(info)) == sizeof(info))
      on_signal(++count);
  }
}

}  // namespace

Interrupts::Interrupts(std::function<void(int count)> on_signal) {
  sigset_t set;
  sigemptyset(&set);
  sigaddset(&set, SIGINT);
  sigaddset(&set, SIGTERM);
  pthread_sigmask(SIG_BLOCK, &set, nullptr);
  signals_ = signalfd(-1, &set, SFD_CLOEXEC | SFD_NONBLOCK);
  end_ = eventfd(0, EFD_CLOEXEC);
  if (signals_ < 0 || end_ < 0) throw std::system_error(errno, std::generic_category(), "signalfd");
  thread_ = std::thread([this, on_signal = std::move(on_signal)] { Listen(signals_, end_, on_signal); });
}

Interrupts::~Interrupts() {
  const std::uint64_t one = 1;
  if (write(end_, &one, sizeof(one)) == sizeof(one)) thread_.join();
  close(signals_);
  close(end_);
}

StopOnSignal::StopOnSignal()
    : interrupts_([this](int count) {
        if (count > 1) _exit(kInterrupted);
        source_.request_stop();
      }) {}

void StopOnSignal::WaitForStop() {
  std::mutex mutex;
  std::condition_variable_any stopped;
  std::unique_lock lock(mutex);
  stopped.wait(lock, token(), [] { return false; });
}

}  // namespace hpsearch::cli
