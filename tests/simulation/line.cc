#include "tests/simulation/line.h"

#include <utility>

namespace hpsearch::simulation {
namespace {

// How long it takes until a side knows that the connection is gone: at once where the other says so, until
// keepalive asks where nobody does.
Micros NoticedAfter(Dice& dice) { return dice.Chance(0.7) ? dice.Wait(20'000) : dice.Between(0, 40 * kSecond); }

}  // namespace

Worker::Line::Line(Nature& nature, Server& server, const Delays& network, std::weak_ptr<Worker> worker)
    : nature_(nature),
      server_(server),
      worker_(std::move(worker)),
      connection_(std::make_shared<Connection>(nature, network)) {}

void Worker::Line::Open(const study::WorkerHello& hello) {
  connection_->up->Send([self = weak_from_this(), &nature = nature_, &server = server_, connection = connection_,
                         far = far_, hello] {
    if (!server.up()) {
      if (const auto line = self.lock()) line->OnLost(absl::UnavailableError("connection refused"));
      return;
    }
    far->session = Session::Accept(server, connection, self);
    far->session->Hear({hello});
    if (far->dropped) TellServer(nature, far);
  });
}

void Worker::Line::Say(std::vector<rpc::WorkerInput> inputs) {
  connection_->up->Send([far = far_, inputs = std::move(inputs)] {
    if (far->session != nullptr) far->session->Hear(inputs);
  });
}

void Worker::Line::Break() {
  connection_->Break(nature_.dice);
  far_->dropped = true;
  TellServer(nature_, far_);
  nature_.After(NoticedAfter(nature_.dice), [self = weak_from_this()] {
    if (const auto line = self.lock()) line->OnLost(absl::UnavailableError("the connection is gone"));
  });
}

void Worker::Line::Drop() {
  connection_->Break(nature_.dice);
  far_->dropped = true;
  TellServer(nature_, far_);
}

void Worker::Line::TellServer(Nature& nature, const std::shared_ptr<Far>& far) {
  nature.After(NoticedAfter(nature.dice), [far] {
    if (far->session != nullptr) far->session->Lost();
  });
}

void Worker::Line::Do(std::function<void(Worker&)> act) {
  const auto worker = worker_.lock();
  if (worker == nullptr) return;
  worker->Do([line = weak_from_this(), worker = worker.get(), act = std::move(act)] {
    if (worker->line_ != nullptr && worker->line_ == line.lock()) act(*worker);
  });
}

void Worker::Line::OnWelcome() {
  Do([](Worker& worker) { worker.OnWelcome(); });
}

void Worker::Line::OnLease(const study::Lease& lease) {
  Do([lease](Worker& worker) { worker.OnLease(lease); });
}

void Worker::Line::OnEpochsStored(const agent::LeaseId& id, std::int64_t epoch) {
  Do([id, epoch](Worker& worker) { worker.outbox_.EpochsStored(id, epoch); });
}

void Worker::Line::OnOutcomeStored(const agent::LeaseId& id) {
  Do([id](Worker& worker) {
    worker.outbox_.OutcomeStored(id);
    if (!worker.outbox_.Holds(id)) worker.beats_.erase(id);
    worker.Talk();
  });
}

void Worker::Line::OnRevoked(const agent::LeaseId& id) {
  Do([id](Worker& worker) { worker.OnRevoked(id); });
}

void Worker::Line::OnDrained() {
  Do([](Worker& worker) { worker.OnDrained(); });
}

void Worker::Line::OnLost(const absl::Status& why) {
  Do([why](Worker& worker) { worker.OnLost(why); });
}

}  // namespace hpsearch::simulation
