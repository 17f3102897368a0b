// server/rpc/worker_codec.h and the coordinator behind it: any bytes as what workers say, one message behind the
// other, while time passes, sessions end and the process is killed. Two workers, one study; the first byte of each
// part says what happens.
#include <array>
#include <memory>
#include <variant>

#include "server/rpc/worker_codec.h"
#include "tests/fuzz/coordinated.h"
#include "tests/fuzz/parse.h"

namespace {

using hpsearch::fuzz::Coordinated;
using hpsearch::fuzz::Input;
using hpsearch::fuzz::Require;
namespace study = hpsearch::study;
namespace rpc = hpsearch::rpc;

std::shared_ptr<const study::StudySpec> Spec() {
  static const auto spec = study::ReadSpec(
      R"({"study":"s","dataset":"d","model":[{"dense":{"units":2,"activation":"softmax"}}],)"
      R"("training":{"epochs":3,"optimizer":{"sgd":{"learning_rate":"$r"}}},)"
      R"("parameters":{"r":{"logspace":{"start":-3,"stop":0,"num":4}}},"search":{"refine":{"rounds":2}}})");
  return spec.value();
}

study::WorkerHello Hello(int worker) {
  study::WorkerHello hello;
  hello.name = worker == 0 ? "v" : "w";
  hello.instance = "1";
  hello.slots = 2;
  hello.numerics_digest = "n";
  hello.datasets = {{.key = "d", .hash = "h", .shape = {{4}, 2, 60, 10}}};
  return hello;
}

class Sessions {
 public:
  Sessions() {
    bool answered = false;
    world_->CreateStudy("r", Spec(), [&](const auto& answer) { answered = answer.ok(); });
    world_.strand.RunAll();
    Require(answered, "the study is created");
    for (int worker : {0, 1}) links_[worker] = world_.Connect(Hello(worker));
  }

  void Step(Input part) {
    const std::uint8_t what = hpsearch::fuzz::TakeByte(part);
    const int worker = what & 1;
    switch (what >> 1 & 7) {
      case 0:
        world_.clock.Advance(hpsearch::fuzz::TakeByte(part) / 8.0);
        world_->Tick();
        break;
      case 1:
        world_.Crash();
        links_ = {};
        break;
      case 2:
        if (links_[worker] != nullptr) world_->Disconnect(links_[worker]->session);
        links_[worker] = world_.Connect(Hello(worker));
        break;
      case 3:
        world_.store.FailNext(absl::UnavailableError("full"));
        break;
      default:
        Say(worker, part);
    }
    world_.strand.RunAll();
    world_.CheckRows();
  }

 private:
  // As rpc::WorkerSession does it.
  void Say(int worker, Input bytes) {
    hpsearch::v1::WorkerMessage message;
    if (!hpsearch::fuzz::Parse(bytes, &message)) return;
    const auto inputs = rpc::ReadWorkerMessages(message);
    if (!inputs.ok()) return;
    for (const rpc::WorkerInput& input : *inputs) {
      auto& link = links_[worker];
      if (const auto* hello = std::get_if<study::WorkerHello>(&input)) {
        if (link != nullptr) world_->Disconnect(link->session);
        link = world_.Connect(*hello);
        continue;
      }
      if (link == nullptr || !link->closed.ok()) return;
      const auto session = link->session;
      if (const auto* ready = std::get_if<rpc::ReadySlots>(&input)) world_->Ready(session, ready->slots);
      if (const auto* reports = std::get_if<std::vector<study::EpochReport>>(&input)) {
        for (const study::EpochReport& report : *reports) world_->Report(session, report);
      }
      if (const auto* outcome = std::get_if<study::TrialOutcome>(&input)) world_->Finish(session, *outcome);
      if (std::holds_alternative<rpc::SignOfLife>(input)) world_->Heartbeat(session);
      if (std::holds_alternative<rpc::DrainRequest>(input)) world_->Drain(session);
    }
  }

  Coordinated world_;
  std::array<std::shared_ptr<Coordinated::Link>, 2> links_;
};

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  Sessions sessions;
  for (const Input part : hpsearch::fuzz::Cut({data, size})) sessions.Step(part);
  return 0;
}
