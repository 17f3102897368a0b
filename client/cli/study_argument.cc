#include "client/cli/study_argument.h"

#include <fmt/format.h>

#include <CLI/CLI.hpp>
#include <cstdio>

#include "client/cli/terminal.h"
#include "worker/data/catalog.h"
#include "worker/data/split.h"

namespace hpsearch::cli {
namespace {

std::shared_ptr<const study::StudySpec> Load(const StudyFileFlags& flags, const study_file::ShapeLookup& lookup,
                                             bool for_server) {
  study_file::Options options;
  if (!flags.name.empty()) options.name = flags.name;
  options.overrides = flags.overrides;
  options.dataset_by_name = for_server;
  const study_file::StudyFile file = study_file::Load(flags.file, options, lookup);
  // A line each, whatever the keys of the file are.
  for (const std::string& fault : file.faults) fmt::print(stderr, "{}\n", PrintableLine(fault));
  return file.spec;
}

}  // namespace

void AddStudyFileFlags(CLI::App& verb, StudyFileFlags& flags) {
  verb.add_option("file", flags.file, "The study file")->type_name("FILE")->required();
  verb.add_option("--name", flags.name, "Names the study, instead of the file's 'study'")->type_name("NAME");
  verb.add_option("--set", flags.overrides, "Overrides a value: --set training.epochs=3; again and again")
      ->type_name("KEY.PATH=VALUE")
      ->allow_extra_args(false);
}

std::shared_ptr<const study::StudySpec> LoadStudy(const StudyFileFlags& flags,
                                                  const std::shared_ptr<data::Catalog>& catalog) {
  const auto lookup = [catalog](const model::DatasetSpec& wanted) -> absl::StatusOr<model::DatasetShape> {
    auto dataset = catalog->Load(wanted);
    if (!dataset.ok()) return dataset.status();
    return data::ShapeOf(**dataset, wanted);
  };
  return Load(flags, lookup, /*for_server=*/false);
}

std::shared_ptr<const study::StudySpec> LoadStudyForServer(const StudyFileFlags& flags) {
  return Load(flags, nullptr, /*for_server=*/true);
}

}  // namespace hpsearch::cli
