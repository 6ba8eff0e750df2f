#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "http/limits.h"

namespace loom::http {

struct Answer {
  int status = 200;
  std::string content_type = "application/json";
  std::string body{};
};

/// One path and what answers it. `answer` is called on a thread that is the route's own, one request after the other. A
/// request's body is not for it: none is read.
struct Route {
  enum class Method : std::uint8_t { get, post };
  Method method = Method::get;
  std::string path;
  std::function<Answer()> answer;
};

struct ServerSettings {
  std::string host;
  std::uint16_t port = 0;  ///< 0: any free one
  Limits limits{};
};

/// A small HTTP/1.1 server for status and metrics. Unknown paths get 404 with the list of known ones, a wrong method
/// 405. An exception from a route gets 500 with its text. HEAD is answered as GET. A slow client costs a connection and
/// no thread, and when there are too many the one that has waited longest for its client makes room: whoever asks how
/// the service is gets an answer.
/// Threads: its own: one for all connections, and one for each route that has been asked.
/// Owns:    the listening socket and the connections.
/// Blocks:  the destructor, until the routes that are being answered have returned; idle and slow clients are cut off.
/// Fails:   std::runtime_error from the constructor when the address cannot be bound (says which, and what to do).
class Server {
 public:
  Server(const ServerSettings& settings, std::vector<Route> routes);
  ~Server();
  Server(const Server&) = delete;
  Server& operator=(const Server&) = delete;

  [[nodiscard]] std::uint16_t port() const;

 private:
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace loom::http
