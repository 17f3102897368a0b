// One more round by hand: for a study that has ended, about what its user asks for.
#include <fmt/format.h>

#include <algorithm>
#include <utility>

#include "server/study/active_study.h"
#include "server/study/named_point.h"
#include "server/study/round_boxes.h"

namespace hpsearch::study {
namespace {

absl::Status Impossible(const std::string& what) { return absl::FailedPreconditionError(what); }

}  // namespace

absl::StatusOr<std::unique_ptr<ActiveStudy>> ActiveStudy::Refine(StoredStudy stored,
                                                                 std::shared_ptr<const StudySpec> spec,
                                                                 const std::vector<TrialRecord>& best,
                                                                 const NewRound& asked, Store& store, Micros now,
                                                                 Decision& decision) {
  StudyRecord& record = stored.study;
  record.state = StudyState::kRunning;
  record.reason.clear();
  record.finished_at.reset();
  absl::StatusOr<std::unique_ptr<ActiveStudy>> study = Restore(stored, std::move(spec), best);
  if (!study.ok()) return study.status();
  // Which are the best of points that are trained several times, their trials' order does not say.
  if (absl::Status recalled = (*study)->RecallPoints(store); !recalled.ok()) return recalled;
  if (absl::Status opened = (*study)->OpenByHand(asked, now, decision); !opened.ok()) return opened;
  return study;
}

absl::StatusOr<std::vector<ActiveStudy::Centre>> ActiveStudy::CentresOf(const NewRound& asked) const {
  std::vector<Centre> centres;
  const auto add = [&](const BoxCentre& centre) {
    search::Point point = rounds_.PointOf(*centre.trial);
    const auto there = std::ranges::find(centres, point, &Centre::point);
    if (there == centres.end()) centres.push_back({std::move(point), centre});
  };
  if (!asked.at.empty()) {
    std::optional<search::Point> base;
    if (!best_.empty()) base = rounds_.PointOf(best_.front().trial);
    absl::StatusOr<search::Point> point = NamedPoint(spec_->space, rounds_, base ? &*base : nullptr, asked.at);
    if (!point.ok()) return point.status();
    centres.push_back({*std::move(point), {}});
    return centres;
  }
  if (!asked.around.empty()) {
    for (const TrialRecord& trial : asked.around) {
      BoxCentre centre = {trial.number, points_.stands() ? std::nullopt : trial.objective, {}};
      if (const std::optional<BestPoint> best = BestAt(trial.number); best && points_.stands()) {
        centre.objective = best->objective;
        centre.standard_error = best->standard_error;
      }
      add(centre);
    }
    return centres;
  }
  std::vector<std::int64_t> trials;
  for (const BestPoint& best : best_) trials.push_back(best.trial);
  const std::vector<std::int64_t> used = rounds_.CentresAmong(trials);
  for (const BestPoint& best : best_) {
    if (std::ranges::find(used, best.trial) != used.end()) add(BoxOf(best));
  }
  if (centres.empty()) {
    return Impossible(fmt::format(
        "study {} has no trial with a result to refine around; a point of yours is wanted", record_.name));
  }
  return centres;
}

std::optional<ActiveStudy::BestPoint> ActiveStudy::BestAt(std::int64_t trial) const {
  const auto same = [&](const BestPoint& known) {
    return rounds_.FirstOfPoint(known.trial) == rounds_.FirstOfPoint(trial);
  };
  const auto found = std::ranges::find_if(best_, same);
  return found == best_.end() ? std::nullopt : std::optional(*found);
}

absl::Status ActiveStudy::OpenByHand(const NewRound& asked, Micros now, Decision& decision) {
  const absl::StatusOr<std::vector<Centre>> centres = CentresOf(asked);
  if (!centres.ok()) return centres.status();
  std::vector<search::Point> points;
  std::vector<BoxCentre> boxes;
  std::vector<std::int64_t> trials;
  for (const Centre& centre : *centres) {
    points.push_back(centre.point);
    boxes.push_back(centre.box);
    if (centre.box.trial) trials.push_back(*centre.box.trial);
  }
  const int ended_round = rounds_.current().number();
  const std::int64_t ended = record_.next_trial - rounds_.current().first_trial();
  const bool cut = ended < rounds_.current().size();
  if (absl::Status status = rounds_.RefineByHand(points, asked.num, ended); !status.ok()) {
    return Impossible(std::string(status.message()));
  }
  const search::Round& round = rounds_.current();
  if (round.points() == 1 && !rounds_.EarlierEqual(round.first_trial()).empty()) {
    return Impossible(fmt::format(
        "study {} has no axis that is refined there: the round would be a trial that it has", record_.name));
  }
  if (rounds_.trials() > spec_->limits.max_trials) {
    return Impossible(fmt::format("round {} would make {} trials, more than limits.max_trials ({})",
                                  round.number(), rounds_.trials(), spec_->limits.max_trials));
  }
  race_.Open(round.first_trial(), round.size());
  by_hand_ = true;
  failed_ = 0;
  opened_at_ = now;
  storing_ = true;
  record_.planned_trials = rounds_.trials();
  record_.max_trials = std::max(record_.max_trials, record_.planned_trials);
  decision.Put(record_);
  if (cut) decision.Add(CutRound{record_.id, ended_round, ended});
  decision.Add(PutRound{{.study = record_.id,
                         .number = round.number(),
                         .first_trial = round.first_trial(),
                         .trials = round.size(),
                         .centres = std::move(trials),
                         .opened_at = now,
                         .boxes = BoxesOf(spec_->space, round, boxes),
                         .epochs = EpochsOfRound(*spec_, round.number()),
                         .by_hand = true,
                         .num = asked.num}});
  return absl::OkStatus();
}

absl::Status ActiveStudy::ReopenByHand(const RoundRecord& round, std::int64_t ended, search::Rounds& rounds) {
  const auto odd = [&](const std::string& what) {
    return absl::InternalError(fmt::format("round {} was opened by hand {}", round.number, what));
  };
  std::vector<search::Point> points;
  for (const std::int64_t trial : round.centres) {
    if (trial < 1 || trial > rounds.known()) return odd(fmt::format("around trial {}, which there is not", trial));
    points.push_back(rounds.PointOf(trial));
  }
  if (points.empty()) {
    std::optional<search::Point> point = PointIn(round.boxes);
    const bool fits = point && point->size() == rounds.space().parameters().size();
    if (!fits) return odd("around a point that the study cannot have");
    points.push_back(*std::move(point));
  }
  if (std::ssize(points) > search::Refinement::kMaxAround) return odd("around too many trials");
  if (round.num && !search::Refinement::IsNum(*round.num)) return odd(fmt::format("with a num of {}", *round.num));
  if (ended < 0 || ended > rounds.current().known()) {
    return odd(fmt::format("behind {} trials of the one before, which has {}", ended, rounds.current().known()));
  }
  const absl::Status refined = rounds.RefineByHand(points, round.num, ended);
  return refined.ok() ? refined : absl::InternalError(refined.message());
}

}  // namespace hpsearch::study
