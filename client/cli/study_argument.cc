#include "client/cli/study_argument.h"

#include <fmt/format.h>

#include <CLI/CLI.hpp>
#include <cstdio>

#include "client/cli/terminal.h"
#include "worker/data/catalog.h"
#include "worker/data/split.h"

namespace hpsearch::cli {

void AddStudyFileFlags(CLI::App& verb, StudyFileFlags& flags) {
  verb.add_option("file", flags.file, "The study file")->type_name("FILE")->required();
  verb.add_option("--name", flags.name, "Names the study, instead of the file's 'study'")->type_name("NAME");
  verb.add_option("--set", flags.overrides, "Overrides a value: --set training.epochs=3; again and again")
      ->type_name("KEY.PATH=VALUE")
      ->allow_extra_args(false);
}

std::shared_ptr<const study::StudySpec> LoadStudy(const StudyFileFlags& flags,
                                                  const std::shared_ptr<data::Catalog>& catalog) {
  study_file::Options options;
  if (!flags.name.empty()) options.name = flags.name;
  options.overrides = flags.overrides;
  study_file::ShapeLookup lookup;
  if (catalog != nullptr) {
    lookup = [catalog](const model::DatasetSpec& wanted) -> absl::StatusOr<model::DatasetShape> {
      auto dataset = catalog->Load(wanted.Key());
      if (!dataset.ok()) return dataset.status();
      return data::ShapeOf(**dataset, wanted.classes);
    };
  }
  const study_file::StudyFile file = study_file::Load(flags.file, options, lookup);
  for (const std::string& fault : file.faults) fmt::print(stderr, "{}\n", Printable(fault));
  return file.spec;
}

}  // namespace hpsearch::cli
