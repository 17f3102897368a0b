#include "client/cli/text_output.h"

#include <fmt/format.h>

#include <cmath>
#include <nlohmann/json.hpp>

#include "client/cli/terminal.h"
#include "server/study/spec.h"

namespace hpsearch::cli {
namespace {

// Each point is trained several times; false where its specification cannot be read.
bool HasReplicates(const store::StudyRow& study) {
  const auto spec = study::ReadSpec(study.spec);
  return spec.ok() && (*spec)->replicates() > 1;
}

std::string PointText(const store::StudyRow& study, const store::TrialRow& best, const store::PointRow& point) {
  std::string text =
      fmt::format("  {} {} over {} {}", PrintableLine(study.metric), MeanText(point.mean, point.standard_error),
                  point.results, point.results == 1 ? "replicate" : "replicates");
  if (point.standard_deviation) text += fmt::format(", standard deviation {:.2g}", *point.standard_deviation);
  text += fmt::format(", round {}\n", best.round);
  if (!point.rival) return text;
  return text + fmt::format(
                    "  cannot be told apart from trial {} ({}): the difference, {:.2g}, is within two "
                    "standard errors\n",
                    point.rival->trial, MeanText(point.rival->mean, point.rival->standard_error),
                    std::abs(point.rival->mean - point.mean));
}

}  // namespace

std::string NumberText(double value) { return fmt::format("{:.6g}", value); }

std::string NumberText(const std::optional<double>& value) { return value ? NumberText(*value) : "-"; }

std::string SecondsText(double seconds) {
  if (seconds < 10) return fmt::format("{:.1f} s", seconds);
  const auto whole = static_cast<std::int64_t>(std::min(seconds, 1e12));
  if (whole < 60) return fmt::format("{} s", whole);
  if (whole < 3600) return fmt::format("{} min {} s", whole / 60, whole % 60);
  return fmt::format("{} h {} min", whole / 3600, whole / 60 % 60);
}

std::vector<std::pair<std::string, std::string>> ParametersOf(const std::string& json) {
  std::vector<std::pair<std::string, std::string>> parameters;
  const auto object = nlohmann::ordered_json::parse(json, nullptr, /*allow_exceptions=*/false);
  if (!object.is_object()) return parameters;
  for (const auto& [name, value] : object.items()) {
    std::string text = value.is_number_float() ? NumberText(value.get<double>())
                       : value.is_string()     ? value.get<std::string>()
                                               : value.dump();
    parameters.emplace_back(PrintableLine(name), PrintableLine(text));
  }
  return parameters;
}

std::string CountsText(const store::StudyRow& study) {
  std::string text;
  for (const auto& [state, trials] : study.trial_counts) {
    if (trials > 0) text += fmt::format("{}{} {}", text.empty() ? "" : ", ", trials, PrintableLine(state));
  }
  return text.empty() ? "none" : text;
}

std::string ShareText(double weight, std::int64_t priority) {
  return fmt::format("weight {}, priority {}", weight, priority);
}

std::string MeanText(double mean, const std::optional<double>& standard_error) {
  if (!standard_error) return NumberText(mean);
  return fmt::format("{} ± {:.2g}", NumberText(mean), *standard_error);
}

std::string BestText(const store::StudyRow& study, const std::optional<BestResult>& found, const Target& target,
                     bool colour) {
  const std::string name = PrintableLine(study.study);
  if (!found) {
    return fmt::format("{}: no {} has a result yet\n", name, HasReplicates(study) ? "point" : "trial");
  }
  const store::TrialRow* const best = &found->trial;
  std::string text = fmt::format("{} {}\n", Styled("Best trial", Style::kBold, colour),
                                 Styled(fmt::format("{}/{}", name, best->trial), Style::kGreen, colour));
  text += found->point ? PointText(study, *best, *found->point)
                       : fmt::format("  {} {} at epoch {} of {}, round {}\n", PrintableLine(study.metric),
                                     NumberText(best->objective), best->best_epoch.value_or(0),
                                     best->epochs_planned, best->round);
  std::size_t width = 0;
  const auto parameters = ParametersOf(best->parameters);
  for (const auto& [key, value] : parameters) width = std::max(width, key.size());
  for (const auto& [key, value] : parameters) text += fmt::format("    {:<{}}  {}\n", key, width, value);
  const std::string flag = FlagFor(target);
  text += fmt::format("Curves: hpsearch curve {}/best{}\n", name, flag);
  if (target.kind == Target::Kind::kDatabase)
    text += fmt::format("        hpsearch dashboard --db {}\n", target.name);
  return text;
}

}  // namespace hpsearch::cli
