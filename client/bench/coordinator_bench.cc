#include "client/bench/coordinator_bench.h"

#include <fmt/format.h>
#include <grpcpp/grpcpp.h>
#include <stdlib.h>

#include <algorithm>
#include <cerrno>
#include <cmath>
#include <cstring>
#include <filesystem>
#include <memory>
#include <utility>
#include <vector>

#include "absl/cleanup/cleanup.h"
#include "client/bench/idle_trainers.h"
#include "client/bench/server_process.h"
#include "client/channel/channel.h"
#include "client/channel/request_id.h"
#include "client/study_file/study_file.h"
#include "hpsearch/v1/study_service.grpc.pb.h"
#include "proto/codec/document_codec.h"
#include "server/store/durable_rows.h"
#include "server/store/finished_study.h"
#include "server/study/spec.h"

namespace hpsearch::bench {
namespace {

namespace fs = std::filesystem;

constexpr std::int64_t kPreloadedEpochs = 10;
constexpr std::int64_t kMeasuredRows = 400'000;  // a second or so

// One axis, as many points as trials.
absl::StatusOr<std::shared_ptr<const study::StudySpec>> SpecOf(const std::string& name, std::int64_t trials,
                                                               std::int64_t epochs,
                                                               std::chrono::milliseconds lasts) {
  // Nothing is said while a trial lasts.
  const auto term = std::clamp<std::int64_t>(3 * std::chrono::ceil<std::chrono::seconds>(lasts).count(), 60, 3600);
  const std::string text = fmt::format(
      "study: {}\n"
      "dataset: {}\n"
      "model: [{{dense: {{units: 2, activation: softmax}}}}]\n"
      "training: {{epochs: {}, optimizer: {{sgd: {{learning_rate: $learning_rate}}}}}}\n"
      "parameters: {{learning_rate: {{logspace: {{start: -4, stop: 0, num: {}}}}}}}\n"
      "limits: {{max_trials: {}, lease_seconds: {}}}\n",
      name, kIdleSet, epochs, trials, trials, term);
  study_file::StudyFile file = study_file::Parse(text, name, {.dataset_by_name = true}, {});
  if (file.spec == nullptr) return absl::InvalidArgumentError(fmt::format("{}", fmt::join(file.faults, "\n")));
  return file.spec;
}

absl::Status CreateStudy(const std::string& address, const study::StudySpec& spec) {
  const auto channel = client::OpenChannel(address);
  if (!channel.ok()) return channel.status();
  v1::CreateStudyRequest request;
  request.set_request_id(client::NewRequestId());
  if (absl::Status status = codec::FromDocument(spec.document, request.mutable_spec()); !status.ok())
    return status;
  grpc::ClientContext context;
  v1::CreateStudyResponse response;
  const grpc::Status status = v1::StudyService::NewStub(*channel)->CreateStudy(&context, request, &response);
  if (status.ok() && response.existed()) {
    return absl::AlreadyExistsError(fmt::format("the file has a study '{}' already: name another", spec.name));
  }
  return absl::Status(static_cast<absl::StatusCode>(status.error_code()), status.error_message());
}

// The value that `part` of them do not exceed; nullopt of none.
std::optional<double> Quantile(std::vector<float> values, double part) {
  if (values.empty()) return std::nullopt;
  const auto place = static_cast<std::ptrdiff_t>(std::ceil(part * static_cast<double>(values.size()))) - 1;
  std::ranges::nth_element(values, values.begin() + place);
  return values[static_cast<std::size_t>(place)];
}

// A folder of that name and something behind it.
absl::StatusOr<std::string> NewFolder(const std::string& beside) {
  std::string folder = beside + "-XXXXXX";
  if (mkdtemp(folder.data()) == nullptr) return absl::UnavailableError(folder + ": " + std::strerror(errno));
  return folder;
}

absl::StatusOr<CoordinatorRates> Measure(const CoordinatorBench& bench, const std::string& database) {
  const auto spec = SpecOf("bench", bench.trials, bench.epochs, bench.trial);
  if (!spec.ok()) return spec.status();
  const auto server = ServerProcess::Start(database);
  if (!server.ok()) return server.status();
  const auto trainers = IdleTrainers::Connect((*server)->address(), bench.workers, bench.trial);
  if (!trainers.ok()) return trainers.status();
  const std::chrono::duration<double> processor_before = (*server)->ProcessorTime();
  (*trainers)->Begin();
  if (absl::Status status = CreateStudy((*server)->address(), **spec); !status.ok()) return status;
  const auto times = (*trainers)->WaitFor(bench.trials);
  if (!times.ok()) return times.status();
  CoordinatorRates rates;
  rates.trials_per_second = static_cast<double>(bench.trials) / times->seconds;
  rates.reports_per_second = rates.trials_per_second * static_cast<double>(bench.epochs);
  rates.lease_p50_ms = Quantile(times->lease_ms, 0.5);
  rates.lease_p99_ms = Quantile(times->lease_ms, 0.99);
  rates.ack_p99_ms = Quantile(times->ack_ms, 0.99).value_or(0);
  rates.server_ready_seconds = (*server)->ready_after().count();
  rates.server_memory_mb = static_cast<double>((*server)->MemoryBytes()) / 1e6;
  rates.server_processor_seconds = ((*server)->ProcessorTime() - processor_before).count();
  if (bench.idle.count() > 0) {
    const std::chrono::duration<double> before = (*server)->ProcessorTime();
    (*trainers)->Idle(bench.idle);
    rates.idle_processor_share = ((*server)->ProcessorTime() - before) / bench.idle;
  }
  return rates;
}

}  // namespace

absl::StatusOr<CoordinatorRates> BenchCoordinator(const CoordinatorBench& bench) {
  absl::StatusOr<std::string> folder = "";
  if (!bench.database) folder = NewFolder((fs::temp_directory_path() / "hpsearch-bench").string());
  if (!folder.ok()) return folder.status();
  const absl::Cleanup remove = [&folder] {
    std::error_code ignored;
    if (!folder->empty()) fs::remove_all(*folder, ignored);
  };
  const std::string database = bench.database.value_or(*folder + "/bench.db");
  if (bench.preload > 0) {
    const auto spec = SpecOf("preloaded", bench.preload, kPreloadedEpochs, {});
    if (!spec.ok()) return spec.status();
    study::StudyRecord study;
    study.name = (*spec)->name;
    study.spec = (*spec)->canonical;
    absl::Status status = store::WriteFinishedStudy(database, std::move(study), bench.preload, kPreloadedEpochs);
    if (!status.ok()) return status;
  }
  absl::StatusOr<CoordinatorRates> rates = Measure(bench, database);
  if (!rates.ok()) return rates;
  const absl::StatusOr<std::string> rows = NewFolder(database + ".rows");
  if (!rows.ok()) return rows.status();
  const absl::StatusOr<double> rows_per_second = store::DurableRowsPerSecond(*rows + "/rows.db", kMeasuredRows);
  std::error_code ignored;
  fs::remove_all(*rows, ignored);
  if (!rows_per_second.ok()) return rows_per_second.status();
  rates->sqlite_rows_per_second = *rows_per_second;
  return rates;
}

}  // namespace hpsearch::bench
