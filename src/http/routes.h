#pragma once

#include <cstddef>
#include <deque>
#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <thread>
#include <vector>

#include "base/mutex.h"
#include "http/limits.h"
#include "http/server.h"

namespace loom::http {

/// What a request asks for, as it is in its first line.
struct Question {
  std::string method;
  std::string target;
  bool gzip = false;  ///< the client takes compressed answers
};

struct Reply {
  Answer answer{};
  std::string allow{};  ///< of a 405: the methods that the path takes
  bool gzip = false;    ///< the body is compressed
};

/// The answer to what is not a request, or one that is not served.
Reply refusal(int status, const std::string& what);

/// Questions to one route, answered one after the other on a thread of its own, which begins with the first of them.
/// Threads: any.
/// Blocks:  finish() and the destructor, until the question in hand is answered; those in line are not.
class RouteLine {
 public:
  explicit RouteLine(Route one) : route(std::move(one)) {}
  ~RouteLine() { finish(); }
  RouteLine(const RouteLine&) = delete;
  RouteLine& operator=(const RouteLine&) = delete;

  /// False: `most` are in line already, the line is closed, or the machine has no thread to give.
  bool add(std::function<void()> question, std::size_t most);
  /// Nobody gets into the line any more, and nobody in it has an answer.
  void close();
  /// Closes it, and waits for the question in hand.
  void finish();

  const Route route;

 private:
  void answer_all();

  Mutex mutex_;
  CondVar changed_;
  std::deque<std::function<void()>> line_ LOOM_GUARDED_BY(mutex_);
  std::thread thread_ LOOM_GUARDED_BY(mutex_);
  bool closed_ LOOM_GUARDED_BY(mutex_) = false;
};

/// Which route answers what, and the answers to what no route does. Each route has a thread, so that one that takes
/// seconds, or hangs, holds up nobody but those who ask for the same.
/// Threads: ask() from one, finish() from any, also at the same time. `then` is called on the asking thread or on a
///          route's.
/// Owns:    the routes' lines, until it ends.
/// Blocks:  finish(), and so the destructor.
class Routes {
 public:
  Routes(std::vector<Route> routes, const Limits& limits);

  void ask(const Question& question, const std::function<void(Reply)>& then);
  /// Waits for the questions in hand; the others, and whoever asks from now on, are not answered by their routes.
  void finish();

 private:
  [[nodiscard]] Reply answered_by(const Route& route, bool gzip) const;
  [[nodiscard]] Reply unknown_path(const std::string& path) const;

  const Limits& limits_;
  std::vector<std::unique_ptr<RouteLine>> lines_;  // constant after construction
};

}  // namespace loom::http
