// hpsearch bench trainer: what one core trains in a second, beside what oneDNN's products alone would allow.
#include <fmt/format.h>

#include <CLI/CLI.hpp>
#include <cstdint>
#include <memory>
#include <nlohmann/json.hpp>
#include <string>

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

struct BenchFlags {
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
int BenchTrainerVerb(const BenchFlags& flags) {
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

}  // namespace

void AddBench(App& app) {
  auto flags = std::make_shared<BenchFlags>();
  auto later = std::make_shared<std::string>();  // what was asked for, where this version does not have it
  CLI::App& verb = app.AddVerb(kOtherGroup, "bench", "Measures the trainer on one core", [flags, later] {
    if (later->empty()) return BenchTrainerVerb(*flags);
    fmt::print(stderr, "hpsearch: this version does not have 'bench {}' yet\n", *later);
    return static_cast<int>(kUsage);
  });
  verb.require_subcommand(1);
  CLI::App* trainer = verb.add_subcommand(
      "trainer", "Samples trained in a second, beside what the matrix products alone would allow");
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
  for (const char* name : {"coordinator", "search"}) {
    verb.add_subcommand(name, "Not in this version")->allow_extras()->callback([later, name] { *later = name; });
  }
}

}  // namespace hpsearch::cli
