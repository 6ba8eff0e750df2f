#include "http/server.h"

#include <sys/socket.h>

#include <algorithm>
#include <cerrno>
#include <chrono>
#include <condition_variable>
#include <cstring>
#include <exception>
#include <mutex>
#include <stdexcept>
#include <string_view>
#include <thread>
#include <utility>

#include "http/attendants.h"
#include "http/socket_stream.h"
#include "text/json_text.h"

namespace loom::http {
namespace {

constexpr std::size_t kThreadsMost = 32;  // made when needed, which is in a crowd
constexpr int kBacklog = 128;             // the library's own is 5
constexpr int kRequestsMost = 100;
constexpr std::chrono::milliseconds kBeforeListeningAgain{200};

std::string_view name(Route::Method method) { return method == Route::Method::get ? "GET" : "POST"; }

Answer error_answer(int status, const std::string& what) {
  return {status, "application/json", R"({"error":)" + text::json_text(what) + "}\n"};
}

bool has_body(const httplib::Request& request) {
  return request.has_header("Transfer-Encoding") ||
         (request.has_header("Content-Length") && request.get_header_value("Content-Length") != "0");
}

/// Brotli at its default quality would cost more than all else here; gzip is cheap. Parts of an answer are no use.
void simplify(httplib::Request& request) {
  const bool gzip = request.get_header_value("Accept-Encoding").find("gzip") != std::string::npos;
  request.headers.erase("Accept-Encoding");
  if (gzip) request.headers.emplace("Accept-Encoding", "gzip");
  request.ranges.clear();
}

/// What cpp-httplib's thread pool would be, on our threads.
class Queue final : public httplib::TaskQueue {
 public:
  explicit Queue(Attendants& attendants) : attendants_(attendants) {}
  void enqueue(std::function<void()> work) override { attendants_.enqueue(std::move(work)); }
  void shutdown() override {}  // they outlive one round of listening

 private:
  Attendants& attendants_;
};

}  // namespace

/// cpp-httplib reads requests, writes answers and accepts connections; each connection is a SocketStream, which bounds
/// what a client can cost; where a request goes is decided by `route`, before its body would be read.
struct Server::Impl final : public httplib::Server {
  Impl(const ServerSettings& settings, std::vector<Route> all)
      : host(settings.host), port(settings.port), routes(std::move(all)), attendants(kThreadsMost, pressure) {
    new_task_queue = [this] { return new Queue(attendants); };
    // Not SO_REUSEPORT, which the library would take: a second service on the port would then share its connections.
    set_socket_options([](socket_t socket) {
      const int yes = 1;
      setsockopt(socket, SOL_SOCKET, SO_REUSEADDR, &yes, sizeof yes);
    });
    set_pre_routing_handler([this](const httplib::Request& request, httplib::Response& response) {
      route(request, response);
      return HandlerResponse::Handled;
    });
    set_error_handler([](const httplib::Request&, httplib::Response& response) {
      if (!response.body.empty()) return;
      response.set_header("Connection", "close");
      response.set_content(error_answer(response.status, "not a request that this server takes").body,
                           "application/json");
    });
    bind();
    listener = std::thread([this] { listen_until_stopped(); });
  }

  Impl(const Impl&) = delete;
  Impl& operator=(const Impl&) = delete;

  ~Impl() override {
    {
      const std::lock_guard lock(mutex);
      stopping = true;
      if (svr_sock_ != INVALID_SOCKET) ::shutdown(svr_sock_, SHUT_RDWR);
    }
    pressure.stopping.store(true);
    stop_asked.notify_all();
    listener.join();
    attendants.finish();
  }

  void bind() {
    errno = 0;
    if (port == 0) {
      port = static_cast<std::uint16_t>(std::max(bind_to_any_port(host), 0));
    } else if (!bind_to_port(host, port)) {
      fail(errno);
    }
    if (port == 0) fail(errno);
    ::listen(svr_sock_, kBacklog);
  }

  [[noreturn]] void fail(int error) const {
    const std::string why = error == 0 ? "no such host" : std::strerror(error);
    const std::string what = error == EADDRINUSE ? "another program listens there; end it, or set LOOM_HTTP_PORT to "
                                                   "another port (0: any free one)"
                             : error == EACCES   ? "set LOOM_HTTP_PORT to a port above 1023"
                                               : "set LOOM_HTTP_HOST and LOOM_HTTP_PORT to an address of this machine";
    throw std::runtime_error("cannot listen for HTTP on " + host + ":" + std::to_string(port) + ": " + why + "; " +
                             what);
  }

  // Accepting fails for good only for reasons that pass (the machine has no more files or memory to give).
  void listen_until_stopped() {
    while (true) {
      listen_after_bind();
      std::unique_lock lock(mutex);
      svr_sock_ = INVALID_SOCKET;
      if (stop_asked.wait_for(lock, kBeforeListeningAgain, [this] { return stopping; })) return;
      if (bind_to_port(host, port)) ::listen(svr_sock_, kBacklog);
    }
  }

  bool process_and_close_socket(socket_t socket) override {
    SocketStream stream(socket, pressure);
    for (int left = kRequestsMost; left > 0 && stream.await_request(); --left) {
      bool closed = false;
      bool rest_unread = true;  // what is no request has no known end; a body is never read
      const bool last = left == 1 || pressure.stopping.load();
      const bool answered = process_request(stream, last, closed, [&rest_unread](httplib::Request& request) {
        rest_unread = has_body(request);
        simplify(request);
      });
      if (answered && rest_unread) stream.leave_rest_unread();
      if (!answered || closed || rest_unread || last) break;
    }
    return true;
  }

  void route(const httplib::Request& request, httplib::Response& response) const {
    const std::string_view method = request.method == "HEAD" ? "GET" : std::string_view(request.method);
    std::string allowed;
    const Route* found = nullptr;
    for (const Route& one : routes) {
      if (one.path != request.path) continue;
      if (name(one.method) == method) found = &one;
      allowed += (allowed.empty() ? "" : ", ") + std::string(name(one.method));
      if (one.method == Route::Method::get) allowed += ", HEAD";
    }
    Answer answer;
    if (found != nullptr) {
      answer = answered_by(*found);
    } else if (!allowed.empty()) {
      answer = error_answer(405, request.path + " takes " + allowed);
      response.set_header("Allow", allowed);
    } else {
      answer = unknown_path(request.path);
    }
    response.status = answer.status;
    if (has_body(request)) response.set_header("Connection", "close");
    response.set_header("Cache-Control", "no-store");
    response.set_header("X-Content-Type-Options", "nosniff");
    response.set_content(answer.body, answer.content_type);
  }

  static Answer answered_by(const Route& found) {
    try {
      return found.answer();
    } catch (const std::exception& failure) {
      return error_answer(500, failure.what());
    }
  }

  [[nodiscard]] Answer unknown_path(const std::string& path) const {
    std::string known;
    for (const Route& one : routes) {
      known += (known.empty() ? "" : ",") + text::json_text(std::string(name(one.method)) + " " + one.path);
    }
    return {404, "application/json",
            R"({"error":)" + text::json_text("no such path: " + path) + R"(,"paths":[)" + known + "]}\n"};
  }

  // Constant after construction
  const std::string host;
  std::uint16_t port;
  const std::vector<Route> routes;
  // With their own synchronisation
  Pressure pressure;
  Attendants attendants;
  std::mutex mutex;
  std::condition_variable stop_asked;
  bool stopping = false;  // guarded by mutex
  std::thread listener;
};

Server::Server(const ServerSettings& settings, std::vector<Route> routes)
    : impl_(std::make_unique<Impl>(settings, std::move(routes))) {}
Server::~Server() = default;
std::uint16_t Server::port() const { return impl_->port; }

}  // namespace loom::http
