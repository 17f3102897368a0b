// hpsearch replay STUDY/TRIAL: trains a trial again, here, and compares its curve with the stored one, bit by bit.
#include <fmt/format.h>

#include <nlohmann/json.hpp>
#include <stop_token>

#include "client/cli/json_output.h"
#include "client/cli/local_trial.h"
#include "client/cli/read_verb.h"
#include "client/cli/terminal.h"
#include "client/cli/verbs/verbs.h"

namespace hpsearch::cli {
namespace {

struct Replayed {
  std::int64_t epochs = 0;  // equal ones
  std::string difference;   // in the next; empty: none
};

absl::Status Train(const LocalTrial& local, const std::atomic<bool>& cancelled, train::Trainer& trainer,
                   Replayed& replayed) {
  const bool live = IsLive(stderr);
  for (const store::EpochRow& stored : local.curve) {
    const absl::StatusOr<train::EpochResult> result = trainer.NextEpoch(cancelled);
    if (!result.ok()) return result.status();
    replayed.difference = DifferenceOf(*result, trainer.training().metrics, stored);
    if (!replayed.difference.empty()) break;
    ++replayed.epochs;
    if (live) fmt::print(stderr, "\repoch {} of {}: the same", replayed.epochs, local.curve.size());
    if (result->diverged) break;
  }
  if (live) fmt::print(stderr, "\n");
  return absl::OkStatus();
}

int Replay(const Reading& reading, const ReadFlags& flags) {
  const absl::StatusOr<LocalTrial> local = OpenLocalTrial(reading.source, flags.study);
  if (!local.ok()) return Fail(local.status());
  if (const absl::Status status = CheckNumerics(*local); !status.ok()) return Fail(status);
  std::atomic<bool> cancelled = false;
  const std::stop_callback stop(reading.signals->token(), [&cancelled] { cancelled = true; });
  Replayed replayed;
  const absl::Status status =
      WithTrainer(*local, [&](train::Trainer& trainer) { return Train(*local, cancelled, trainer, replayed); });
  if (absl::IsCancelled(status)) return kInterrupted;
  if (!status.ok()) return Fail(status);

  const bool same = replayed.difference.empty();
  if (flags.json) {
    Json json = {
        {"study", local->study.study}, {"trial", local->trial.trial}, {"epochs", replayed.epochs}, {"same", same}};
    json["first_difference"] =
        same ? Json() : Json{{"epoch", replayed.epochs + 1}, {"difference", replayed.difference}};
    PrintJson(json);
  } else if (same) {
    fmt::print("{}/{}: {} epochs trained again, the same to the bit\n", local->study.study, local->trial.trial,
               replayed.epochs);
  } else {
    fmt::print("{}/{}: epoch {} differs: {}\n", local->study.study, local->trial.trial, replayed.epochs + 1,
               replayed.difference);
  }
  return same ? kDone : kFailed;
}

}  // namespace

void AddReplay(App& app) {
  auto flags = std::make_shared<ReadFlags>();
  flags->follows = true;
  AddStudyArgument(
      AddReadVerb(app, kReadGroup, "replay", "Trains a trial again, here, and compares the bits", flags, Replay),
      *flags, "STUDY/TRIAL");
}

}  // namespace hpsearch::cli
