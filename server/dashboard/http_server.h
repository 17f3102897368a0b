// The dashboard's HTTP server: one page, its assets, JSON reads of the database, and server-sent events that say
// when a study has changed. It reads through connections of its own, so that it works while a search runs and when
// no coordinator does; it changes nothing.
//
// Threads: Start and Stop from one thread, Stop may come twice; requests are served by a few threads of its own.
// Errors of Start: NOT_FOUND (no database), FAILED_PRECONDITION (not ours, or newer), PERMISSION_DENIED (an
// address that is not loopback without `insecure`), UNAVAILABLE (the address is taken), INVALID_ARGUMENT (no
// address).
#pragma once

#include <memory>
#include <string>

#include "absl/status/statusor.h"

namespace hpsearch::dashboard {

struct HttpOptions {
  std::string database;
  std::string listen = "127.0.0.1:8080";  // HOST:PORT; port 0 takes a free one
  bool insecure = false;                  // permits any address until there is authentication
};

class HttpServer {
 public:
  static absl::StatusOr<std::unique_ptr<HttpServer>> Start(const HttpOptions& options);
  ~HttpServer();  // stops

  std::string address() const;  // HOST:PORT as bound
  void Stop();

 private:
  class Impl;
  explicit HttpServer(std::unique_ptr<Impl> impl);
  std::unique_ptr<Impl> impl_;
};

}  // namespace hpsearch::dashboard
