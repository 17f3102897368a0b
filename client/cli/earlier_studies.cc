#include "client/cli/earlier_studies.h"

#include <filesystem>
#include <memory>
#include <system_error>

#include "client/cli/study_source.h"
#include "server/study/earlier_results.h"

namespace hpsearch::cli {
namespace {

using study::TrialState;

absl::StatusOr<std::int64_t> CountResults(const study::StudySpec& spec, StudySource& source,
                                          const std::string& name) {
  const absl::StatusOr<store::StudyRow> row = source.Study(name);
  if (!row.ok()) return row.status();
  const std::optional<study::StudyState> state = study::StudyStateFrom(row->state);
  if (!state) return absl::InternalError("it is in an unknown state");
  study::EarlierStudy earlier{row->study, row->spec, row->metric, row->direction, *state, {}};
  const std::int64_t most = study::MostEarlierOfEach(spec);
  // As Store::BestTrials has them; those that were taken over within the study lie among them.
  store::TrialQuery query{.study = name, .sort = "objective", .descending = row->direction == "maximize"};
  query.limit = 2 * most;
  const absl::StatusOr<std::vector<store::TrialRow>> trials = source.Trials(query);
  if (!trials.ok()) return trials.status();
  for (const store::TrialRow& trial : *trials) {
    const std::optional<TrialState> ended = study::TrialStateFrom(trial.state);
    const bool counts = ended == TrialState::kCompleted || ended == TrialState::kEarlyStopped;
    const bool own = !trial.reused_from || !trial.reused_from->starts_with(name + "/");
    if (!counts || !own || !trial.objective || std::ssize(earlier.best) == most) continue;
    earlier.best.push_back({trial.trial, trial.parameters, *trial.objective});
  }
  const absl::StatusOr<std::vector<study::EarlierResult>> results = study::ResultsFor(spec, earlier);
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
