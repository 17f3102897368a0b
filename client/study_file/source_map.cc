#include "client/study_file/source_map.h"

namespace hpsearch::study_file {
namespace {

// "model[3].dense" from "model[3].dense.units", "model" from "model[3]", "" from "model".
std::string_view ParentOf(std::string_view path) {
  const std::size_t end = path.find_last_of(".[");
  return end == std::string_view::npos ? std::string_view() : path.substr(0, end);
}

}  // namespace

void SourceMap::Add(const std::string& path, Position key, Position value) {
  entries_.emplace(path, Entry{key, value});
}

void SourceMap::Override(const std::string& path) {
  for (auto entry = entries_.lower_bound(path); entry != entries_.end() && entry->first.starts_with(path);) {
    const bool below =
        entry->first.size() == path.size() || entry->first[path.size()] == '.' || entry->first[path.size()] == '[';
    entry = below ? entries_.erase(entry) : std::next(entry);
  }
  entries_.emplace(path, Entry{});
}

LocatedFault SourceMap::Locate(const model::Fault& fault) const {
  LocatedFault located{{1, 1}, fault.path, fault.message};
  std::string_view path = fault.path;
  auto entry = entries_.find(path);
  const bool exact = entry != entries_.end();
  while (entry == entries_.end() && !path.empty()) {
    path = ParentOf(path);
    entry = entries_.find(path);
  }
  if (entry == entries_.end()) return located;
  // What is missing is missed at the key of the mapping that should have it.
  const bool at_key = !exact || fault.at == model::Fault::At::kKey;
  located.position = at_key ? entry->second.key : entry->second.value;
  return located;
}

}  // namespace hpsearch::study_file
