// One connection of a browser: requests one after the other, or a stream of events to its end. A coroutine on the
// connection's own strand; what it borrows (HttpContext) outlives it.
#pragma once

// clang-format off
#include <utility>  // first: awaitable.hpp of Boost 1.74 uses std::exchange and does not include it
// clang-format on

#include <atomic>
#include <boost/asio/awaitable.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <string>

#include "server/dashboard/answer_cache.h"
#include "server/dashboard/change_feed.h"
#include "server/dashboard/reader_pool.h"

namespace hpsearch::dashboard {

struct HttpContext {
  ReaderPool* readers = nullptr;
  AnswerCache* answers = nullptr;
  ChangeFeed* feed = nullptr;
  bool loopback = true;             // then only loopback names are answered to, against DNS rebinding
  std::atomic<int> connections{0};  // under way
};

// Ends when the peer closes, is silent for too long, or the socket is closed under it. Throws nothing.
boost::asio::awaitable<void> ServeConnection(boost::asio::ip::tcp::socket socket, HttpContext& context);

}  // namespace hpsearch::dashboard
