#include "worker/data/catalog.h"

#include <algorithm>
#include <deque>
#include <filesystem>
#include <future>
#include <map>
#include <mutex>
#include <optional>
#include <system_error>
#include <utility>

#include "absl/status/status.h"
#include "absl/strings/str_join.h"
#include "fmt/format.h"
#include "server/model/key_rule.h"
#include "worker/data/set_format.h"

namespace hpsearch::data {
namespace {

namespace fs = std::filesystem;

using Loaded = absl::StatusOr<std::shared_ptr<const Dataset>>;

// Sets that stay in memory between two trials although no trial holds them.
constexpr std::size_t kKept = 2;

Loaded Read(const std::string& key, const std::string& folder) {
  const SetFormat* format = FormatAt(folder);
  if (format == nullptr) return absl::NotFoundError(fmt::format("{}: the data set has gone", folder));
  absl::StatusOr<Dataset> dataset = format->read(folder);
  if (!dataset.ok()) return dataset.status();
  dataset->key = key;
  return std::make_shared<const Dataset>(*std::move(dataset));
}

bool IsPath(const std::string& key) { return key.find('/') != std::string::npos; }

// Whether a study can have it as its `dataset`; no message could even carry bytes that are not UTF-8.
bool IsSayable(const std::string& name) { return !name.starts_with('.') && !model::FaultOf(name); }

std::vector<Found> SetsIn(const std::vector<std::string>& folders) {
  std::map<std::string, Found> found;
  for (const std::string& folder : folders) {
    std::error_code error;  // a folder of the path that is not there, or not for us to read, holds no sets
    for (fs::directory_iterator entry(folder, error), end; !error && entry != end; entry.increment(error)) {
      const std::string name = entry->path().filename().string();
      if (!IsSayable(name)) continue;
      if (found.contains(name)) continue;
      if (const SetFormat* format = FormatAt(entry->path().string())) {
        found[name] = {name, entry->path().string(), format->name};
      }
    }
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
            : fmt::format("{}: there is no such folder", key));
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

struct Catalog::Impl {
  const std::vector<std::string> folders;

  std::mutex mutex;  // guards what follows; not held while a set is read
  std::map<std::string, std::weak_ptr<const Dataset>> in_memory;
  std::map<std::string, std::shared_future<Loaded>> being_read;
  std::deque<std::shared_ptr<const Dataset>> kept;  // the last used first

  explicit Impl(std::vector<std::string> folders) : folders(std::move(folders)) {}

  void Keep(const std::shared_ptr<const Dataset>& dataset) {
    std::erase(kept, dataset);
    kept.push_front(dataset);
    if (kept.size() > kKept) kept.pop_back();
  }
};

Catalog::Catalog(std::vector<std::string> folders) : impl_(std::make_unique<Impl>(std::move(folders))) {}
Catalog::~Catalog() = default;

std::vector<Found> Catalog::List() const { return SetsIn(impl_->folders); }

absl::StatusOr<std::shared_ptr<const Dataset>> Catalog::Load(const std::string& key) {
  std::promise<Loaded> promise;
  {
    std::unique_lock lock(impl_->mutex);
    if (const auto it = impl_->in_memory.find(key); it != impl_->in_memory.end()) {
      if (std::shared_ptr<const Dataset> dataset = it->second.lock()) {
        impl_->Keep(dataset);
        return dataset;
      }
    }
    if (const auto it = impl_->being_read.find(key); it != impl_->being_read.end()) {
      const std::shared_future<Loaded> other = it->second;
      lock.unlock();
      return other.get();
    }
    impl_->being_read.emplace(key, promise.get_future().share());
  }

  Loaded loaded = absl::UnknownError("");
  try {
    absl::StatusOr<std::string> folder = FolderOf(key, impl_->folders);
    loaded = folder.ok() ? Read(key, *folder) : Loaded(folder.status());
  } catch (const std::bad_alloc&) {
    loaded = absl::ResourceExhaustedError(fmt::format("{}: memory does not suffice for this data set", key));
  }
  {
    std::lock_guard lock(impl_->mutex);
    if (loaded.ok()) {
      std::erase_if(impl_->in_memory, [](const auto& entry) { return entry.second.expired(); });
      impl_->in_memory[key] = *loaded;
      impl_->Keep(*loaded);
    }
    impl_->being_read.erase(key);
  }
  promise.set_value(loaded);
  return loaded;
}

}  // namespace hpsearch::data
