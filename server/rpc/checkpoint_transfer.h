// What an upload and a download of a checkpoint have in common, as gRPC's reactors: their place among those under
// way, their turns between strand and disk, and their end.
//
// Threads: gRPC's reactions post; everything happens on the strand, but what touches the disk, one task at a time,
// on the shelf's pool. Ownership: keeps itself alive until gRPC and the disk are done with it; borrows the rest.
// Ends: as the protocol's story has it; a peer that stands still has its call cancelled.
#pragma once

#include <grpcpp/server_context.h>
#include <grpcpp/support/server_callback.h>

#include <chrono>
#include <functional>
#include <memory>
#include <optional>
#include <utility>

#include "absl/status/status.h"
#include "server/rpc/checkpoint_shelf.h"
#include "server/rpc/handed_over.h"
#include "server/rpc/open_streams.h"
#include "server/rpc/status.h"

namespace hpsearch::rpc {

template <class Reactor>
class CheckpointTransfer : public Reactor,
                           public OpenStreams::Stream,
                           public CheckpointShelf::Transfer,
                           public std::enable_shared_from_this<CheckpointTransfer<Reactor>> {
 public:
  CheckpointTransfer(grpc::CallbackServerContext* context, CheckpointShelf& shelf, OpenStreams& streams)
      : shelf_(shelf), context_(context), streams_(streams) {
    streams_.Enter();
  }

  // gRPC has it from when this returns.
  void Start() {
    self_ = this->shared_from_this();
    handed_over_.Tell();
    Post([this] {
      if (absl::Status status = streams_.Add(this); !status.ok()) return End(status);
      shelf_.Enter(this);
      place_ = shelf_.TakePlace();
      if (place_ == nullptr)
        return End(absl::ResourceExhaustedError("too many checkpoints are on their way; try again"));
      Begin();
    });
  }

  void OnDone() override {
    handed_over_.See();
    Post([this] {
      done_ = true;
      LeaveIfDone();
    });
  }

  void Close(const absl::Status& why) override { End(why); }

  void EndIfStalled(std::chrono::steady_clock::time_point since) override {
    if (end_ || !waits_since_ || *waits_since_ >= since) return;
    context_->TryCancel();  // whoever stands still would not take a status either
    End(absl::DeadlineExceededError("nothing has come or gone for too long"));
  }

 protected:
  virtual void Begin() = 0;
  // What it has on the disk, to be given up there. No disk task is under way.
  virtual std::function<void()> GiveUp() = 0;

  // From a reaction of gRPC's, to the strand.
  void Post(std::function<void()> task) {
    shelf_.strand().Post([self = this->shared_from_this(), task = std::move(task)] { task(); });
  }
  void React(std::function<void()> task) {
    handed_over_.See();
    Post([this, task = std::move(task)] {
      waits_since_.reset();
      if (end_ && !finished_) FinishCall();
      if (!end_) task();
    });
  }

  // The rest on the strand. The peer's turn begins.
  void Wait() { waits_since_ = std::chrono::steady_clock::now(); }
  // `then` is called with what comes of `work`, unless it has ended meanwhile.
  void OnDisk(std::function<absl::Status()> work, std::function<void()> then) {
    busy_ = true;
    shelf_.OnDisk([this, self = this->shared_from_this(), work = std::move(work), then = std::move(then)] {
      Post([this, status = work(), then] {
        busy_ = false;
        if (end_) return Release();
        if (!status.ok()) return End(status);
        then();
      });
    });
  }
  void End(const absl::Status& why) {
    if (end_) return;
    end_ = why;
    if (!busy_) place_.reset();  // before the peer hears of the end
    // A status would wait behind what the peer may never take.
    if (kWrites && waits_since_.has_value()) {
      context_->TryCancel();
    } else {
      FinishCall();
    }
    if (!busy_) Release();
  }

  CheckpointShelf& shelf_;

 private:
  static constexpr bool kWrites = requires { &Reactor::OnWriteDone; };

  void FinishCall() {
    finished_ = true;
    this->Finish(ToGrpc(*end_));
  }
  void Release() {
    place_.reset();
    if (std::function<void()> give_up = GiveUp()) shelf_.OnDisk(std::move(give_up));
    LeaveIfDone();
  }
  void LeaveIfDone() {
    if (!done_ || busy_) return;
    shelf_.Leave(this);
    streams_.Remove(this);
    streams_.Leave();
    self_.reset();
  }

  grpc::CallbackServerContext* const context_;
  OpenStreams& streams_;
  HandedOver handed_over_;
  std::shared_ptr<CheckpointTransfer> self_;  // until gRPC and the disk are done

  // On the strand.
  Place place_;
  std::optional<std::chrono::steady_clock::time_point> waits_since_;
  bool busy_ = false;  // a disk task is under way
  std::optional<absl::Status> end_;
  bool finished_ = false;  // gRPC knows of the end
  bool done_ = false;      // and is done with it
};

}  // namespace hpsearch::rpc
