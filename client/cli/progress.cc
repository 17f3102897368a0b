#include "client/cli/progress.h"

#include <fmt/format.h>

#include <algorithm>
#include <variant>

#include "client/cli/follow.h"
#include "client/cli/terminal.h"
#include "client/cli/text_output.h"

namespace hpsearch::cli {
namespace {

using std::chrono::duration;

constexpr double kRedrawSeconds = 0.1;
constexpr double kLineSeconds = 1.0;
constexpr std::chrono::milliseconds kTick(500);
constexpr std::size_t kRunningShown = 8;

// The most that the study can take, as far as that is known: the bar does not jump when a round opens.
std::int64_t TotalTrials(const store::StudyRow& study) {
  return HasEnded(study) ? study.planned_trials : std::max(study.planned_trials, study.max_trials);
}

std::string Bar(double part, int width) {
  const int eighths = static_cast<int>(std::clamp(part, 0.0, 1.0) * width * 8);
  static constexpr const char* kParts[] = {"", "▏", "▎", "▍", "▌", "▋", "▊", "▉"};
  std::string bar;
  for (int i = 0; i < eighths / 8; ++i) bar += "█";
  bar += kParts[eighths % 8];
  for (int i = DisplayWidth(bar); i < width; ++i) bar += "░";
  return bar;
}

std::string BestNote(const ProgressView& view) {
  if (!view.best) return "no result yet";
  return fmt::format("best {} (trial {})", NumberText(view.best->objective), view.best->trial);
}

std::string ParametersNote(const store::TrialRow& trial) {
  std::string note;
  for (const auto& [name, value] : ParametersOf(trial.parameters)) {
    note += fmt::format("{}{}={}", note.empty() ? "" : " ", name, value);
  }
  return note;
}

// Cut to `width` columns; of UTF-8, whole characters.
std::string Cut(const std::string& text, int width) {
  std::string cut;
  for (const char c : text) {
    if ((c & 0xC0) != 0x80 && DisplayWidth(cut) >= width) break;
    cut += c;
  }
  return cut;
}

}  // namespace

std::string ProgressLine(const ProgressView& view) {
  std::string line = fmt::format(
      "{}: round {}/{}, {}/{} trials, {:.1f} epochs/s, {}", PrintableLine(view.study.study), view.study.rounds,
      view.total_rounds, EndedTrials(view.study), TotalTrials(view.study), view.epochs_per_second, BestNote(view));
  if (view.seconds_left) line += fmt::format(", {} left", SecondsText(*view.seconds_left));
  return line;
}

std::vector<std::string> ProgressBlock(const ProgressView& view, int width, bool colour) {
  const store::StudyRow& study = view.study;
  const std::int64_t done = EndedTrials(study), total = TotalTrials(study);
  const std::string numbers =
      fmt::format(" {}/{} trials  round {}/{}", done, total, study.rounds, view.total_rounds);
  const std::string name = Cut(PrintableLine(study.study), 24);
  const int bar = std::clamp(width - DisplayWidth(name) - DisplayWidth(numbers) - 2, 4, 60);
  const double part = total > 0 ? static_cast<double>(done) / static_cast<double>(total) : 0;
  std::vector<std::string> lines;
  lines.push_back(fmt::format("{} {}{}", Styled(name, Style::kBold, colour),
                              Styled(Bar(part, bar), Style::kCyan, colour), numbers));
  std::string rate = fmt::format("  {:.1f} epochs/s  {}", view.epochs_per_second, SecondsText(study.seconds));
  if (view.seconds_left) rate += fmt::format("  {} left", SecondsText(*view.seconds_left));
  if (!study.reason.empty()) rate += "  " + PrintableLine(study.reason);
  lines.push_back(Cut(rate, width));
  const std::string best =
      view.best ? fmt::format("  best {} {} (trial {})  {}", PrintableLine(study.metric),
                              NumberText(view.best->objective), view.best->trial, ParametersNote(*view.best))
                : "  no result yet";
  lines.push_back(Styled(Cut(best, width), Style::kGreen, colour));
  for (const auto& [number, trial] : view.running) {
    if (lines.size() >= 3 + kRunningShown) break;
    const double trial_part = trial.epochs_planned > 0
                                  ? static_cast<double>(trial.epochs) / static_cast<double>(trial.epochs_planned)
                                  : 0;
    lines.push_back(Styled(Cut(fmt::format("  trial {:<5} {} {}/{}  {}", number, Bar(trial_part, 10), trial.epochs,
                                           trial.epochs_planned, ParametersNote(trial)),
                               width),
                           Style::kDim, colour));
  }
  return lines;
}

duration<double> Progress::SteadyNow() { return std::chrono::steady_clock::now().time_since_epoch(); }

Progress::Progress(StudySource& source, std::int64_t total_rounds, std::FILE* stream, Clock now)
    : source_(source), stream_(stream), now_(std::move(now)), live_(IsLive(stream)) {
  view_.total_rounds = total_rounds;
  if (live_) ticker_ = std::jthread([this](const std::stop_token& stop) { Tick(stop); });
}

void Progress::Tick(const std::stop_token& stop) {
  std::unique_lock lock(mutex_);
  while (!stop.stop_requested()) {
    ticked_.wait_for(lock, stop, kTick, [] { return false; });
    if (!stop.stop_requested() && begin_) Draw();
  }
}

std::optional<store::TrialRow> Progress::NewBest(const WatchEvent& event) {
  const auto* study = std::get_if<store::StudyRow>(&event);
  if (study == nullptr) return std::nullopt;
  if (!study->best_trial) return std::nullopt;
  if (view_.best && view_.best->trial == *study->best_trial) return std::nullopt;
  auto best = BestOf(source_, *study);
  if (!best.ok() || !*best) return std::nullopt;
  return std::move((*best)->trial);
}

void Progress::OnEvent(const WatchEvent& event) {
  const std::optional<store::TrialRow> best = NewBest(event);
  const std::lock_guard lock(mutex_);
  if (const auto* study = std::get_if<store::StudyRow>(&event)) {
    OnStudy(*study, best);
  } else if (const auto* trial = std::get_if<store::TrialRow>(&event)) {
    OnTrial(*trial);
  } else if (const auto* epoch = std::get_if<store::EpochRow>(&event)) {
    OnEpoch(*epoch);
  }
  if (live_ && now_().count() - drawn_at_ >= kRedrawSeconds) Draw();
}

void Progress::OnStudy(const store::StudyRow& study, const std::optional<store::TrialRow>& new_best) {
  const bool first = !begin_;
  if (first) begin_ = {now_().count(), study.stored_epochs};
  const bool new_round = !first && study.rounds > view_.study.rounds;
  const bool new_reason = study.reason != view_.study.reason && !study.reason.empty();
  view_.study = study;
  seconds_told_ = study.seconds;
  told_at_ = now_().count();
  if (new_best) view_.best = new_best;
  Estimate();
  if (live_) return;
  const std::string name = PrintableLine(study.study);
  if (new_reason) PrintLine(fmt::format("{}: {}", name, PrintableLine(study.reason)));
  if (first || new_round) {
    PrintLine(fmt::format("{}: round {}/{} begins, {} trials planned so far", name, study.rounds,
                          view_.total_rounds, study.planned_trials));
  }
  if (new_best) {
    PrintLine(fmt::format("{}: best so far {} {} (trial {})  {}", name, PrintableLine(study.metric),
                          NumberText(view_.best->objective), view_.best->trial, ParametersNote(*view_.best)));
  }
  if (HasEnded(study)) PrintLine(ProgressLine(view_));
}

void Progress::OnTrial(const store::TrialRow& trial) {
  epochs_planned_ = std::max(epochs_planned_, trial.epochs_planned);
  if (trial.state == "RUNNING") {
    view_.running[trial.trial] = trial;
  } else {
    view_.running.erase(trial.trial);  // it waits again, or has ended
  }
  if (!HasEnded(trial)) return;
  if (live_ || now_().count() - drawn_at_ < kLineSeconds) return;
  PrintLine(fmt::format("trial {} {} {}{}", trial.trial, PrintableLine(trial.state), NumberText(trial.objective),
                        trial.is_copy() ? fmt::format(" (as {})", PrintableLine(*trial.reused_from))
                                        : fmt::format(" in {}", SecondsText(trial.seconds))));
  PrintLine(ProgressLine(view_));
}

void Progress::OnEpoch(const store::EpochRow& epoch) {
  const auto running = view_.running.find(epoch.trial);
  if (running != view_.running.end()) running->second.epochs = std::max(running->second.epochs, epoch.epoch);
}

void Progress::Estimate() {
  const double elapsed = now_().count() - begin_->first;
  const std::int64_t epochs = view_.study.stored_epochs - begin_->second;
  view_.epochs_per_second = elapsed > 0 ? static_cast<double>(epochs) / elapsed : 0;
  view_.seconds_left.reset();
  if (epochs_planned_ == 0 || view_.epochs_per_second <= 0 || HasEnded(view_.study)) return;
  const std::int64_t left = TotalTrials(view_.study) * epochs_planned_ - view_.study.stored_epochs;
  view_.seconds_left = static_cast<double>(std::max<std::int64_t>(left, 0)) / view_.epochs_per_second;
}

void Progress::Draw() {
  const double now = now_().count();
  const bool goes_on = view_.study.started_at && !view_.study.finished_at;
  view_.study.seconds = seconds_told_ + (goes_on ? now - told_at_ : 0);
  Estimate();
  std::string text = drawn_lines_ > 0 ? fmt::format("\x1b[{}A", drawn_lines_) : "";
  const auto lines = ProgressBlock(view_, WidthOf(stream_) - 1, HasColour(stream_));
  for (const std::string& line : lines) text += "\r" + line + "\x1b[K\n";
  text += "\x1b[J";
  std::fwrite(text.data(), 1, text.size(), stream_);
  std::fflush(stream_);
  drawn_lines_ = static_cast<int>(lines.size());
  drawn_at_ = now;
}

void Progress::PrintLine(const std::string& line) {
  fmt::print(stream_, "{}\n", line);
  std::fflush(stream_);
  drawn_at_ = now_().count();
}

void Progress::Finish() {
  if (ticker_.joinable()) {
    ticker_.request_stop();
    ticker_.join();
  }
  if (drawn_lines_ == 0) return;
  fmt::print(stream_, "\x1b[{}A\r\x1b[J", drawn_lines_);
  std::fflush(stream_);
  drawn_lines_ = 0;
}

}  // namespace hpsearch::cli
