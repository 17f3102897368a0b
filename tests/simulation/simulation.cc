// The deterministic simulator of the coordinator's decisions: a world for each seed, in which time, network, disks
// and processes are made up, and invariants are checked after each step. A seed is the same world again and again:
//
//   simulation --seeds 1:10000 --jobs 2     a campaign; prints what broke, and with which seed
//   simulation --seed 4711 --trace          one seed, told step by step
//   simulation --spaces 1:1000              worlds with one study each, that of a random grid of that number; and
//   simulation --space 17 --trace           one of them
//
// A campaign ends, in each of its processes, with the first seed that broke; --go-on looks for more.
#include <fmt/format.h>
#include <getopt.h>
#include <spdlog/spdlog.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <chrono>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <deque>
#include <exception>
#include <optional>
#include <string>
#include <vector>

#include "tests/simulation/broken.h"
#include "tests/simulation/world.h"

namespace hpsearch::simulation {
namespace {

constexpr std::size_t kLastEvents = 40;
// So many seeds are run twice, to see that they are the same.
constexpr std::uint64_t kTwiceEvery = 25;

struct Outcome {
  std::string broken;  // empty: nothing is
  std::int64_t steps = 0;
  Micros at = 0;
  std::uint64_t digest = 0;
};

// What a world is made from, by its number.
using Maker = Scenario (*)(std::uint64_t number);

Outcome Run(Maker make, std::uint64_t seed, World::Trace trace) {
  World world(make(seed), std::move(trace));
  Outcome outcome;
  try {
    world.Run();
  } catch (const std::exception& what) {
    outcome.broken = what.what();
  }
  outcome.steps = world.nature().steps();
  outcome.at = world.nature().now();
  outcome.digest = world.nature().digest();
  return outcome;
}

// The seed once more, for its last events.
void Explain(Maker make, std::uint64_t seed, const Outcome& outcome) {
  std::deque<std::string> last;
  Run(make, seed, [&last](const std::string& line) {
    last.push_back(line);
    if (last.size() > kLastEvents) last.pop_front();
  });
  std::string text = fmt::format("seed {}, step {}, {:.3f} s: {}\n", seed, outcome.steps,
                                 static_cast<double>(outcome.at) / 1e6, outcome.broken);
  for (const std::string& line : last) text += "  " + line + "\n";
  fmt::print("{}", text);
  std::fflush(stdout);
}

bool Holds(Maker make, std::uint64_t seed) {
  Outcome outcome = Run(make, seed, {});
  if (outcome.broken.empty() && seed % kTwiceEvery == 0) {
    if (Run(make, seed, {}).digest != outcome.digest) outcome.broken = "the same seed is not the same world";
  }
  if (!outcome.broken.empty()) Explain(make, seed, outcome);
  return outcome.broken.empty();
}

// Seeds from `first` in steps of `step`; how many broke, up to 100.
int RunSome(Maker make, std::uint64_t first, std::uint64_t end, std::uint64_t step, bool go_on) {
  int broken = 0;
  for (std::uint64_t seed = first; seed < end && broken < 100; seed += step) {
    if (Holds(make, seed)) continue;
    ++broken;
    if (!go_on) break;
  }
  return broken;
}

int Campaign(Maker make, std::uint64_t first, std::uint64_t count, std::uint64_t jobs, bool go_on) {
  const auto begun = std::chrono::steady_clock::now();
  std::vector<pid_t> children;
  for (std::uint64_t job = 0; job < jobs; ++job) {
    const pid_t child = fork();
    if (child == 0) _exit(RunSome(make, first + job, first + count, jobs, go_on));
    if (child < 0) {
      std::perror("fork");
      return 1;
    }
    children.push_back(child);
  }
  int broken = 0;
  for (const pid_t child : children) {
    int status = 0;
    waitpid(child, &status, 0);
    broken += WIFEXITED(status) ? WEXITSTATUS(status) : 1;
    if (!WIFEXITED(status)) fmt::print("a process of the campaign died of signal {}\n", WTERMSIG(status));
  }
  const std::chrono::duration<double> took = std::chrono::steady_clock::now() - begun;
  fmt::print("{} seeds from {}: {} broke; {:.1f} s\n", count, first, broken, took.count());
  return broken == 0 ? 0 : 1;
}

struct Options {
  std::uint64_t first = 1, count = 200, jobs = 2;
  std::uint64_t seed = 0;  // that one alone; 0: a campaign
  bool trace = false, go_on = false;
  Maker make = &Draw;
};

// nullopt: they are none.
std::optional<Options> ReadOptions(int argc, char** argv) {
  constexpr std::array<option, 8> kOptions = {{{"seeds", required_argument, nullptr, 's'},
                                               {"seed", required_argument, nullptr, 'o'},
                                               {"spaces", required_argument, nullptr, 'S'},
                                               {"space", required_argument, nullptr, 'O'},
                                               {"jobs", required_argument, nullptr, 'j'},
                                               {"trace", no_argument, nullptr, 't'},
                                               {"go-on", no_argument, nullptr, 'g'},
                                               {}}};
  Options options;
  for (int key = 0; (key = getopt_long(argc, argv, "", kOptions.data(), nullptr)) != -1;) {
    char* end = optarg;
    if (key == 'S' || key == 'O') options.make = &DrawOf;
    if (key == 's' || key == 'S') {
      options.first = std::strtoull(optarg, &end, 10);
      if (*end != ':') return std::nullopt;
      options.count = std::strtoull(end + 1, &end, 10);
    } else if (key == 'o' || key == 'O' || key == 'j') {
      (key == 'j' ? options.jobs : options.seed) = std::strtoull(optarg, &end, 10);
    } else if (key == 't' || key == 'g') {
      (key == 't' ? options.trace : options.go_on) = true;
    } else {
      return std::nullopt;
    }
    if (end != nullptr && *end != '\0') return std::nullopt;
  }
  if (optind < argc || options.first < 1 || options.jobs < 1 || options.jobs > 64) return std::nullopt;
  return options;
}

int Main(int argc, char** argv) {
  const std::optional<Options> options = ReadOptions(argc, argv);
  if (!options) {
    fmt::print(
        stderr,
        "usage: simulation [--seeds|--spaces FIRST:COUNT] [--jobs N] [--go-on] | --seed|--space N [--trace]\n");
    return 2;
  }
  spdlog::set_level(spdlog::level::off);
  if (options->seed == 0)
    return Campaign(options->make, options->first, options->count, options->jobs, options->go_on);
  World::Trace print;
  if (options->trace) print = [](const std::string& line) { fmt::print("{}\n", line); };
  const Outcome outcome = Run(options->make, options->seed, std::move(print));
  fmt::print("seed {}: {} steps, {:.3f} s, digest {:016x}: {}\n", options->seed, outcome.steps,
             static_cast<double>(outcome.at) / 1e6, outcome.digest,
             outcome.broken.empty() ? "holds" : outcome.broken);
  return outcome.broken.empty() ? 0 : 1;
}

}  // namespace
}  // namespace hpsearch::simulation

int main(int argc, char** argv) { return hpsearch::simulation::Main(argc, argv); }
