#include "server/rpc/resource_name.h"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>

#include "absl/status/status.h"

namespace hpsearch::rpc {
namespace {

constexpr std::string_view kStudies = "studies/";
constexpr std::string_view kTrials = "/trials/";

bool IsStudy(std::string_view study) {
  const auto lower_or_digit = [](char c) { return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9'); };
  return !study.empty() && study.size() <= 63 && lower_or_digit(study.front()) &&
         std::all_of(study.begin(), study.end(), [&](char c) { return c == '-' || lower_or_digit(c); });
}

// A name as it may be shown: it came from outside.
std::string Shown(std::string_view name) {
  std::string shown;
  for (char c : name.substr(0, 100)) shown += c >= ' ' && c <= '~' ? c : '?';
  return name.size() > 100 ? shown + "..." : shown;
}

absl::Status Wrong(std::string_view name, std::string_view wanted) {
  return absl::InvalidArgumentError(fmt::format("name '{}': {} is wanted", Shown(name), wanted));
}

}  // namespace

absl::StatusOr<std::string> ParseStudyName(std::string_view name) {
  constexpr std::string_view kWanted = "studies/{study}, the study being [a-z0-9][a-z0-9-]{0,62}";
  if (!name.starts_with(kStudies)) return Wrong(name, kWanted);
  const std::string_view study = name.substr(kStudies.size());
  if (study.empty() || study.find('/') != std::string_view::npos) return Wrong(name, kWanted);
  if (!IsStudy(study)) {
    return absl::NotFoundError(fmt::format("there is no study '{}': none could have that name", Shown(study)));
  }
  return std::string(study);
}

absl::StatusOr<TrialId> ParseTrialName(std::string_view name) {
  constexpr std::string_view kWanted = "studies/{study}/trials/{trial}, the trial being a number from 1 or 'best'";
  const std::size_t at = name.find(kTrials);
  if (at == std::string_view::npos) return Wrong(name, kWanted);
  absl::StatusOr<std::string> study = ParseStudyName(name.substr(0, at));
  if (absl::IsInvalidArgument(study.status())) return Wrong(name, kWanted);
  if (!study.ok()) return study.status();
  const std::string_view trial = name.substr(at + kTrials.size());
  if (trial == "best") return TrialId{*std::move(study), std::nullopt};
  std::int64_t number = 0;
  const auto [end, error] = std::from_chars(trial.data(), trial.data() + trial.size(), number);
  if (error != std::errc() || end != trial.data() + trial.size() || number < 1) return Wrong(name, kWanted);
  return TrialId{*std::move(study), number};
}

std::string StudyName(std::string_view study) { return fmt::format("{}{}", kStudies, study); }

std::string TrialName(std::string_view study, std::int64_t trial) {
  return fmt::format("{}{}{}{}", kStudies, study, kTrials, trial);
}

}  // namespace hpsearch::rpc
