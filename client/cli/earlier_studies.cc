#include "client/cli/earlier_studies.h"

#include <algorithm>
#include <filesystem>
#include <limits>
#include <memory>
#include <system_error>

#include "client/cli/point_rows.h"
#include "client/cli/study_source.h"
#include "server/study/earlier_results.h"

namespace hpsearch::cli {
namespace {

// As Store::BestTrials and Store::BestPoints have them.
absl::StatusOr<std::vector<study::EarlierBest>> BestOfAll(const store::StudyRow& study, std::int64_t replicates,
                                                          std::int64_t most, StudySource& source) {
  const absl::StatusOr<std::vector<store::TrialRow>> trials =
      source.Trials({.study = study.study, .limit = std::numeric_limits<std::int64_t>::max()});
  if (!trials.ok()) return trials.status();
  std::vector<store::TrialRow> rows = PointRows(*trials, replicates);
  std::erase_if(rows, [](const store::TrialRow& row) { return row.is_copy(); });
  const bool minimize = study.direction == "minimize";
  std::ranges::stable_sort(rows, [minimize](const store::TrialRow& a, const store::TrialRow& b) {
    return minimize ? *a.objective < *b.objective : *a.objective > *b.objective;
  });
  if (std::ssize(rows) > most) rows.resize(static_cast<std::size_t>(most));
  std::vector<study::EarlierBest> best;
  best.reserve(rows.size());
  for (const store::TrialRow& row : rows) best.push_back({row.trial, row.parameters, *row.objective});
  return best;
}

absl::StatusOr<std::int64_t> CountResults(const study::StudySpec& spec, StudySource& source,
                                          const std::string& name) {
  const absl::StatusOr<store::StudyRow> row = source.Study(name);
  if (!row.ok()) return row.status();
  const std::optional<study::StudyState> state = study::StudyStateFrom(row->state);
  if (!state) return absl::InternalError("it is in an unknown state");
  const absl::StatusOr<std::vector<study::EarlierResult>> results = study::ResultsFor(
      spec, {row->study, row->spec, row->metric, row->direction, *state},
      [&](std::int64_t replicates, std::int64_t most) { return BestOfAll(*row, replicates, most, source); });
  if (!results.ok()) return results.status();
  return std::ssize(*results);
}

}  // namespace

std::vector<EarlierCount> CountEarlier(const study::StudySpec& spec, const TargetFlags& flags) {
  std::vector<EarlierCount> counts;
  for (const std::string& name : spec.search.warm_start) counts.push_back({name, std::nullopt});
  const Target target = Resolve(flags);
  std::error_code none;
  if (counts.empty() || (target.by_default && !std::filesystem::exists(target.name, none))) return counts;
  const absl::StatusOr<std::unique_ptr<StudySource>> source = OpenSource(target);
  for (EarlierCount& count : counts) {
    const absl::StatusOr<std::int64_t> results =
        source.ok() ? CountResults(spec, **source, count.study) : absl::StatusOr<std::int64_t>(source.status());
    if (results.ok()) {
      count.results = *results;
    } else {
      count.reason = std::string(results.status().message());
    }
  }
  return counts;
}

}  // namespace hpsearch::cli
