// hpsearch bench trainer: what one core trains in a second, beside what oneDNN's products alone would allow.
// hpsearch bench coordinator: what a server leases and stores in a second, beside what SQLite alone would allow.
// hpsearch bench search: how long a strategy takes to say what to try next.
#include <fmt/format.h>

#include <CLI/CLI.hpp>
#include <chrono>
#include <cmath>
#include <cstdint>
#include <memory>
#include <nlohmann/json.hpp>
#include <optional>
#include <string>
#include <vector>

#include "client/bench/coordinator_bench.h"
#include "client/bench/search_bench.h"
#include "client/cli/app.h"
#include "client/cli/exit_code.h"
#include "client/cli/instruction_set_flag.h"
#include "client/cli/json_output.h"
#include "client/cli/verbs/verbs.h"
#include "server/model/training_rules.h"
#include "worker/bench/bench_model.h"
#include "worker/bench/synthetic_set.h"
#include "worker/bench/trainer_bench.h"
#include "worker/data/catalog.h"
#include "worker/data/data_path.h"
#include "worker/nn/instruction_set.h"

namespace hpsearch::cli {
namespace {

struct TrainerFlags {
  std::string model = "mlp";
  std::int64_t batch = 128;
  std::string precision = "f32";
  std::string instruction_set = model::InstructionSetNames().front();
  bool json = false;
};

// Fashion-MNIST where it is found, else its shape; stderr says which.
absl::StatusOr<std::shared_ptr<const data::Dataset>> BenchData() {
  constexpr const char* kName = "fashion-mnist";
  data::Catalog catalog(data::DataPath());
  auto dataset = catalog.Load(kName);
  if (absl::IsNotFound(dataset.status())) {
    fmt::print(stderr, "hpsearch: {} is not in the data path: training on random bytes of its shape\n", kName);
    return bench::MakeSyntheticSet();
  }
  if (dataset.ok()) fmt::print(stderr, "hpsearch: training on {}\n", kName);
  return dataset;
}

// CLI11 has checked that the names are of those that there are.
int BenchTrainerVerb(const TrainerFlags& flags) {
  const auto instruction_set = nn::InstructionSetNamed(flags.instruction_set);
  if (absl::Status status = nn::PinInstructionSet(instruction_set); !status.ok()) return Fail(status);
  const auto dataset = BenchData();
  if (!dataset.ok()) return Fail(dataset.status());
  auto model = bench::MakeBenchModel(flags.model, flags.batch, (*dataset)->shape.sample);
  if (!model.ok()) return Fail(model.status());
  model->training.instruction_set = instruction_set;
  if (flags.precision == "bf16") model->training.precision = model::Precision::kBf16;
  const auto rates = bench::BenchTrainer(*model, *dataset);
  if (!rates.ok()) return Fail(rates.status());
  if (flags.json) {
    PrintJson({{"model", flags.model},
               {"batch", flags.batch},
               {"precision", flags.precision},
               {"samples_per_second", rates->samples_per_second},
               {"roofline_samples_per_second", rates->roofline_samples_per_second},
               {"roofline_gflops", rates->roofline_gflops},
               {"roofline_fraction", rates->Fraction()},
               {"instruction_set", flags.instruction_set}});
    return kDone;
  }
  fmt::print("{}, batch {}, {}, {}, one core\n", flags.model, flags.batch, flags.precision, flags.instruction_set);
  fmt::print("  trained   {:>10.0f} samples/s\n", rates->samples_per_second);
  fmt::print("  roofline  {:>10.0f} samples/s, {:.1f} GFLOP/s\n", rates->roofline_samples_per_second,
             rates->roofline_gflops);
  fmt::print("  fraction  {:>10.3f}\n", rates->Fraction());
  return kDone;
}

struct CoordinatorFlags {
  bench::CoordinatorBench bench;
  bool json = false;
};

int BenchCoordinatorVerb(const CoordinatorFlags& flags) {
  const auto rates = bench::BenchCoordinator(flags.bench);
  if (!rates.ok()) return FailToServe(rates.status());
  if (flags.json) {
    const auto number = [](const std::optional<double>& value) {
      return value ? nlohmann::json(*value) : nullptr;
    };
    PrintJson({{"workers", flags.bench.workers},
               {"trials", flags.bench.trials},
               {"epochs", flags.bench.epochs},
               {"preload", flags.bench.preload},
               {"trials_per_second", rates->trials_per_second},
               {"reports_per_second", rates->reports_per_second},
               {"lease_p50_ms", number(rates->lease_p50_ms)},
               {"lease_p99_ms", number(rates->lease_p99_ms)},
               {"ack_p99_ms", rates->ack_p99_ms},
               {"sqlite_rows_per_second", rates->sqlite_rows_per_second},
               {"server_ready_seconds", rates->server_ready_seconds},
               {"server_memory_mb", rates->server_memory_mb},
               {"server_processor_seconds", rates->server_processor_seconds},
               {"idle_processor_share", number(rates->idle_processor_share)}});
    return kDone;
  }
  const auto ms = [](const std::optional<double>& value) {
    return value ? fmt::format("{:.2f} ms", *value) : "-";
  };
  fmt::print("{} workers that train nothing, {} trials of {} epochs, all of it durable\n", flags.bench.workers,
             flags.bench.trials, flags.bench.epochs);
  fmt::print("  trials   {:>10.0f} /s\n", rates->trials_per_second);
  fmt::print("  epochs   {:>10.0f} /s; SQLite alone, a thousand a commit: {:.0f} /s\n", rates->reports_per_second,
             rates->sqlite_rows_per_second);
  fmt::print("  a lease after {}, of a hundred the slowest {}; the word that epochs are stored {}\n",
             ms(rates->lease_p50_ms), ms(rates->lease_p99_ms), ms(rates->ack_p99_ms));
  fmt::print("  the server listened after {:.2f} s, took {:.1f} s of processor time, has {:.0f} MB\n",
             rates->server_ready_seconds, rates->server_processor_seconds, rates->server_memory_mb);
  if (rates->idle_processor_share)
    fmt::print("  at rest it takes {:.2f} % of a core\n", 100 * *rates->idle_processor_share);
  return kDone;
}

void AddCoordinatorFlags(CLI::App& verb, CoordinatorFlags& flags) {
  constexpr std::int64_t kMost = 100'000'000;
  verb.add_option("--workers", flags.bench.workers, "So many, of one slot and one connection each")
      ->check(CLI::Range(std::int64_t{1}, std::int64_t{10'000}))
      ->capture_default_str();
  verb.add_option("--trials", flags.bench.trials, "Of the study")
      ->check(CLI::Range(std::int64_t{1}, kMost))
      ->capture_default_str();
  verb.add_option("--epochs", flags.bench.epochs, "Of a trial; reported a hundred at a time")
      ->check(CLI::Range(std::int64_t{1}, std::int64_t{1'000'000}))
      ->capture_default_str();
  verb.add_option("--preload", flags.bench.preload, "Finished trials of ten epochs in the file before")
      ->check(CLI::Range(std::int64_t{0}, kMost))
      ->capture_default_str();
  verb.add_option_function<double>(
          "--trial-seconds",
          [&flags](double seconds) {
            flags.bench.trial = std::chrono::milliseconds(std::llround(1000 * seconds));
          },
          "That a trial lasts, on average; default: no time at all")
      ->check(CLI::Range(0.0, 1000.0));
  verb.add_option_function<std::int64_t>(
          "--idle-seconds", [&flags](std::int64_t seconds) { flags.bench.idle = std::chrono::seconds(seconds); },
          "Of rest behind the last trial, a beat each ten seconds from every worker")
      ->check(CLI::Range(std::int64_t{0}, std::int64_t{3600}));
  verb.add_option("--db", flags.bench.database, "The database file, which stays; else one that is removed")
      ->type_name("FILE");
  verb.add_flag("--json", flags.json, "As JSON");
}

struct SearchFlags {
  bench::SearchBench bench;
  bool json = false;
};

int BenchSearchVerb(const SearchFlags& flags) {
  const auto times = bench::BenchSearch(flags.bench);
  if (!times.ok()) return Fail(times.status());
  if (flags.json) {
    PrintJson({{"strategy", flags.bench.strategy},
               {"trials", times->trials},
               {"dimensions", flags.bench.dimensions},
               {"suggest_p50_ms", times->p50_ms},
               {"suggest_p99_ms", times->p99_ms},
               {"suggest_max_ms", times->max_ms}});
    return kDone;
  }
  fmt::print("{}, {} dimensions, behind {} trials\n", flags.bench.strategy, flags.bench.dimensions, times->trials);
  fmt::print("  a point after {:.4f} ms, of a hundred the slowest {:.4f} ms, of all {:.4f} ms\n", times->p50_ms,
             times->p99_ms, times->max_ms);
  return kDone;
}

void AddSearchFlags(CLI::App& verb, SearchFlags& flags) {
  const std::vector<std::string> names = bench::SearchStrategies();
  flags.bench.strategy = names.front();
  verb.add_option("--strategy", flags.bench.strategy, "That is asked")
      ->check(CLI::IsMember(names))
      ->capture_default_str();
  verb.add_option("--trials", flags.bench.trials,
                  "So many are behind it; default: a million, of a strategy that learns from them a thousand")
      ->check(CLI::Range(std::int64_t{1}, std::int64_t{1'000'000'000}));
  verb.add_option("--dimensions", flags.bench.dimensions, "Parameters of the space")
      ->check(CLI::Range(std::int64_t{1}, std::int64_t{1'000}))
      ->capture_default_str();
  verb.add_flag("--json", flags.json, "As JSON");
}

}  // namespace

void AddBench(App& app) {
  auto flags = std::make_shared<TrainerFlags>();
  auto coordinator = std::make_shared<CoordinatorFlags>();
  auto search = std::make_shared<SearchFlags>();
  auto asked = std::make_shared<std::string>();
  CLI::App& verb =
      app.AddVerb(kOtherGroup, "bench", "Measures the trainer on one core, the coordinator, and the strategies",
                  [flags, coordinator, search, asked] {
                    if (*asked == "trainer") return BenchTrainerVerb(*flags);
                    if (*asked == "coordinator") return BenchCoordinatorVerb(*coordinator);
                    return BenchSearchVerb(*search);
                  });
  verb.require_subcommand(1);
  const auto add = [&verb, asked](const char* name, const char* description) {
    return verb.add_subcommand(name, description)->callback([asked, name] { *asked = name; });
  };
  AddCoordinatorFlags(*add("coordinator", "Trials that a server leases and stores in a second"), *coordinator);
  AddSearchFlags(*add("search", "Milliseconds until a strategy has chosen the next point"), *search);
  CLI::App* trainer =
      add("trainer", "Samples trained in a second, beside what the matrix products alone would allow");
  trainer->add_option("--model", flags->model, "The network")
      ->check(CLI::IsMember(bench::ModelNames()))
      ->capture_default_str();
  trainer->add_option("--batch", flags->batch, "Rows of a batch")
      ->check(CLI::Range(std::int64_t{1}, std::int64_t{1} << 20))
      ->capture_default_str();
  trainer->add_option("--precision", flags->precision, "Of the numbers")
      ->check(CLI::IsMember({"f32", "bf16"}))
      ->capture_default_str();
  AddInstructionSetFlag(*trainer, flags->instruction_set);
  trainer->add_flag("--json", flags->json, "As JSON");
}

}  // namespace hpsearch::cli
