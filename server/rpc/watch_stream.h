// One watcher of a study: whenever the stream has taken what was sent before, reads what has changed since its
// last look and sends that. After the study's end the last thing sent is the study; then the stream ends.
//
// Threads: gRPC's reactions post; all else happens on the strand, but the rows are read on the pool.
// Ownership: keeps itself alive until its stream is done. Ends: OK after the study's end, NOT_FOUND, CANCELLED
// (the client left), RESOURCE_EXHAUSTED (as WatchBacklog has it; where a write of ours is what the client does not
// take, the call is cancelled instead), UNAVAILABLE (stop).
#pragma once

#include <grpcpp/server_context.h>
#include <grpcpp/support/server_callback.h>

#include <cstddef>
#include <memory>
#include <string>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "hpsearch/v1/study_service.pb.h"
#include "server/rpc/handed_over.h"
#include "server/rpc/open_streams.h"
#include "server/rpc/outbound_queue.h"
#include "server/rpc/read_pool.h"
#include "server/rpc/store_health.h"
#include "server/rpc/study_changes.h"
#include "server/rpc/watch_backlog.h"
#include "server/rpc/watch_hub.h"
#include "server/study/strand.h"

namespace hpsearch::rpc {

class WatchStream final : public grpc::ServerWriteReactor<v1::StudyEvent>,
                          public WatchHub::Watcher,
                          public OpenStreams::Stream,
                          public std::enable_shared_from_this<WatchStream> {
 public:
  // What a stream works with; borrowed.
  struct Means {
    study::Strand& strand;
    ReadPool& reads;
    WatchHub& hub;
    OpenStreams& streams;
    const StoreHealth& health;
  };
  // A reactor for gRPC, which needs no owner. `context` lives until gRPC is done with the stream.
  static WatchStream* Start(grpc::CallbackServerContext* context, std::string study, std::size_t most_changed,
                            const Means& means);
  WatchStream(grpc::CallbackServerContext* context, std::string study, std::size_t most_changed,
              const Means& means);

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

  grpc::CallbackServerContext* const context_;
  const std::string study_;
  const Means means_;
  std::shared_ptr<WatchStream> self_;  // until the stream is done
  HandedOver handed_over_;

  // On the strand.
  OutboundQueue<v1::StudyEvent, WatchStream> outbound_{*this};
  WatchBacklog backlog_;
  bool reading_ = false;
};

}  // namespace hpsearch::rpc
