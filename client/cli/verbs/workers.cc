// hpsearch workers: who trains.
#include <nlohmann/json.hpp>

#include "client/cli/read_verb.h"
#include "client/cli/rows_output.h"
#include "client/cli/verbs/verbs.h"

namespace hpsearch::cli {
namespace {

int Workers(const Reading& reading, const ReadFlags& flags) {
  const auto workers = reading.source.Workers();
  if (!workers.ok()) return Fail(workers.status());
  Table table({{"WORKER"},
               {"CONNECTED"},
               {"SLOTS", Column::Align::kRight},
               {"TRIALS", Column::Align::kRight},
               {"SEEN"},
               {"NUMERICS"},
               {"DATASETS"}});
  std::vector<Json> json;
  for (const store::WorkerRow& worker : *workers) {
    json.push_back(WorkerJson(worker));
    table.AddRow({worker.name,
                  {worker.connected ? "yes" : "no", worker.connected ? Style::kGreen : Style::kDim},
                  std::to_string(worker.slots),
                  std::to_string(worker.leases),
                  worker.seen_at.substr(0, 19),
                  worker.numerics_digest.substr(0, 12),
                  worker.datasets});
  }
  PrintRows(flags.json, json, table);
  return kDone;
}

}  // namespace

void AddWorkers(App& app) {
  AddReadVerb(app, kReadGroup, "workers", "Who trains, and what they have", std::make_shared<ReadFlags>(),
              Workers);
}

}  // namespace hpsearch::cli
