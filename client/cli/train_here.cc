#include "client/cli/train_here.h"

#include <fmt/format.h>

#include <algorithm>
#include <mutex>
#include <nlohmann/json.hpp>
#include <thread>

#include "client/cli/embedded_workers.h"
#include "client/cli/exit_code.h"
#include "client/cli/follow.h"
#include "client/cli/grpc_source.h"
#include "client/cli/json_output.h"
#include "client/cli/local_trial.h"
#include "client/cli/terminal.h"
#include "client/cli/text_output.h"
#include "worker/nn/instruction_set.h"

namespace hpsearch::cli {
namespace {

int PrintResult(StudySource& source, const store::StudyRow& study, const Target& target, bool json) {
  auto best = BestOf(source, study);
  if (!best.ok()) return Fail(best.status());
  if (json) {
    PrintJson(StudyJson(study, *best));
  } else {
    fmt::print("{}: {} in {}: {}, {} {}\n", study.study, study.state, SecondsText(study.seconds),
               CountsText(study), study.rounds, study.rounds == 1 ? "round" : "rounds");
    fmt::print("{}", BestText(study, *best, target, HasColour(stdout)));
  }
  if (!study.reason.empty()) fmt::print(stderr, "{}: {}\n", study.study, Printable(study.reason));
  return ExitCodeOf(study);
}

// As many as keep the cores busy.
std::int64_t WorkersFor(const study::StudySpec& spec) {
  const std::int64_t cores = std::max(1U, std::thread::hardware_concurrency());
  return std::max<std::int64_t>(1, cores / study::ThreadsOf(spec).value_or(1));
}

}  // namespace

int TrainHere(const Here& here, const store::StudyRow& study, const study::StudySpec& spec) {
  const auto source = OpenGrpcSource(here.connection.channel, here.target);
  absl::Status failure;  // of a worker; written before the stop, read after the join
  std::once_flag failed;
  EmbeddedWorkers workers(HasEnded(study) ? 0 : here.workers.value_or(WorkersFor(spec)), here.connection.channel,
                          here.catalog, spec.datasets, CheckpointsBeside(here.target.name),
                          nn::InstructionSetNamed(study::InstructionSetOf(spec)), [&](const absl::Status& status) {
                            std::call_once(failed, [&] { failure = status; });
                            here.signals.Stop();
                          });
  const auto ended = Follow(*source, study.study, here.signals.token(), Show::kProgress);
  workers.Stop();
  if (ended.ok()) return PrintResult(*source, *ended, here.target, here.json);
  if (!failure.ok()) return Fail(failure);
  if (!here.signals.stopped()) return Fail(ended.status());
  fmt::print(stderr, "{}: interrupted; {} goes on where it was\n", study.study, here.again);
  return kInterrupted;
}

}  // namespace hpsearch::cli
