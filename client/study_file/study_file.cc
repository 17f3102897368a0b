#include "client/study_file/study_file.h"

#include <fmt/format.h>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <filesystem>
#include <fstream>
#include <sstream>
#include <system_error>

#include "client/study_file/override.h"
#include "client/study_file/source_map.h"
#include "client/study_file/text_check.h"
#include "client/study_file/yaml_document.h"
#include "server/model/references.h"

namespace hpsearch::study_file {
namespace {

using model::Node;

// More are counted and not shown.
constexpr std::size_t kMostFaults = 200;

// `named`: --name gave the study's name.
std::string Line(const LocatedFault& fault, const std::string& file, bool named) {
  const char* flag = named && fault.path == "study" ? "--name" : "--set";
  const std::string place =
      fault.position.line == 0 ? flag : fmt::format("{}:{}:{}", file, fault.position.line, fault.position.column);
  return fault.path.empty() ? fmt::format("{}: {}", place, fault.message)
                            : fmt::format("{}: {}: {}", place, fault.path, fault.message);
}

StudyFile Faulty(std::vector<LocatedFault> faults, const std::string& file, bool named = false) {
  std::sort(faults.begin(), faults.end());
  faults.erase(std::unique(faults.begin(), faults.end()), faults.end());
  StudyFile result;
  for (const LocatedFault& fault : faults) {
    if (result.faults.size() == kMostFaults) {
      result.faults.push_back(fmt::format("{}: {} more faults", file, faults.size() - kMostFaults));
      break;
    }
    result.faults.push_back(Line(fault, file, named));
  }
  return result;
}

// What is known of the document's one data set, where it is sound: found with it, or faults at once, whatever else
// the document lacks. Of a set that hangs on parameters the points say more: the lookup itself.
study::ShapeLookup LookUp(const Node& document, const ShapeLookup& lookup, model::Faults& faults) {
  const Node* section = document.Find("dataset");
  if (!lookup || section == nullptr) return nullptr;
  if (model::HasReferences(*section)) return lookup;
  model::Faults unsound;  // ReadSpec reports them
  const model::DatasetSpec dataset =
      model::ReadDataset(model::Substitute(*section, [](std::string_view) { return std::nullopt; }), unsound);
  if (!unsound.empty()) return nullptr;
  const absl::StatusOr<model::DatasetShape> shape = lookup(dataset);
  if (shape.ok())
    return [shape](const model::DatasetSpec&) -> absl::StatusOr<model::DatasetShape> { return *shape; };
  model::Faults found;
  study::AddFaults(shape.status(), dataset, found);
  for (model::Fault& fault : found) {
    if (!section->is_mapping() && fault.path == "dataset.name") fault.path = "dataset";
    faults.push_back(std::move(fault));
  }
  return nullptr;
}

}  // namespace

StudyFile Parse(const std::string& given, const std::string& file, const Options& options,
                const ShapeLookup& lookup) {
  const std::string text = given.starts_with("\xEF\xBB\xBF") ? given.substr(3) : given;
  std::vector<LocatedFault> faults = CheckText(text);
  if (!faults.empty()) return Faulty(std::move(faults), file);

  YamlDocument document = ParseYaml(text);
  if (document.broken) return Faulty(std::move(document.faults), file);
  if (!document.root.is_mapping()) {
    return Faulty({document.places.Locate(
                      {"", "a study file is a mapping: 'study: NAME', 'dataset: NAME', 'model: [...]', ..."})},
                  file);
  }
  for (const std::string& override : options.overrides) {
    if (auto fault = ApplyOverride(override, document.root, document.places)) document.faults.push_back(*fault);
  }
  if (options.name) {
    document.root.Set("study", Node(*options.name));
    document.places.Override("study");
  }

  model::Faults semantic;
  const study::ShapeLookup known = LookUp(document.root, lookup, semantic);
  StudyFile result;
  result.spec = study::ReadSpec(document.root, known, semantic);
  if (options.dataset_by_name && result.spec != nullptr && study::WantsPath(*result.spec)) {
    semantic.push_back({"dataset.path",
                        "a server takes data sets by name, as its workers find them; a path is for "
                        "'hpsearch run'"});
  }
  for (const model::Fault& fault : semantic) document.faults.push_back(document.places.Locate(fault));
  if (document.faults.empty()) return result;
  return Faulty(std::move(document.faults), file, options.name.has_value());
}

StudyFile Load(const std::string& path, const Options& options, const ShapeLookup& lookup) {
  const auto refuse = [&path](const std::string& why) {
    return StudyFile{nullptr, {fmt::format("{}:1:1: {}", path, why)}};
  };
  std::error_code error;
  const std::filesystem::file_status status = std::filesystem::status(path, error);
  if (!std::filesystem::exists(status)) return refuse("no such file");
  if (std::filesystem::is_directory(status)) return refuse("a folder; a study file is wanted");
  if (std::filesystem::is_regular_file(status)) {
    const std::uintmax_t bytes = std::filesystem::file_size(path, error);
    if (!error && bytes > kMaxBytes) {
      return refuse(fmt::format("{} bytes; a study file has at most {}", bytes, kMaxBytes));
    }
  }
  std::ifstream stream(path, std::ios::binary);
  if (!stream) return refuse(std::strerror(errno));
  std::string text(kMaxBytes + 1, '\0');  // pipes have no size to look at first
  stream.read(text.data(), static_cast<std::streamsize>(text.size()));
  text.resize(static_cast<std::size_t>(stream.gcount()));
  if (text.size() > kMaxBytes) return refuse(fmt::format("more than {} bytes", kMaxBytes));
  return Parse(text, path, options, lookup);
}

}  // namespace hpsearch::study_file
