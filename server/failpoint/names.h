// All failpoints there are, in the order in which a process comes to them: `server.` those of the process that has
// the database, `worker.` those of one that trains. Constants.
#pragma once

#include <array>
#include <string_view>

namespace hpsearch::failpoint {

inline constexpr std::array<std::string_view, 85> kNames = {
    // A server starts: the lock, a new file, an older one, the studies that are open.
    "server.lock.opened",
    "server.lock.held",
    "server.create.begun",
    "server.create.uncommitted",
    "server.create.committed",
    "server.create.unrenamed",
    "server.create.renamed",
    "server.migrate.begun",
    "server.migrate.step",
    "server.migrate.uncommitted",
    "server.migrate.committed",
    "server.recovered",
    "server.listening",
    // A client's request.
    "server.request.read",
    "server.request.checked",
    "server.request.decide",
    "server.request.committed",
    "server.request.answered",
    // A worker's session, what it says and what it is told.
    "server.session.opened",
    "server.session.read",
    "server.session.decoded",
    "server.session.hello",
    "server.session.connected",
    "server.session.ready",
    "server.session.report",
    "server.session.reported",
    "server.session.outcome",
    "server.session.finished",
    "server.session.drain",
    "server.session.ended",
    "server.send.lease",
    "server.send.epochs_stored",
    "server.send.outcome_stored",
    "server.send.revoked",
    "server.send.drained",
    "server.send.flush",
    "server.send.written",
    // The writer's transaction and its changes.
    "server.commit.taken",
    "server.commit.begun",
    "server.commit.batch",
    "server.commit.before",
    "server.commit.after",
    "server.commit.posted",
    "server.commit.told",
    "server.apply.study",
    "server.apply.round",
    "server.apply.trial",
    "server.apply.epochs",
    "server.apply.copy",
    "server.apply.request",
    "server.apply.worker",
    // A server copies its log into the file, now and then and when it stops.
    "server.wal.before",
    "server.wal.after",
    "server.stop.begun",
    "server.stop.streams_closed",
    "server.stop.closed",
    // A worker's session.
    "worker.session.connecting",
    "worker.session.hello",
    "worker.session.welcomed",
    "worker.session.lease",
    "worker.session.accepted",
    "worker.session.stored",
    "worker.session.outcome_stored",
    "worker.session.revoked",
    "worker.session.drained",
    "worker.session.sending",
    "worker.session.sent",
    "worker.session.lost",
    // A trial in its slot.
    "worker.trial.begun",
    "worker.trial.prepared",
    "worker.trial.resumed",
    "worker.trial.epoch",
    "worker.trial.saved",
    "worker.trial.reported",
    "worker.trial.trained",
    "worker.trial.told",
    // Its checkpoints.
    "worker.checkpoint.begun",
    "worker.checkpoint.half",
    "worker.checkpoint.written",
    "worker.checkpoint.rotated",
    "worker.checkpoint.renamed",
    "worker.checkpoint.best_linked",
    "worker.checkpoint.best_renamed",
    "worker.checkpoint.finished",
    "worker.checkpoint.surplus",
};

// -1: there is none.
constexpr int IndexOf(std::string_view name) {
  for (int i = 0; i < static_cast<int>(kNames.size()); ++i) {
    if (kNames[static_cast<std::size_t>(i)] == name) return i;
  }
  return -1;
}

}  // namespace hpsearch::failpoint
