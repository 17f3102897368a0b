#include "server/dashboard/http_server.h"

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/redirect_error.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/strand.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <chrono>
#include <string_view>
#include <thread>
#include <utility>
#include <vector>

#include "absl/status/status.h"
#include "absl/strings/str_cat.h"
#include "server/dashboard/answer_cache.h"
#include "server/dashboard/change_feed.h"
#include "server/dashboard/http_session.h"
#include "server/dashboard/reader_pool.h"
#include "server/listen/listen_address.h"

namespace hpsearch::dashboard {
namespace {

namespace asio = boost::asio;
using asio::ip::tcp;

constexpr int kThreads = 2;
constexpr int kMostConnections = 512;
constexpr std::chrono::milliseconds kAcceptAgain(100);

tcp::endpoint EndpointOf(const listen::ListenAddress& address) {
  std::string_view host = address.host;
  if (host.starts_with('[')) host = host.substr(1, host.size() - 2);
  return {asio::ip::make_address(host), address.port};
}

}  // namespace

class HttpServer::Impl {
 public:
  explicit Impl(const HttpOptions& options)
      : readers_(options.database), feed_(options.database), answers_(feed_), acceptor_(asio::make_strand(io_)) {
    context_.readers = &readers_;
    context_.answers = &answers_;
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
      if (failed) {  // no descriptor is left, say, and none will be at once
        asio::steady_timer pause(acceptor_.get_executor(), kAcceptAgain);
        co_await pause.async_wait(asio::redirect_error(asio::use_awaitable, failed));
        continue;
      }
      // Over the bound the socket closes at once; a browser tries again.
      if (context_.connections >= kMostConnections) continue;
      auto executor = socket.get_executor();
      asio::co_spawn(executor, ServeConnection(std::move(socket), context_), asio::detached);
    }
  }

  ReaderPool readers_;
  ChangeFeed feed_;
  AnswerCache answers_;
  HttpContext context_;
  asio::io_context io_;  // behind what its coroutines borrow: destroyed before it
  tcp::acceptor acceptor_;
  std::string address_;
  std::vector<std::thread> threads_;
};

absl::StatusOr<std::unique_ptr<HttpServer>> HttpServer::Start(const HttpOptions& options) {
  const auto address = listen::ParseListenAddress(options.listen);
  if (!address.ok()) return address.status();
  if (absl::Status status = listen::CheckReach(*address, options.insecure); !status.ok()) return status;
  // Looks whether there is one to read; readers and feed open their own.
  if (auto reader = store::StudyReader::Open(options.database); !reader.ok()) return reader.status();
  auto impl = std::make_unique<Impl>(options);
  if (absl::Status status = impl->Listen(EndpointOf(*address)); !status.ok()) {
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
