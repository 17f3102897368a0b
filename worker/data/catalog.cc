#include "worker/data/catalog.h"

#include <malloc.h>

#include <algorithm>
#include <deque>
#include <filesystem>
#include <future>
#include <map>
#include <mutex>
#include <optional>
#include <system_error>
#include <utility>
#include <variant>

#include "absl/status/status.h"
#include "absl/strings/str_join.h"
#include "fmt/format.h"
#include "server/model/key_rule.h"
#include "worker/data/csv_set.h"
#include "worker/data/huge_pages.h"
#include "worker/data/set_format.h"

namespace hpsearch::data {
namespace {

namespace fs = std::filesystem;

using Loaded = absl::StatusOr<std::shared_ptr<const Dataset>>;

// Sets that stay in memory between two trials although no trial holds them.
constexpr std::size_t kKept = 2;

// As the study maps it; without a mapping, of a table, its content and columns alone.
Loaded Read(const std::string& key, const std::string& path, const model::DatasetSpec* mapping) {
  const SetFormat* format = FormatAt(path);
  if (format == nullptr) return absl::NotFoundError(fmt::format("{}: the data set has gone", path));
  if (mapping != nullptr && format->read_mapped == nullptr) {
    const char* given = mapping->target         ? "target"
                        : mapping->header       ? "header"
                        : mapping->drop.empty() ? "categorical"
                                                : "drop";
    return absl::InvalidArgumentError(
        fmt::format("dataset.{}: {} is no table (it is {}) and has no columns to name; leave it out", given, key,
                    format->name));
  }
  absl::StatusOr<Dataset> dataset = mapping != nullptr ? format->read_mapped(path, *mapping) : format->read(path);
  if (!dataset.ok()) return dataset.status();
  dataset->key = key;
  PreferHugePages(*dataset);
#ifdef __GLIBC__
  malloc_trim(0);  // what reading took and freed would stay with this thread's arena
#endif
  return std::make_shared<const Dataset>(*std::move(dataset));
}

// What a set is known by in memory, as the study maps it. No key has a line break in it.
std::string MappedKey(const model::DatasetSpec& spec) {
  const auto text = [](const model::Column& column) {
    const auto* index = std::get_if<std::int64_t>(&column);
    return index != nullptr ? fmt::format("{}", *index) : fmt::format("'{}'", std::get<std::string>(column));
  };
  std::string key = spec.Key() + "\ntarget " + (spec.target ? text(*spec.target) : "-1");
  if (spec.header) key += *spec.header ? "\nheader" : "\nno header";
  for (const model::Column& column : spec.drop) key += "\ndrop " + text(column);
  for (const model::Column& column : spec.categorical) key += "\ncategorical " + text(column);
  return key;
}

bool IsPath(const std::string& key) { return key.find('/') != std::string::npos; }

// Whether a study can have it as its `dataset`; no message could even carry bytes that are not UTF-8.
bool IsSayable(const std::string& name) { return !name.starts_with('.') && !model::FaultOf(name); }

// Of several that would have one name in a folder, shapes/ and shapes.csv, the one whose path is first.
std::vector<Found> SetsIn(const std::vector<std::string>& folders) {
  std::map<std::string, Found> found;
  for (const std::string& folder : folders) {
    std::map<std::string, Found> here;
    std::error_code error;  // a folder of the path that is not there, or not for us to read, holds no sets
    for (fs::directory_iterator entry(folder, error), end; !error && entry != end; entry.increment(error)) {
      const std::string path = entry->path().string();
      const std::string filename = entry->path().filename().string();
      const SetFormat* format = IsSayable(filename) ? FormatAt(path) : nullptr;
      if (format == nullptr) continue;
      const std::string name = entry->is_directory(error) ? filename : CsvSetName(filename);
      const auto known = here.find(name);
      if (known == here.end() || path < known->second.folder) here[name] = {name, path, format->name};
    }
    found.merge(here);
  }
  std::vector<Found> list;
  list.reserve(found.size());
  for (auto& [name, set] : found) list.push_back(std::move(set));
  return list;
}

absl::StatusOr<std::string> FolderOf(const std::string& key, const std::vector<std::string>& folders) {
  if (IsPath(key)) {
    if (FormatAt(key) != nullptr) return key;
    std::error_code error;
    return absl::NotFoundError(
        fs::is_directory(key, error)
            ? fmt::format("{}: no data set is in this folder; wanted are {}, each plain or with .gz", key,
                          WantedFiles())
            : fmt::format("{}: there is no such folder, nor a file NAME.csv or NAME.data", key));
  }
  const std::vector<Found> sets = SetsIn(folders);
  const auto set = std::find_if(sets.begin(), sets.end(), [&](const Found& found) { return found.name == key; });
  if (set != sets.end()) return set->folder;
  std::vector<std::string> names;
  names.reserve(sets.size());
  for (const Found& found : sets) names.push_back(found.name);
  return absl::NotFoundError(fmt::format("no data set '{}' in {}; {}", key, absl::StrJoin(folders, ":"),
                                         names.empty() ? "there is none at all (HPSEARCH_DATA names the folders)"
                                                       : "there are " + absl::StrJoin(names, ", ")));
}

}  // namespace

class Catalog::Impl {
 public:
  const std::vector<std::string> folders;

  explicit Impl(std::vector<std::string> folders) : folders(std::move(folders)) {}

  std::shared_ptr<const Dataset> InMemory(const std::string& id);
  // `id` is of the set and its mapping, `key` of the set.
  Loaded Load(const std::string& id, const std::string& key, const model::DatasetSpec* mapping);

 private:
  // Requires the mutex, as does Keep.
  std::shared_ptr<const Dataset> Known(const std::string& id) {
    const auto it = in_memory.find(id);
    std::shared_ptr<const Dataset> dataset = it == in_memory.end() ? nullptr : it->second.lock();
    if (dataset != nullptr) Keep(dataset);
    return dataset;
  }

  // A table's description is nothing to keep: what is trained on is the set as it is mapped.
  void Keep(const std::shared_ptr<const Dataset>& dataset) {
    if (dataset->shape.table) return;
    std::erase(kept, dataset);
    kept.push_front(dataset);
    if (kept.size() > kKept) kept.pop_back();
  }

  std::mutex mutex;  // guards what follows; not held while a set is read
  std::map<std::string, std::weak_ptr<const Dataset>> in_memory;
  std::map<std::string, std::shared_future<Loaded>> being_read;
  std::deque<std::shared_ptr<const Dataset>> kept;  // the last used first
};

Catalog::Catalog(std::vector<std::string> folders) : impl_(std::make_unique<Impl>(std::move(folders))) {}
Catalog::~Catalog() = default;

std::vector<Found> Catalog::List() const { return SetsIn(impl_->folders); }

Loaded Catalog::Load(const std::string& key) { return impl_->Load(key, key, nullptr); }

Loaded Catalog::Load(const model::DatasetSpec& spec) {
  const std::string& key = spec.Key();
  const std::string mapped = MappedKey(spec);
  if (std::shared_ptr<const Dataset> dataset = impl_->InMemory(mapped)) return dataset;
  if (!spec.MapsColumns()) {
    Loaded loaded = Load(key);
    if (!loaded.ok() || !(*loaded)->shape.table) return loaded;
  }
  return impl_->Load(mapped, key, &spec);
}

std::shared_ptr<const Dataset> Catalog::Impl::InMemory(const std::string& id) {
  const std::lock_guard lock(mutex);
  return Known(id);
}

Loaded Catalog::Impl::Load(const std::string& id, const std::string& key, const model::DatasetSpec* mapping) {
  std::promise<Loaded> promise;
  {
    std::unique_lock lock(mutex);
    if (std::shared_ptr<const Dataset> dataset = Known(id)) return dataset;
    if (const auto it = being_read.find(id); it != being_read.end()) {
      const std::shared_future<Loaded> other = it->second;
      lock.unlock();
      return other.get();
    }
    being_read.emplace(id, promise.get_future().share());
  }

  Loaded loaded = absl::UnknownError("");
  try {
    absl::StatusOr<std::string> path = FolderOf(key, folders);
    loaded = path.ok() ? Read(key, *path, mapping) : Loaded(path.status());
  } catch (const std::bad_alloc&) {
    loaded = absl::ResourceExhaustedError(fmt::format("{}: memory does not suffice for this data set", key));
  }
  {
    std::lock_guard lock(mutex);
    if (loaded.ok()) {
      std::erase_if(in_memory, [](const auto& entry) { return entry.second.expired(); });
      in_memory[id] = *loaded;
      Keep(*loaded);
    }
    being_read.erase(id);
  }
  promise.set_value(loaded);
  return loaded;
}

}  // namespace hpsearch::data
