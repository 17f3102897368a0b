#include "client/bench/server_process.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <signal.h>
#include <spawn.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <cstdio>
#include <cstring>
#include <fstream>
#include <string_view>

namespace hpsearch::bench {
namespace {

using std::chrono::steady_clock;

constexpr std::string_view kReady = "listening on ";
constexpr std::string_view kProgram = "/proc/self/exe";

absl::Status FromErrno(const char* what, int error) {
  return absl::UnavailableError(fmt::format("{}: {}", what, std::strerror(error)));
}

// The next line without its end; false: there is none.
bool ReadLine(int from, std::string* line) {
  line->clear();
  for (char byte = 0; read(from, &byte, 1) == 1;) {
    if (byte == '\n') return true;
    line->push_back(byte);
  }
  return !line->empty();
}

}  // namespace

absl::StatusOr<std::unique_ptr<ServerProcess>> ServerProcess::Start(const std::string& database) {
  std::array<int, 2> ends{};
  if (pipe2(ends.data(), O_CLOEXEC) != 0) return FromErrno("pipe", errno);
  posix_spawn_file_actions_t actions;
  posix_spawn_file_actions_init(&actions);
  posix_spawn_file_actions_adddup2(&actions, ends[1], STDERR_FILENO);
  // The signals that this process's verb has blocked are its own.
  posix_spawnattr_t attributes;
  posix_spawnattr_init(&attributes);
  sigset_t none;
  sigemptyset(&none);
  posix_spawnattr_setsigmask(&attributes, &none);
  posix_spawnattr_setflags(&attributes, POSIX_SPAWN_SETSIGMASK);
  std::array<std::string, 6> words = {"hpsearch", "server", "--db", database, "--listen", "127.0.0.1:0"};
  std::array<char*, 7> arguments{};
  for (std::size_t i = 0; i < words.size(); ++i) arguments[i] = words[i].data();
  pid_t pid = 0;
  const int error = posix_spawn(&pid, kProgram.data(), &actions, &attributes, arguments.data(), environ);
  posix_spawn_file_actions_destroy(&actions);
  posix_spawnattr_destroy(&attributes);
  close(ends[1]);
  if (error != 0) {
    close(ends[0]);
    return FromErrno("cannot start a server", error);
  }
  std::unique_ptr<ServerProcess> server(new ServerProcess(pid, ends[0]));
  if (absl::Status status = server->WaitUntilReady(); !status.ok()) return status;
  return server;
}

absl::Status ServerProcess::WaitUntilReady() {
  const steady_clock::time_point begun = steady_clock::now();
  std::string said;
  for (std::string line; ReadLine(said_, &line);) {
    if (line.starts_with(kReady)) {
      address_ = line.substr(kReady.size());
      ready_after_ = steady_clock::now() - begun;
      passing_on_ = std::thread([from = said_] {
        for (std::string next; ReadLine(from, &next);) fmt::print(stderr, "server: {}\n", next);
      });
      return absl::OkStatus();
    }
    said += line + "\n";
  }
  return absl::UnavailableError(fmt::format("the server ended before it listened\n{}", said));
}

ServerProcess::~ServerProcess() {
  kill(pid_, SIGTERM);
  while (waitpid(pid_, nullptr, 0) < 0 && errno == EINTR) {
  }
  if (passing_on_.joinable()) passing_on_.join();
  close(said_);
}

std::int64_t ServerProcess::MemoryBytes() const {
  std::int64_t whole = 0, resident = 0;
  std::ifstream(fmt::format("/proc/{}/statm", pid_)) >> whole >> resident;
  return resident * sysconf(_SC_PAGESIZE);
}

std::chrono::duration<double> ServerProcess::ProcessorTime() const {
  std::ifstream file(fmt::format("/proc/{}/stat", pid_));
  std::string word;
  // The program's name has no space: the 14th and 15th words are ticks in user and system mode.
  for (int i = 0; i < 13; ++i) file >> word;
  std::int64_t user = 0, system = 0;
  file >> user >> system;
  return std::chrono::duration<double>(static_cast<double>(user + system) /
                                       static_cast<double>(sysconf(_SC_CLK_TCK)));
}

}  // namespace hpsearch::bench
