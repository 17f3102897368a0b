// One watcher of a study: keeps what has changed since its last look, reads those rows once the stream has taken
// what was sent before, and so gives a slow watcher the newest state rather than every step. After the study's end
// the last thing sent is the study; then the stream ends.
//
// Threads: gRPC's reactions post; all else happens on the strand, but the rows are read on the pool.
// Ownership: keeps itself alive until its stream is done. Ends: OK after the study's end, NOT_FOUND, CANCELLED
// (the client left), RESOURCE_EXHAUSTED (a client that takes nothing while 10,000 trials change), UNAVAILABLE
// (stop).
#pragma once

#include <grpcpp/support/server_callback.h>

#include <cstdint>
#include <deque>
#include <map>
#include <memory>
#include <string>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "hpsearch/v1/study_service.pb.h"
#include "server/rpc/open_streams.h"
#include "server/rpc/outbound_queue.h"
#include "server/rpc/read_pool.h"
#include "server/rpc/study_changes.h"
#include "server/rpc/watch_hub.h"
#include "server/study/strand.h"

namespace hpsearch::rpc {

class WatchStream final : public grpc::ServerWriteReactor<v1::StudyEvent>,
                          public WatchHub::Watcher,
                          public OpenStreams::Stream,
                          public std::enable_shared_from_this<WatchStream> {
 public:
  // A reactor for gRPC, which needs no owner.
  static WatchStream* Start(std::string study, study::Strand& strand, ReadPool& reads, WatchHub& hub,
                            OpenStreams& streams);
  WatchStream(std::string study, study::Strand& strand, ReadPool& reads, WatchHub& hub, OpenStreams& streams);

  // gRPC's reactions.
  void OnWriteDone(bool ok) override;
  void OnCancel() override;
  void OnDone() override;

  void OnEvent(const study::Event& event) override;
  void Close(const absl::Status& why) override;

 private:
  void Begin();
  void Advance();
  void OnChanges(absl::StatusOr<StudyChanges> changes);
  void End(absl::Status why);

  const std::string study_;
  study::Strand& strand_;
  ReadPool& reads_;
  WatchHub& hub_;
  OpenStreams& streams_;
  std::shared_ptr<WatchStream> self_;  // until the stream is done

  // On the strand.
  OutboundQueue<v1::StudyEvent, WatchStream> outbound_{*this};
  bool reading_ = false;
  bool first_ = true;         // nothing was read yet
  bool study_ended_ = false;  // its end is in the queue, or sent
  bool study_changed_ = true;
  std::map<std::int64_t, TrialChange> changed_;
  std::map<std::int64_t, std::int64_t> sent_epochs_;  // by trial: the last that was sent
  std::deque<std::int64_t> ended_trials_;             // whose entries there are forgotten in time
};

}  // namespace hpsearch::rpc
