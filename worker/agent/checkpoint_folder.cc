#include "worker/agent/checkpoint_folder.h"

#include <sys/stat.h>

#include <algorithm>
#include <chrono>
#include <functional>
#include <optional>
#include <system_error>
#include <tuple>
#include <utility>
#include <vector>

#include "fmt/format.h"
#include "hpsearch/v1/checkpoint.pb.h"
#include "server/failpoint/failpoint.h"
#include "worker/agent/best_epoch.h"
#include "worker/train/checkpoint.h"

namespace hpsearch::agent {
namespace {

namespace fs = std::filesystem;

constexpr std::string_view kLast = ".last";
constexpr std::string_view kAside = ".aside";  // of what is being written
constexpr std::chrono::hours kForgotten{7 * 24};
// Of a study's trials that are unfinished, paused or were stopped, the newest so many keep their checkpoints.
constexpr std::size_t kMostUnfinished = 128;

absl::Status FromError(const fs::path& path, const std::error_code& error) {
  return absl::UnavailableError(fmt::format("{}: {}", path.string(), error.message()));
}

using Surplus = CheckpointFolder::Surplus;

struct Finished {
  double objective;
  std::int64_t trial;
  Surplus seen;
};

// nullopt: it is gone.
std::optional<Surplus> See(const fs::path& path) {
  struct stat status = {};
  if (stat(path.c_str(), &status) != 0) return std::nullopt;
  return Surplus{path, status.st_ino, status.st_mtim.tv_sec * 1'000'000'000 + status.st_mtim.tv_nsec};
}

bool Forgotten(const fs::path& path) {
  std::error_code error;
  const fs::file_time_type written = fs::last_write_time(path, error);
  return !error && fs::file_time_type::clock::now() - written > kForgotten;
}

// The entries' paths; the first error ends it. The range-for's own ++ would throw.
template <class Look>
absl::Status ForEachIn(const fs::path& folder, Look look) {
  std::error_code error;
  for (fs::directory_iterator it(folder, error); !error && it != fs::directory_iterator(); it.increment(error)) {
    look(it->path());
  }
  return error ? FromError(folder, error) : absl::OkStatus();
}

bool IsPlain(std::string_view name) { return name.find('/') == std::string_view::npos && !name.starts_with('.'); }

}  // namespace

fs::path CheckpointFolder::OfStudy(const v1::Lease& lease) const {
  return folder_ / fmt::format("{}-{}", lease.study(), lease.spec_digest());
}

CheckpointPaths CheckpointFolder::PathsOf(const v1::Lease& lease, const std::string& key) const {
  const std::string stem = OfStudy(lease) / fmt::format("{}-{}", lease.trial(), key);
  return {fmt::format("{}{}", stem, kLast), stem + ".best"};
}

std::vector<CheckpointPaths> CheckpointFolder::OthersOf(const v1::Lease& lease, const std::string& key) const {
  const std::string own = PathsOf(lease, key).last;
  const std::string name = fmt::format("-{}{}", key, kLast);
  std::vector<CheckpointPaths> others;
  const auto look_in = [&](const fs::path& folder) {
    const std::size_t before = others.size();
    const absl::Status ignored = ForEachIn(folder, [&](const fs::path& path) {
      if (!path.filename().string().ends_with(name) || path == own) return;
      others.push_back({path.string(), fs::path(path).replace_extension(".best").string()});
    });
    std::sort(others.begin() + static_cast<std::ptrdiff_t>(before), others.end(),
              [](const CheckpointPaths& a, const CheckpointPaths& b) { return a.last < b.last; });
  };
  look_in(OfStudy(lease));
  if (lease.shorter_study().empty()) return others;
  // Whatever its digest: the key says what it trained.
  std::vector<fs::path> folders;
  const absl::Status ignored = ForEachIn(folder_, [&](const fs::path& path) {
    const std::string of = path.filename().string();
    if (of.substr(0, of.rfind('-')) == lease.shorter_study() && path != OfStudy(lease)) folders.push_back(path);
  });
  std::ranges::sort(folders);
  for (const fs::path& folder : folders) look_in(folder);
  return others;
}

absl::Status CheckpointFolder::Make(const v1::Lease& lease) const {
  if (lease.study().empty() || !IsPlain(lease.study()) || !IsPlain(lease.spec_digest())) {
    return absl::InvalidArgumentError(
        fmt::format("'{}-{}' is no study's folder", lease.study(), lease.spec_digest()));
  }
  std::error_code error;
  fs::create_directories(OfStudy(lease), error);
  return error ? FromError(OfStudy(lease), error) : absl::OkStatus();
}

absl::StatusOr<std::vector<Surplus>> CheckpointFolder::SurplusOf(const v1::Lease& lease) const {
  std::vector<Finished> finished;
  std::vector<Surplus> surplus, unfinished;
  const absl::Status status = ForEachIn(OfStudy(lease), [&](const fs::path& path) {
    if (path.extension() != kLast) return;
    const std::optional<Surplus> seen = See(path);  // before it is read: what is written in between is another
    if (!seen) return;
    const absl::StatusOr<std::string> attachment = train::ReadAttachment(path.string());
    v1::CheckpointNote note;
    if (!attachment.ok() || !note.ParseFromString(*attachment) || !note.finished()) {
      (Forgotten(path) ? surplus : unfinished).push_back(*seen);
    } else if (note.has_objective()) {
      finished.push_back({note.objective(), note.trial(), *seen});
    } else {
      surplus.push_back(*seen);
    }
  });
  if (!status.ok()) return status;
  std::ranges::sort(unfinished, std::greater(), &Surplus::written);
  for (std::size_t i = kMostUnfinished; i < unfinished.size(); ++i) surplus.push_back(std::move(unfinished[i]));
  std::ranges::sort(finished, [&lease](const Finished& a, const Finished& b) {
    if (a.objective != b.objective) return Better(lease.objective(), a.objective, b.objective);
    return std::tie(a.trial, a.seen.last) < std::tie(b.trial, b.seen.last);
  });
  const auto keep = static_cast<std::size_t>(std::max<std::int64_t>(lease.keep_checkpoints(), 0));
  for (std::size_t i = keep; i < finished.size(); ++i) surplus.push_back(std::move(finished[i].seen));
  return surplus;
}

absl::Status CheckpointFolder::Remove(const Surplus& surplus) {
  const std::string name = surplus.last.filename().string();
  const std::string stem = name.substr(0, name.size() - kLast.size() + 1);  // with the point
  std::vector<fs::path> gone;  // previous and best too, and what a crash left aside long ago
  absl::Status status = ForEachIn(surplus.last.parent_path(), [&](const fs::path& path) {
    const std::string other = path.filename().string();
    const bool being_written = other.find(kAside) != std::string::npos && !Forgotten(path);
    if (other.starts_with(stem) && !being_written) gone.push_back(path);
  });
  const std::optional<Surplus> now = See(surplus.last);
  if (!now || now->inode != surplus.inode || now->written != surplus.written) return status;
  for (const fs::path& path : gone) {
    failpoint::Failpoint("worker.checkpoint.surplus");
    std::error_code ignored;  // another worker may be removing it too
    fs::remove(path, ignored);
  }
  return status;
}

absl::Status CheckpointFolder::KeepBest(const v1::Lease& lease) const {
  const absl::StatusOr<std::vector<Surplus>> surplus = SurplusOf(lease);
  if (!surplus.ok()) return surplus.status();
  absl::Status status;
  for (const Surplus& each : *surplus) status.Update(Remove(each));
  return status;
}

}  // namespace hpsearch::agent
