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

// Reads the file, with what this machine's catalog says of its data; says its faults on stderr, and then it is
// null.
std::shared_ptr<const study::StudySpec> LoadStudy(const StudyFileFlags& flags,
                                                  const std::shared_ptr<data::Catalog>& catalog);
// The same of a study that is for a server: its data set has a name, and is not looked for here.
std::shared_ptr<const study::StudySpec> LoadStudyForServer(const StudyFileFlags& flags);

}  // namespace hpsearch::cli
