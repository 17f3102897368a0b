// hpsearch datasets: what a worker here would find in the data path.
#include <CLI/CLI.hpp>
#include <memory>
#include <nlohmann/json.hpp>

#include "client/cli/app.h"
#include "client/cli/exit_code.h"
#include "client/cli/rows_output.h"
#include "client/cli/verbs/verbs.h"
#include "worker/data/catalog.h"
#include "worker/data/data_path.h"

namespace hpsearch::cli {
namespace {

int Datasets(bool as_json) {
  data::Catalog catalog(data::DataPath());
  Table table({{"DATASET"},
               {"FORMAT"},
               {"SAMPLE"},
               {"CLASSES", Column::Align::kRight},
               {"TRAIN", Column::Align::kRight},
               {"TEST", Column::Align::kRight},
               {"HASH"},
               {"PATH"}});
  std::vector<Json> json;
  for (const data::Found& found : catalog.List()) {
    const auto dataset = catalog.Load(found.name);
    Json entry = {{"name", found.name}, {"folder", found.folder}, {"format", found.format}};
    if (dataset.ok()) {
      const model::DatasetShape& shape = (*dataset)->shape;
      // What a sample of a table is, and which classes there are, a study's mapping says.
      const std::string columns = std::to_string(shape.sample.empty() ? 0 : shape.sample[0]) + " columns";
      entry.update({{"sample", shape.table ? Json() : Json(shape.sample)},
                    {"columns", shape.table ? Json(shape.sample[0]) : Json()},
                    {"classes", shape.table || shape.classes == 0 ? Json() : Json(shape.classes)},
                    {"numbers", shape.table ? Json() : Json(shape.numbers)},
                    {"train_rows", shape.train_rows},
                    {"test_rows", shape.test_rows},
                    {"hash", (*dataset)->hash},
                    {"fault", nullptr}});
      table.AddRow({found.name, found.format, shape.table ? columns : model::ToString(shape.sample),
                    shape.table          ? "-"
                    : shape.classes == 0 ? "numbers"
                                         : std::to_string(shape.classes),
                    std::to_string(shape.train_rows), std::to_string(shape.test_rows),
                    (*dataset)->hash.substr(0, 12), found.folder});
    } else {
      const std::string fault(dataset.status().message());
      entry["fault"] = fault;
      table.AddRow({found.name, found.format, "-", "-", "-", "-", {fault, Style::kRed}, found.folder});
    }
    json.push_back(std::move(entry));
  }
  PrintRows(as_json, json, table);
  return kDone;
}

}  // namespace

void AddDatasets(App& app) {
  auto json = std::make_shared<bool>(false);
  app.AddVerb(kReadGroup, "datasets", "What is in the data path of this machine",
              [json] { return Datasets(*json); })
      .add_flag("--json", *json, "As JSON");
}

}  // namespace hpsearch::cli
