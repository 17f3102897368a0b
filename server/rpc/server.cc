#include "server/rpc/server.h"

#include <fmt/format.h>
#include <grpcpp/channel.h>
#include <grpcpp/ext/proto_server_reflection_plugin.h>
#include <grpcpp/health_check_service_interface.h>
#include <grpcpp/security/server_credentials.h>
#include <grpcpp/server.h>
#include <grpcpp/server_builder.h>

#include <chrono>
#include <utility>

#include "server/failpoint/failpoint.h"
#include "server/listen/listen_address.h"
#include "server/rpc/asio_strand.h"
#include "server/rpc/background_thread.h"
#include "server/rpc/checkpoint_shelf.h"
#include "server/rpc/grpc_log.h"
#include "server/rpc/open_streams.h"
#include "server/rpc/read_pool.h"
#include "server/rpc/store_health.h"
#include "server/rpc/study_service.h"
#include "server/rpc/system_clock.h"
#include "server/rpc/watch_hub.h"
#include "server/rpc/worker_service.h"
#include "server/store/sqlite_store.h"
#include "server/study/coordinator.h"

namespace hpsearch::rpc {
namespace {

using listen::ListenAddress;

constexpr int kReadThreads = 2;
constexpr int kMostMessageBytes = 4 << 20;  // of a request
constexpr int kMostAnswerBytes = 16 << 20;  // in process, as client/channel has it
constexpr auto kTick = std::chrono::milliseconds(250);
constexpr auto kStallsLook = std::chrono::seconds(1);
constexpr auto kPatience = std::chrono::seconds(5);  // with calls under way at a stop

absl::StatusOr<std::optional<ListenAddress>> CheckAddress(const ServerOptions& options) {
  if (!options.listen) return std::optional<ListenAddress>();
  absl::StatusOr<ListenAddress> address = listen::ParseListenAddress(*options.listen);
  if (!address.ok()) return address.status();
  if (absl::Status status = listen::CheckReach(*address, options.insecure); !status.ok()) return status;
  return std::optional(*std::move(address));
}

}  // namespace

// Built from the bottom up and stopped from the top down: strand, store, coordinator, readers, services, gRPC.
class Server::Impl {
 public:
  explicit Impl(ServerOptions options)
      : options_(std::move(options)),
        quota_(options_.limits.buffers),
        streams_(options_.limits.open_streams, quota_),
        reads_(options_.database, kReadThreads, options_.limits.waiting_reads),
        background_(strand_) {}
  ~Impl() { Stop(); }

  absl::Status Start() {
    absl::StatusOr<std::optional<ListenAddress>> address = CheckAddress(options_);
    if (!address.ok()) return address.status();
    address_ = *std::move(address);
    absl::StatusOr<std::unique_ptr<store::SqliteStore>> store =
        store::SqliteStore::Open(options_.database, strand_);
    if (!store.ok()) return store.status();
    store_ = *std::move(store);
    absl::Status recovered;
    strand_.PostAndWait([&] {
      coordinator_.emplace(*store_, clock_, background_, [this](const study::Event& event) {
        if (event.kind == study::Event::Kind::kStudy) health_.Set(coordinator_->Health());
        hub_.Notify(event);
        shelf_->Notify(event);
      });
      shelf_.emplace(options_.database + ".checkpoints/travelling", options_.limits.checkpoints, strand_,
                     *coordinator_, quota_);
      recovered = coordinator_->Recover();
      if (recovered.ok()) shelf_->TidyUp();
    });
    if (!recovered.ok()) return recovered;
    failpoint::Failpoint("server.recovered");
    strand_.Every(kTick, [this] {
      coordinator_->Tick();
      health_.Set(coordinator_->Health());
    });
    strand_.Every(kStallsLook, [this] { shelf_->EndStalled(); });
    return Serve();
  }

  std::string address() const { return address_ ? address_->ToString() : std::string(); }

  std::shared_ptr<grpc::Channel> InProcessChannel() {
    if (!grpc_) return nullptr;
    grpc::ChannelArguments arguments;
    arguments.SetMaxReceiveMessageSize(kMostAnswerBytes);
    return grpc_->InProcessChannel(arguments);
  }

  void Stop() {
    if (std::exchange(stopped_, true)) return;
    failpoint::Failpoint("server.stop.begun");
    // Streams first: they would never end by themselves. Calls that came before get their answers.
    strand_.PostAndWait([this] { streams_.CloseAll(absl::UnavailableError("the server is stopping")); });
    failpoint::Failpoint("server.stop.streams_closed");
    if (grpc_) grpc_->Shutdown(std::chrono::system_clock::now() + kPatience);
    streams_.AwaitNone();
    reads_.Stop();
    background_.Stop();
    if (shelf_) shelf_->Stop();
    strand_.PostAndWait([this] {
      strand_.EndTimers();
      if (shelf_) shelf_->Close();
      coordinator_.reset();
    });
    store_.reset();  // commits what was handed over
    failpoint::Failpoint("server.stop.closed");
    strand_.Stop();
    grpc_.reset();
  }

 private:
  absl::Status Serve() {
    studies_.emplace(WatchStream::Means{strand_, reads_, hub_, streams_, health_}, *coordinator_, clock_,
                     address_ ? Paths::kRefused : Paths::kPermitted, options_.limits.changed_trials,
                     options_.limits.commands);
    workers_.emplace(options_.limits.unsent_messages, strand_, *coordinator_, streams_, *shelf_);
    RouteGrpcLog();
    grpc::EnableDefaultHealthCheckService(true);
    grpc::reflection::InitProtoReflectionServerBuilderPlugin();
    grpc::ServerBuilder builder;
    builder.SetMaxReceiveMessageSize(kMostMessageBytes);
    builder.SetResourceQuota(quota_.quota());
    // A packed message grows to a thousand times its size before gRPC looks at that: none of ours is packed.
    builder.SetCompressionAlgorithmSupportStatus(GRPC_COMPRESS_DEFLATE, false);
    builder.SetCompressionAlgorithmSupportStatus(GRPC_COMPRESS_GZIP, false);
    builder.AddChannelArgument(GRPC_ARG_ENABLE_PER_MESSAGE_DECOMPRESSION, 0);
    builder.AddChannelArgument(GRPC_ARG_ALLOW_REUSEPORT, 0);  // a taken port is an error, not a share
    // Most messages are small: no ping behind each to find out how much a connection bears. So much under way is
    // enough for checkpoints, also from far away.
    builder.AddChannelArgument(GRPC_ARG_HTTP2_BDP_PROBE, 0);
    builder.AddChannelArgument(GRPC_ARG_HTTP2_STREAM_LOOKAHEAD_BYTES, 1 << 20);
    // Permits what client/channel sends, and finds dead peers by itself.
    builder.AddChannelArgument(GRPC_ARG_HTTP2_MIN_RECV_PING_INTERVAL_WITHOUT_DATA_MS, 10'000);
    builder.AddChannelArgument(GRPC_ARG_KEEPALIVE_PERMIT_WITHOUT_CALLS, 1);
    builder.AddChannelArgument(GRPC_ARG_KEEPALIVE_TIME_MS, 30'000);
    builder.AddChannelArgument(GRPC_ARG_KEEPALIVE_TIMEOUT_MS, 10'000);
    builder.RegisterService(&*studies_);
    builder.RegisterService(&*workers_);
    int port = 0;
    if (address_) builder.AddListeningPort(address_->ToString(), grpc::InsecureServerCredentials(), &port);
    grpc_ = builder.BuildAndStart();
    if (!grpc_ || (address_ && port == 0)) {
      return absl::UnavailableError(
          fmt::format("cannot listen on {}: the address is taken or not one of this machine", address()));
    }
    if (address_) address_->port = static_cast<std::uint16_t>(port);
    failpoint::Failpoint("server.listening");
    return absl::OkStatus();
  }

  const ServerOptions options_;
  std::optional<ListenAddress> address_;
  SystemClock clock_;
  AsioStrand strand_;
  WatchHub hub_;
  StoreHealth health_;
  BufferQuota quota_;
  OpenStreams streams_;
  ReadPool reads_;
  BackgroundThread background_;
  std::unique_ptr<store::SqliteStore> store_;
  std::optional<study::Coordinator> coordinator_;  // made and ended on the strand
  std::optional<CheckpointShelf> shelf_;
  std::optional<StudyService> studies_;
  std::optional<WorkerService> workers_;
  std::unique_ptr<grpc::Server> grpc_;
  bool stopped_ = false;
};

absl::StatusOr<std::unique_ptr<Server>> Server::Start(ServerOptions options) {
  auto impl = std::make_unique<Impl>(std::move(options));
  if (absl::Status status = impl->Start(); !status.ok()) return status;
  return std::unique_ptr<Server>(new Server(std::move(impl)));
}

Server::Server(std::unique_ptr<Impl> impl) : impl_(std::move(impl)) {}

Server::~Server() { Stop(); }

std::string Server::address() const { return impl_->address(); }

std::shared_ptr<grpc::Channel> Server::InProcessChannel() { return impl_->InProcessChannel(); }

void Server::Stop() { impl_->Stop(); }

}  // namespace hpsearch::rpc
