#include "server/dashboard/http_session.h"

#include <spdlog/spdlog.h>

#include <boost/asio/buffer.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/redirect_error.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <boost/asio/write.hpp>
#include <boost/beast/core.hpp>
#include <boost/beast/http.hpp>
#include <chrono>
#include <memory>
#include <optional>
#include <utility>

#include "absl/status/status.h"
#include "server/dashboard/assets.h"
#include "server/dashboard/routes.h"

namespace hpsearch::dashboard {
namespace {

namespace asio = boost::asio;
namespace beast = boost::beast;
namespace http = boost::beast::http;
using asio::use_awaitable;

constexpr std::chrono::seconds kIdle(60);
constexpr std::chrono::seconds kEventKeepalive(15);  // a comment this often keeps proxies from closing the stream
constexpr std::size_t kHeaderLimit = 8192;
constexpr std::size_t kBodyLimit = 1024;  // nobody has a reason to send one

// Scripts and styles come from here alone, and nothing else is loaded: text that found its way into the page as
// markup could do nothing.
constexpr const char* kContentSecurityPolicy =
    "default-src 'none'; script-src 'self'; style-src 'self'; connect-src 'self'; img-src 'self' data:; "
    "base-uri 'none'; form-action 'none'; frame-ancestors 'none'";

using Request = http::request<http::string_body>;
using Response = http::response<http::string_body>;

template <class Message>
void SetCommonHeaders(Message& response) {
  response.set(http::field::server, "hpsearch");
  response.set("Content-Security-Policy", kContentSecurityPolicy);
  response.set("X-Content-Type-Options", "nosniff");
  response.set("Referrer-Policy", "no-referrer");
  response.set(http::field::cache_control, "no-cache");
}

Response Make(const Request& request, http::status status, std::string_view type, std::string body) {
  Response response(status, request.version());
  SetCommonHeaders(response);
  response.set(http::field::content_type, beast::string_view(type.data(), type.size()));
  response.body() = std::move(body);
  response.prepare_payload();
  response.keep_alive(request.keep_alive());
  return response;
}

Response Refuse(const Request& request, http::status status, std::string_view why) {
  return Make(request, status, "text/plain; charset=utf-8", std::string(why) + "\n");
}

http::status StatusOf(absl::StatusCode code) {
  switch (code) {
    case absl::StatusCode::kInvalidArgument:
      return http::status::bad_request;
    case absl::StatusCode::kNotFound:
      return http::status::not_found;
    case absl::StatusCode::kUnavailable:
      return http::status::service_unavailable;
    default:
      return http::status::internal_server_error;
  }
}

Response Refuse(const Request& request, const absl::Status& why) {
  const absl::string_view message = why.message();
  return Refuse(request, StatusOf(why.code()), {message.data(), message.size()});
}

// "localhost:8080" -> "localhost", "[::1]:8080" -> "::1"
std::string_view HostName(std::string_view host) {
  if (host.starts_with('[')) return host.substr(1, host.find(']') - 1);
  return host.substr(0, host.find(':'));
}

// Any address of the loopback: a name can be rebound to this machine, an address is what it says.
bool IsLoopbackName(std::string_view host) {
  const std::string_view name = HostName(host);
  boost::system::error_code no_address;
  const auto address = asio::ip::make_address(name, no_address);
  return no_address ? name == "localhost" : address.is_loopback();
}

std::string_view View(beast::string_view text) { return {text.data(), text.size()}; }

Response AnswerAsset(const Request& request, const Asset& asset) {
  Response response = Make(request, http::status::ok, asset.content_type, std::string(asset.gzip));
  response.set(http::field::content_encoding, "gzip");
  return response;
}

Response AnswerRequest(const Request& request, const Target& target, HttpContext& context) {
  if (const Asset* asset = FindAsset(target.path)) return AnswerAsset(request, *asset);
  const auto body = context.answers->Answer(std::string(View(request.target())), [&] {
    return context.readers->With([&](store::StudyReader& reader) { return Answer(target, reader); });
  });
  if (!body.ok()) return Refuse(request, body.status());
  return Make(request, http::status::ok, "application/json", **body);
}

// The newest state that a page has not been sent yet; an older one that waits is replaced.
struct Mailbox {
  explicit Mailbox(const asio::any_io_executor& executor) : timer(executor) {}
  asio::steady_timer timer;  // cancelled when something comes
  std::optional<std::string> waiting;
};

// Server-sent events (https://html.spec.whatwg.org/multipage/server-sent-events.html).
asio::awaitable<void> StreamEvents(beast::tcp_stream& stream, const Request& request, const std::string& study,
                                   HttpContext& context) {
  http::response<http::empty_body> head(http::status::ok, request.version());
  SetCommonHeaders(head);
  head.set(http::field::content_type, "text/event-stream");
  head.keep_alive(false);
  http::response_serializer<http::empty_body> serializer(head);
  stream.expires_after(kIdle);
  co_await http::async_write_header(stream, serializer, use_awaitable);
  if (request.method() == http::verb::head) co_return;

  auto mailbox = std::make_shared<Mailbox>(stream.get_executor());
  const ChangeFeed::Id id = context.feed->Subscribe(
      study, [weak = std::weak_ptr(mailbox), executor = stream.get_executor()](const std::string& json) {
        asio::post(executor, [weak, json] {
          if (auto box = weak.lock()) {
            box->waiting = json;
            box->timer.cancel();
          }
        });
      });
  // The subscription ends with this coroutine, however it ends.
  struct Subscription {
    ChangeFeed* feed;
    ChangeFeed::Id id;
    ~Subscription() { feed->Unsubscribe(id); }
  } subscription{context.feed, id};

  for (;;) {
    if (!mailbox->waiting) {
      mailbox->timer.expires_after(kEventKeepalive);
      boost::system::error_code woken;
      co_await mailbox->timer.async_wait(asio::redirect_error(use_awaitable, woken));
    }
    std::string text = ": still here\n\n";
    if (mailbox->waiting) {
      text = "event: study\ndata: " + *std::exchange(mailbox->waiting, std::nullopt) + "\n\n";
    }
    stream.expires_after(kIdle);
    co_await asio::async_write(stream, asio::buffer(text), use_awaitable);
  }
}

asio::awaitable<void> ServeRequests(beast::tcp_stream& stream, HttpContext& context) {
  beast::flat_buffer buffer(kHeaderLimit + kBodyLimit);
  for (;;) {
    http::request_parser<http::string_body> parser;
    parser.header_limit(kHeaderLimit);
    parser.body_limit(kBodyLimit);
    stream.expires_after(kIdle);
    co_await http::async_read(stream, buffer, parser, use_awaitable);
    const Request request = parser.release();

    Response response;
    auto target = ParseTarget(View(request.target()));
    if (context.loopback && !IsLoopbackName(View(request[http::field::host]))) {
      response = Refuse(request, http::status::forbidden, "this dashboard answers to localhost alone");
    } else if (request.method() != http::verb::get && request.method() != http::verb::head) {
      response = Refuse(request, http::status::method_not_allowed, "only GET is there");
      response.set(http::field::allow, "GET, HEAD");
    } else if (!target.ok()) {
      const absl::string_view why = target.status().message();
      response = Refuse(request, http::status::bad_request, {why.data(), why.size()});
    } else if (const std::string study = EventsOf(*target); !study.empty()) {
      const auto row = context.readers->With([&](store::StudyReader& reader) { return reader.Study(study); });
      if (row.ok()) {
        co_await StreamEvents(stream, request, study, context);
        co_return;
      }
      response = Refuse(request, row.status());
    } else {
      response = AnswerRequest(request, *target, context);
    }
    if (request.method() == http::verb::head) response.body().clear();  // Content-Length stays the whole one's
    stream.expires_after(kIdle);
    co_await http::async_write(stream, response, use_awaitable);
    if (!response.keep_alive()) co_return;
  }
}

}  // namespace

asio::awaitable<void> ServeConnection(asio::ip::tcp::socket socket, HttpContext& context) {
  ++context.connections;
  try {
    beast::tcp_stream stream(std::move(socket));
    co_await ServeRequests(stream, context);
    boost::system::error_code ignored;
    stream.socket().shutdown(asio::ip::tcp::socket::shutdown_send, ignored);
  } catch (const boost::system::system_error& error) {
    // A browser that closes its tab is no event worth a line; what else goes wrong concerns this connection alone.
    spdlog::debug("dashboard: connection ended: {}", error.what());
  } catch (const std::exception& error) {
    spdlog::warn("dashboard: {}", error.what());
  }
  --context.connections;
}

}  // namespace hpsearch::dashboard
