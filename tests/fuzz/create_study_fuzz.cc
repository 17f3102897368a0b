// server/rpc/new_study.h and the coordinator behind it: any bytes as a CreateStudy request. A study that is
// accepted is created once, outlives the process, and what is leased of it can be said and read by a worker.
#include "server/rpc/new_study.h"
#include "server/rpc/worker_codec.h"
#include "tests/fuzz/coordinated.h"
#include "tests/fuzz/parse.h"
#include "worker/agent/lease_codec.h"

namespace {

using hpsearch::fuzz::Coordinated;
using hpsearch::fuzz::Require;
namespace study = hpsearch::study;

absl::StatusOr<study::StudyAnswer> Create(Coordinated& world, const std::string& request,
                                          const std::shared_ptr<const study::StudySpec>& spec) {
  absl::StatusOr<study::StudyAnswer> answer = absl::InternalError("there was no answer");
  world->CreateStudy(request, spec, [&](absl::StatusOr<study::StudyAnswer> it) { answer = std::move(it); });
  world.strand.RunAll();
  return answer;
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  hpsearch::v1::CreateStudyRequest request;
  if (!hpsearch::fuzz::Parse({data, size}, &request)) return 0;
  const auto spec = hpsearch::rpc::ReadNewStudy(request, hpsearch::rpc::Paths::kRefused);
  if (!spec.ok()) return 0;
  hpsearch::v1::Study preview;
  const absl::Status shown = hpsearch::rpc::Preview(**spec, &preview);

  Coordinated world;
  const auto created = Create(world, request.request_id(), *spec);
  if (!created.ok()) {
    // There is no earlier study here.
    const bool lacks = !(*spec)->search.warm_start.empty() && absl::IsNotFound(created.status());
    Require(!shown.ok() || lacks || absl::IsInvalidArgument(created.status()),
            "what is shown to be valid is created");
    return 0;
  }
  Require(shown.ok() && created->planned_trials == preview.planned_trials(), "what is created is what was shown");
  Require(Create(world, request.request_id(), *spec)->id == created->id, "the first answer comes again");

  study::WorkerHello hello;
  hello.name = hello.instance = hello.numerics_digest = "w";
  hello.slots = 3;
  hello.instruction_set = study::InstructionSetOf(**spec);
  for (const std::string& dataset : (*spec)->datasets) {
    hello.datasets.push_back({.key = dataset, .hash = "h", .shape = {{28, 28}, 10, 60, 10}});
  }
  const auto link = world.Connect(hello);
  for (const study::Lease& lease : link->leases) {
    const auto message = hpsearch::rpc::ToMessage(lease);
    Require(message.ok(), "a lease can be said");
    Require(hpsearch::agent::DecodeLease(*message).ok(), "a lease that was said can be read");
  }
  world.CheckRows();
  world.Crash();
  Require(Create(world, "another", *spec)->id == created->id, "the study is there after a restart");
  return 0;
}
