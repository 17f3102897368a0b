#include "server/dashboard/http_server.h"

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/redirect_error.hpp>
#include <boost/asio/strand.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <charconv>
#include <optional>
#include <thread>
#include <utility>
#include <vector>

#include "absl/status/status.h"
#include "absl/strings/str_cat.h"
#include "server/dashboard/change_feed.h"
#include "server/dashboard/http_session.h"
#include "server/dashboard/reader_pool.h"

namespace hpsearch::dashboard {
namespace {

namespace asio = boost::asio;
using asio::ip::tcp;

constexpr int kThreads = 2;
constexpr int kMostConnections = 512;

// "127.0.0.1:8080", "[::1]:8080", "localhost:0"
absl::StatusOr<tcp::endpoint> ParseListen(std::string_view text) {
  const std::size_t colon = text.rfind(':');
  std::uint16_t port = 0;
  bool valid = colon != std::string_view::npos && colon + 1 < text.size();
  if (valid) {
    auto [end, error] = std::from_chars(text.data() + colon + 1, text.data() + text.size(), port);
    valid = error == std::errc() && end == text.data() + text.size();
  }
  std::string host(text.substr(0, valid ? colon : 0));
  if (host == "localhost") host = "127.0.0.1";
  if (host.starts_with('[') && host.ends_with(']')) host = host.substr(1, host.size() - 2);
  boost::system::error_code failed;
  const auto address = asio::ip::make_address(host, failed);
  if (!valid || failed) {
    return absl::InvalidArgumentError(absl::StrCat(
        "'", std::string(text), "' is no address to listen on; IP:PORT is wanted, like 127.0.0.1:8080"));
  }
  return tcp::endpoint(address, port);
}

}  // namespace

class HttpServer::Impl {
 public:
  Impl(HttpOptions options, std::unique_ptr<store::StudyReader> reader)
      : readers_(std::move(options.database)), feed_(std::move(reader)), acceptor_(asio::make_strand(io_)) {
    context_.readers = &readers_;
    context_.feed = &feed_;
  }

  absl::Status Listen(const tcp::endpoint& endpoint) {
    boost::system::error_code failed;
    acceptor_.open(endpoint.protocol(), failed);
    if (!failed) acceptor_.set_option(tcp::acceptor::reuse_address(true), failed);
    if (!failed) acceptor_.bind(endpoint, failed);
    if (!failed) acceptor_.listen(tcp::acceptor::max_listen_connections, failed);
    if (failed) {
      return absl::UnavailableError(absl::StrCat("cannot listen on ", endpoint.address().to_string(), ":",
                                                 endpoint.port(), ": ", failed.message()));
    }
    context_.loopback = endpoint.address().is_loopback();
    const auto bound = acceptor_.local_endpoint();
    const std::string host = bound.address().to_string();
    address_ = absl::StrCat(bound.address().is_v6() ? "[" + host + "]" : host, ":", bound.port());
    asio::co_spawn(acceptor_.get_executor(), Accept(), asio::detached);
    for (int i = 0; i < kThreads; ++i) threads_.emplace_back([this] { io_.run(); });
    return absl::OkStatus();
  }

  const std::string& address() const { return address_; }

  void Stop() {
    // The feed first: afterwards nothing posts to connections. Coroutines end with the context that they hang in.
    feed_.Stop();
    io_.stop();
    for (std::thread& thread : threads_) {
      if (thread.joinable()) thread.join();
    }
  }

 private:
  asio::awaitable<void> Accept() {
    for (;;) {
      boost::system::error_code failed;
      tcp::socket socket = co_await acceptor_.async_accept(asio::make_strand(io_),
                                                           asio::redirect_error(asio::use_awaitable, failed));
      if (failed == asio::error::operation_aborted || !acceptor_.is_open()) co_return;
      // Over the bound the socket closes at once; a browser tries again.
      if (failed || context_.connections >= kMostConnections) continue;
      auto executor = socket.get_executor();
      asio::co_spawn(executor, ServeConnection(std::move(socket), context_), asio::detached);
    }
  }

  ReaderPool readers_;
  ChangeFeed feed_;
  HttpContext context_;
  asio::io_context io_;  // behind what its coroutines borrow: destroyed before it
  tcp::acceptor acceptor_;
  std::string address_;
  std::vector<std::thread> threads_;
};

absl::StatusOr<std::unique_ptr<HttpServer>> HttpServer::Start(HttpOptions options) {
  auto endpoint = ParseListen(options.listen);
  if (!endpoint.ok()) return endpoint.status();
  if (!endpoint->address().is_loopback() && !options.insecure) {
    return absl::PermissionDeniedError(
        absl::StrCat(options.listen,
                     " is not loopback, and there is no authentication yet: anyone who reaches it could "
                     "read every study. Listen on 127.0.0.1, or say --insecure"));
  }
  auto reader = store::StudyReader::Open(options.database);
  if (!reader.ok()) return reader.status();
  auto impl = std::make_unique<Impl>(std::move(options), *std::move(reader));
  if (absl::Status status = impl->Listen(*endpoint); !status.ok()) {
    impl->Stop();
    return status;
  }
  return std::unique_ptr<HttpServer>(new HttpServer(std::move(impl)));
}

HttpServer::HttpServer(std::unique_ptr<Impl> impl) : impl_(std::move(impl)) {}
HttpServer::~HttpServer() { Stop(); }
std::string HttpServer::address() const { return impl_->address(); }
void HttpServer::Stop() { impl_->Stop(); }

}  // namespace hpsearch::dashboard
