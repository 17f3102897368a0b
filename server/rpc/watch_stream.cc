#include "server/rpc/watch_stream.h"

#include <optional>
#include <utility>

namespace hpsearch::rpc {

WatchStream* WatchStream::Start(grpc::CallbackServerContext* context, std::string study, std::size_t most_changed,
                                const Means& means) {
  auto stream = std::make_shared<WatchStream>(context, std::move(study), most_changed, means);
  stream->self_ = stream;
  stream->handed_over_.Tell();
  means.strand.Post([stream] { stream->Begin(); });
  return stream.get();
}

WatchStream::WatchStream(grpc::CallbackServerContext* context, std::string study, std::size_t most_changed,
                         const Means& means)
    : context_(context), study_(std::move(study)), means_(means), backlog_(most_changed) {
  means_.streams.Enter();
}

void WatchStream::Begin() {
  if (outbound_.ended()) return;  // cancelled before it began
  if (absl::Status status = means_.streams.Add(this); !status.ok()) return End(status);
  means_.hub.Add(study_, shared_from_this());
  Advance();
}

void WatchStream::OnWriteDone(bool ok) {
  handed_over_.See();
  means_.strand.Post([self = shared_from_this(), ok] {
    self->outbound_.Written(ok);
    if (!ok) self->End(absl::OkStatus());
    self->Advance();
  });
}

void WatchStream::OnCancel() {
  handed_over_.See();
  means_.strand.Post([self = shared_from_this()] { self->End(absl::CancelledError("the client left")); });
}

void WatchStream::OnDone() {
  handed_over_.See();
  means_.strand.Post([self = shared_from_this()] {
    self->self_.reset();
    self->means_.streams.Remove(self.get());
    self->means_.streams.Leave();
  });
}

void WatchStream::OnEvent(const study::Event& event) {
  if (absl::Status status = backlog_.Add(event); !status.ok()) {
    // The status of a stream whose client takes nothing would wait for ever behind what is being written.
    if (!backlog_.taking() && !outbound_.empty()) context_->TryCancel();
    return End(status);
  }
  Advance();
}

void WatchStream::Close(const absl::Status& why) { End(why); }

// Goes on where nothing is under way: reads what changed, or ends.
void WatchStream::Advance() {
  if (outbound_.ended() || reading_ || !outbound_.empty()) return;
  if (backlog_.done()) return End(absl::OkStatus());
  std::optional<Look> look = backlog_.Next();
  if (!look) return;
  reading_ = true;
  means_.reads.ReadAdmitted(
      [self = shared_from_this(), look = *std::move(look)](absl::StatusOr<store::StudyReader*> reader) {
        auto changes = std::make_shared<absl::StatusOr<StudyChanges>>(
            reader.ok() ? ReadChanges(**reader, self->study_, look) : reader.status());
        self->means_.strand.Post([self, changes] { self->OnChanges(std::move(*changes)); });
      });
}

void WatchStream::OnChanges(absl::StatusOr<StudyChanges> changes) {
  reading_ = false;
  if (outbound_.ended()) return;
  if (!changes.ok()) return End(changes.status());
  means_.health.Amend(changes->study.mutable_study());
  for (v1::StudyEvent& event : backlog_.Take(*std::move(changes))) outbound_.Push(std::move(event));
  Advance();
}

void WatchStream::End(absl::Status why) {
  means_.hub.Remove(study_, this);
  outbound_.End(std::move(why));
}

}  // namespace hpsearch::rpc
