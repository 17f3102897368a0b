// A decision: the changes that one command makes, and what may be seen of it once they are durable. And the outbox
// that hands decisions to the store and releases them, in order.
//
// What a decision promises: all of its changes are stored or none; nothing in it is released before its changes
// and those of every earlier decision are durable. A decision without changes waits for the earlier ones too,
// since it was taken on what they had changed in memory. After a failed commit every decision under way fails: its
// replies get an UNAVAILABLE, the rest of it is dropped, and the owner reads its memory anew.
//
// Threads: the coordinator's strand. What is released may decide again at once. Ownership: the coordinator owns
// the outbox, which borrows the store; a decision is handed over. Errors: those of Store::Commit, told to replies
// as UNAVAILABLE.
#pragma once

#include <deque>
#include <functional>
#include <map>
#include <memory>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "server/study/event.h"
#include "server/study/store.h"

namespace hpsearch::study {

class Decision {
 public:
  void Add(Change change) { changes_.push_back(std::move(change)); }
  void Copy(const CopyEpochs& copy);
  // A study's record: the last one given is stored, ahead of the other changes, and told to watchers.
  void Put(const StudyRecord& study) { studies_.insert_or_assign(study.id, study); }
  void Put(const StudyRecord& study, const TrialRecord& trial);
  void Tell(Event event) { events_.push_back(std::move(event)); }

  // Called once all is durable.
  void Then(std::function<void()> act);
  // Called once all is durable, or with the error why it will never be.
  void Answer(std::function<void(const absl::Status&)> answer) { releases_.push_back(std::move(answer)); }

  std::size_t changes() const { return changes_.size() + studies_.size(); }
  // The curves that it copies, and their epochs: a row each.
  std::int64_t copies() const { return copies_; }
  std::int64_t copied_epochs() const { return copied_epochs_; }

 private:
  friend class Outbox;
  std::map<std::int64_t, StudyRecord> studies_;
  Batch changes_;
  std::int64_t copies_ = 0, copied_epochs_ = 0;
  std::vector<Event> events_;
  std::vector<std::function<void(const absl::Status&)>> releases_;
};

// What those are told whose change was not stored: it never was, and may be tried again.
absl::Status NotStored(const absl::Status& why);

class Outbox {
 public:
  // `failed` is called first after a failed commit, with what the store said, before replies learn of it.
  Outbox(Store& store, Listener listener, std::function<void(absl::Status)> failed);

  void Submit(Decision decision);

 private:
  struct Pending {
    std::vector<Event> events;
    std::vector<std::function<void(const absl::Status&)>> releases;
  };
  void Committed(std::int64_t generation, const absl::Status& status);
  void ReleaseFront();

  Store& store_;
  Listener listener_;
  std::function<void(absl::Status)> failed_;
  // Handed over and not known to be durable, in order; the front one may be on its way out, see ReleaseFront.
  std::deque<Pending> pending_;
  std::int64_t generation_ = 0;  // grows with each failure: commits of an earlier one are void
  std::shared_ptr<bool> alive_ = std::make_shared<bool>(true);
};

}  // namespace hpsearch::study
