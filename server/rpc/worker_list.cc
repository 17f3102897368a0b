#include "server/rpc/worker_list.h"

#include <algorithm>
#include <cstdint>

#include "server/rpc/page.h"

namespace hpsearch::rpc {
namespace {

void Fill(const study::WorkerView& view, study::Micros now, v1::Worker* worker) {
  worker->set_name(view.hello.name);
  worker->set_slots(view.hello.slots);
  worker->set_leases(view.leases);
  worker->set_connected(view.connected);
  worker->set_draining(view.draining);
  worker->set_numerics_digest(view.hello.numerics_digest);
  worker->set_version(view.hello.version);
  for (const study::DatasetOffer& offer : view.hello.datasets) worker->add_datasets(offer.key);
  worker->set_idle_seconds(std::max(0.0, static_cast<double>(now - view.seen_at) / 1e6));
}

}  // namespace

absl::Status ListWorkers(const std::vector<study::WorkerView>& workers, study::Micros now,
                         const v1::ListWorkersRequest& request, v1::ListWorkersResponse* response) {
  const absl::StatusOr<std::int64_t> size = PageSize(request.page_size());
  if (!size.ok()) return size.status();
  // By the last one's name, which may have gone since.
  auto worker = std::upper_bound(
      workers.begin(), workers.end(), request.page_token(),
      [](const std::string& token, const study::WorkerView& each) { return token < each.hello.name; });
  for (std::size_t bytes = 0; worker != workers.end(); ++worker) {
    Fill(*worker, now, response->add_workers());
    bytes += response->workers().rbegin()->ByteSizeLong();
    if (response->workers_size() > 1 && bytes > kMostPageBytes) response->mutable_workers()->RemoveLast();
    if (response->workers_size() == *size || bytes > kMostPageBytes) break;
  }
  const bool more = worker != workers.end() && response->workers().rbegin()->name() != workers.back().hello.name;
  if (more) response->set_next_page_token(response->workers().rbegin()->name());
  return absl::OkStatus();
}

}  // namespace hpsearch::rpc
