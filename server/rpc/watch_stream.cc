#include "server/rpc/watch_stream.h"

#include <fmt/format.h>

#include <iterator>
#include <utility>

namespace hpsearch::rpc {
namespace {

constexpr std::size_t kMostChanged = 10'000;
constexpr std::size_t kTrialsARead = 64;
// A row may be read before the events of its last changes come, but not by many trials.
constexpr std::size_t kEndedTrialsKept = 4096;

}  // namespace

WatchStream* WatchStream::Start(std::string study, study::Strand& strand, ReadPool& reads, WatchHub& hub,
                                OpenStreams& streams) {
  auto stream = std::make_shared<WatchStream>(std::move(study), strand, reads, hub, streams);
  stream->self_ = stream;
  strand.Post([stream] { stream->Begin(); });
  return stream.get();
}

WatchStream::WatchStream(std::string study, study::Strand& strand, ReadPool& reads, WatchHub& hub,
                         OpenStreams& streams)
    : study_(std::move(study)), strand_(strand), reads_(reads), hub_(hub), streams_(streams) {
  streams_.Enter();
}

void WatchStream::Begin() {
  if (outbound_.ended()) return;  // cancelled before it began
  if (absl::Status status = streams_.Add(this); !status.ok()) return End(status);
  hub_.Add(study_, shared_from_this());
  Advance();
}

void WatchStream::OnWriteDone(bool ok) {
  strand_.Post([self = shared_from_this(), ok] {
    self->outbound_.Written(ok);
    if (!ok) self->End(absl::OkStatus());
    self->Advance();
  });
}

void WatchStream::OnCancel() {
  strand_.Post([self = shared_from_this()] { self->End(absl::CancelledError("the client left")); });
}

void WatchStream::OnDone() {
  strand_.Post([self = shared_from_this()] {
    self->self_.reset();
    self->streams_.Leave();
  });
}

void WatchStream::OnEvent(const study::Event& event) {
  study_changed_ = true;  // a trial's change is one of the study's counts
  if (event.kind != study::Event::Kind::kStudy) {
    TrialChange& change = changed_[event.trial];
    (event.kind == study::Event::Kind::kTrial ? change.row : change.epochs) = true;
    if (changed_.size() > kMostChanged) {
      return End(absl::ResourceExhaustedError(fmt::format(
          "more than {} trials changed since this stream last took anything; list the trials and watch again",
          kMostChanged)));
    }
  }
  Advance();
}

void WatchStream::Close(const absl::Status& why) { End(why); }

// Goes on where nothing is under way: reads what changed, or ends.
void WatchStream::Advance() {
  if (outbound_.ended() || reading_ || !outbound_.empty()) return;
  if (!study_changed_ && changed_.empty()) {
    if (study_ended_) End(absl::OkStatus());
    return;
  }
  const auto end =
      std::next(changed_.begin(), static_cast<std::ptrdiff_t>(std::min(kTrialsARead, changed_.size())));
  std::map<std::int64_t, TrialChange> taken(changed_.begin(), end);
  changed_.erase(changed_.begin(), end);
  for (auto& [trial, change] : taken) {
    if (const auto sent = sent_epochs_.find(trial); sent != sent_epochs_.end()) change.after = sent->second;
  }
  study_changed_ = false;
  reading_ = true;
  const Detail detail = first_ ? Detail::kWhole : Detail::kWithoutSpec;
  reads_.Read(
      [self = shared_from_this(), taken = std::move(taken), detail](absl::StatusOr<store::StudyReader*> reader) {
        auto changes = std::make_shared<absl::StatusOr<StudyChanges>>(
            reader.ok() ? ReadChanges(**reader, self->study_, detail, taken) : reader.status());
        self->strand_.Post([self, changes] { self->OnChanges(std::move(*changes)); });
      });
}

void WatchStream::OnChanges(absl::StatusOr<StudyChanges> changes) {
  reading_ = false;
  if (outbound_.ended()) return;
  if (!changes.ok()) return End(changes.status());
  for (const auto& [trial, epoch] : changes->last_epochs) sent_epochs_[trial] = epoch;
  for (const std::int64_t trial : changes->ended_trials) ended_trials_.push_back(trial);
  for (; ended_trials_.size() > kEndedTrialsKept; ended_trials_.pop_front()) {
    sent_epochs_.erase(ended_trials_.front());
  }
  for (v1::StudyEvent& event : changes->trials) outbound_.Push(std::move(event));
  if (changes->study_ended && !changed_.empty()) {
    study_changed_ = true;  // the study comes last of all
  } else {
    study_ended_ = changes->study_ended;
    outbound_.Push(std::move(changes->study));
    first_ = false;
  }
  Advance();
}

void WatchStream::End(absl::Status why) {
  streams_.Remove(this);
  hub_.Remove(study_, this);
  changed_.clear();
  outbound_.End(std::move(why));
}

}  // namespace hpsearch::rpc
