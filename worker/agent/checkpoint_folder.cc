#include "worker/agent/checkpoint_folder.h"

#include <algorithm>
#include <chrono>
#include <system_error>
#include <tuple>
#include <utility>
#include <vector>

#include "fmt/format.h"
#include "hpsearch/v1/checkpoint.pb.h"
#include "worker/agent/best_epoch.h"
#include "worker/train/checkpoint.h"

namespace hpsearch::agent {
namespace {

namespace fs = std::filesystem;

constexpr std::string_view kLast = ".last";
constexpr std::chrono::hours kForgotten{7 * 24};

absl::Status FromError(const fs::path& path, const std::error_code& error) {
  return absl::UnavailableError(fmt::format("{}: {}", path.string(), error.message()));
}

struct Finished {
  double objective;
  std::int64_t trial;
  fs::path last;
};

bool Forgotten(const fs::path& path) {
  std::error_code error;
  const fs::file_time_type written = fs::last_write_time(path, error);
  return !error && fs::file_time_type::clock::now() - written > kForgotten;
}

// The file and those that bear its name and something behind it: previous, best, and what a crash left aside.
absl::Status Remove(const fs::path& last) {
  const std::string stem = last.filename().string().substr(0, last.filename().string().size() - kLast.size());
  std::error_code error;
  for (const fs::directory_entry& entry : fs::directory_iterator(last.parent_path(), error)) {
    std::error_code ignored;  // another worker may be removing it too
    if (entry.path().filename().string().starts_with(stem + ".")) fs::remove(entry.path(), ignored);
  }
  return error ? FromError(last, error) : absl::OkStatus();
}

}  // namespace

absl::StatusOr<CheckpointPaths> CheckpointFolder::PathsOf(const std::string& study, const std::string& key) const {
  if (study.empty() || study.find('/') != std::string::npos || study.front() == '.') {
    return absl::InvalidArgumentError(fmt::format("'{}' is no study's name", study));
  }
  const fs::path folder = folder_ / study;
  std::error_code error;
  fs::create_directories(folder, error);
  if (error) return FromError(folder, error);
  const std::string stem = (folder / key).string();
  return CheckpointPaths{fmt::format("{}{}", stem, kLast), stem + ".best"};
}

absl::Status CheckpointFolder::KeepBest(const v1::Lease& lease) const {
  const fs::path folder = folder_ / lease.study();
  std::vector<Finished> finished;
  std::vector<fs::path> gone;
  std::error_code error;
  for (const fs::directory_entry& entry : fs::directory_iterator(folder, error)) {
    if (entry.path().extension() != kLast) continue;
    const absl::StatusOr<std::string> attachment = train::ReadAttachment(entry.path().string());
    v1::CheckpointNote note;
    if (!attachment.ok() || !note.ParseFromString(*attachment) || !note.finished()) {
      if (Forgotten(entry.path())) gone.push_back(entry.path());
    } else if (note.has_objective()) {
      finished.push_back({note.objective(), note.trial(), entry.path()});
    } else {
      gone.push_back(entry.path());
    }
  }
  if (error) return FromError(folder, error);
  std::ranges::sort(finished, [&lease](const Finished& a, const Finished& b) {
    if (a.objective != b.objective) return Better(lease.objective(), a.objective, b.objective);
    return std::tie(a.trial, a.last) < std::tie(b.trial, b.last);
  });
  const auto keep = static_cast<std::size_t>(std::max<std::int64_t>(lease.keep_checkpoints(), 0));
  for (std::size_t i = keep; i < finished.size(); ++i) gone.push_back(finished[i].last);
  absl::Status status;
  for (const fs::path& last : gone) status.Update(Remove(last));
  return status;
}

}  // namespace hpsearch::agent
