// hpsearch list: the studies, the newest first.
#include <fmt/format.h>

#include <nlohmann/json.hpp>

#include "client/cli/follow.h"
#include "client/cli/read_verb.h"
#include "client/cli/rows_output.h"
#include "client/cli/text_output.h"
#include "client/cli/verbs/verbs.h"

namespace hpsearch::cli {
namespace {

int List(const Reading& reading, const ReadFlags& flags) {
  const auto studies = reading.source.Studies();
  if (!studies.ok()) return Fail(studies.status());
  Table table({{"STUDY"},
               {"STATE"},
               {"TRIALS", Column::Align::kRight},
               {"ROUNDS", Column::Align::kRight},
               {"BEST", Column::Align::kRight},
               {"TIME", Column::Align::kRight},
               {"CREATED"}});
  std::vector<Json> json;
  for (const store::StudyRow& study : *studies) {
    const auto best = BestOf(reading.source, study);
    if (!best.ok()) return Fail(best.status());
    json.push_back(StudyJson(study, *best));
    table.AddRow({study.study,
                  {study.state, StyleOfState(study.state)},
                  fmt::format("{}/{}", EndedTrials(study), study.planned_trials),
                  std::to_string(study.rounds),
                  *best ? NumberText((*best)->trial.objective) : "-",
                  SecondsText(study.seconds),
                  study.created_at.substr(0, 19)});
  }
  PrintRows(flags.json, json, table);
  return kDone;
}

}  // namespace

void AddList(App& app) {
  AddReadVerb(app, kReadGroup, "list", "The studies, the newest first", std::make_shared<ReadFlags>(), List);
}

}  // namespace hpsearch::cli
