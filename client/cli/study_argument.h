// The FILE argument of run, submit and check, with --name and --set, and what is known here of the data it wants.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "client/study_file/study_file.h"

namespace CLI {
class App;
}
namespace hpsearch::data {
class Catalog;
}

namespace hpsearch::cli {

struct StudyFileFlags {
  std::string file;
  std::string name;
  std::vector<std::string> overrides;
};
void AddStudyFileFlags(CLI::App& verb, StudyFileFlags& flags);

// Reads the file and says its faults on stderr; then `spec` is null. Without a catalog nothing that depends on the
// data is checked.
std::shared_ptr<const study::StudySpec> LoadStudy(const StudyFileFlags& flags,
                                                  const std::shared_ptr<data::Catalog>& catalog);

}  // namespace hpsearch::cli
