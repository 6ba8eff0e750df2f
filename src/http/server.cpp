#include "http/server.h"

#include <algorithm>
#include <boost/asio/basic_socket_acceptor.hpp>
#include <boost/asio/basic_waitable_timer.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/basic_resolver.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/ip/v6_only.hpp>
#include <boost/asio/post.hpp>
#include <chrono>
#include <stdexcept>
#include <thread>
#include <utility>

#include "http/connection.h"
#include "http/crowd.h"
#include "http/routes.h"

namespace loom::http {
namespace {

namespace asio = boost::asio;
using tcp = asio::ip::tcp;
using Error = boost::system::error_code;
using Acceptor = asio::basic_socket_acceptor<tcp, Executor>;
using Resolver = asio::ip::basic_resolver<tcp, Executor>;
using Timer =
    asio::basic_waitable_timer<std::chrono::steady_clock, asio::wait_traits<std::chrono::steady_clock>, Executor>;

constexpr int kBacklog = 128;
constexpr std::chrono::milliseconds kTick{50};  // how late a deadline may be noticed

[[noreturn]] void fail(const ServerSettings& settings, const Error& error) {
  const bool unknown = error.category() != asio::error::get_system_category();
  const std::string what = error == asio::error::address_in_use
                               ? "another program listens there; end it, or set LOOM_HTTP_PORT to another port (0: any "
                                 "free one)"
                           : error == asio::error::access_denied
                               ? "set LOOM_HTTP_PORT to a port above 1023"
                               : "set LOOM_HTTP_HOST and LOOM_HTTP_PORT to an address of this machine";
  throw std::runtime_error("cannot listen for HTTP on " + settings.host + ":" + std::to_string(settings.port) + ": " +
                           (unknown ? "no such host" : error.message()) + "; " + what);
}

/// Not with SO_REUSEPORT: a second service on the port would then share its connections.
Error listen_at(Acceptor& acceptor, const tcp::endpoint& endpoint) {
  Error error;
  Error ignored;
  acceptor.close(ignored);
  acceptor.open(endpoint.protocol(), error);
  if (error) return error;
  acceptor.set_option(Acceptor::reuse_address(true), ignored);
  if (endpoint.protocol() == tcp::v6()) acceptor.set_option(asio::ip::v6_only(false), ignored);
  acceptor.bind(endpoint, error);
  if (!error) acceptor.listen(kBacklog, error);
  return error;
}

void listen(Acceptor& acceptor, const ServerSettings& settings) {
  Error error;
  const auto found = Resolver(acceptor.get_executor())
                         .resolve(settings.host, std::to_string(settings.port),
                                  tcp::resolver::passive | tcp::resolver::numeric_service, error);
  if (error) fail(settings, error);
  for (const auto& entry : found) {
    error = listen_at(acceptor, entry.endpoint());
    if (!error) return;
  }
  fail(settings, error);
}

}  // namespace

/// One thread accepts connections and serves them all, none of which it waits for; routes are asked on their threads.
struct Server::Impl {
  Impl(const ServerSettings& settings, std::vector<Route> all)
      : limits(settings.limits), routes(std::move(all), limits) {
    listen(acceptor, settings);
    port = acceptor.local_endpoint().port();
    accept();
    tick();
    thread = std::thread([this] { run(); });
  }

  Impl(const Impl&) = delete;
  Impl& operator=(const Impl&) = delete;

  // First nobody gets in and nobody asks any more; then the questions in hand are answered; what their clients do not
  // take at once is lost.
  ~Impl() {
    asio::post(io, [this] {
      Error ignored;
      acceptor.close(ignored);
      crowd.part_with_those_that_wait_for_clients();
    });
    routes.finish();
    asio::post(io, [this] {
      crowd.part_with_all();
      io.stop();
    });
    thread.join();
  }

  // Memory may be short: then the connection goes that wanted it, not the service.
  void run() {
    while (!io.stopped()) {
      try {
        io.run();
      } catch (const std::exception&) {
      }
    }
  }

  void accept() {
    acceptor.async_accept([this](Error error, Socket socket) {
      accepts = false;
      if (!acceptor.is_open()) return;
      if (error) return crowd.make_room();  // for reasons that pass, such as no more files: tick() tries again
      accept();
      Error ignored;
      socket.set_option(tcp::no_delay(true), ignored);
      serve(std::move(socket), crowd, routes, limits);
    });
    accepts = true;
  }

  void tick() {
    timer.expires_after(kTick);
    timer.async_wait([this](Error) {
      tick();
      crowd.part_with_late(std::chrono::steady_clock::now());
      if (!accepts && acceptor.is_open()) accept();
    });
  }

  const Limits limits;
  std::uint16_t port = 0;
  // Of the one thread, save that routes have theirs. What the loop still holds at the end is a connection's, and leaves
  // the crowd: the loop ends first.
  Crowd crowd{limits};
  Routes routes;
  asio::io_context io{1};
  Acceptor acceptor{io};
  Timer timer{io};
  bool accepts = false;
  std::thread thread;
};

Server::Server(const ServerSettings& settings, std::vector<Route> routes)
    : impl_(std::make_unique<Impl>(settings, std::move(routes))) {}
Server::~Server() = default;
std::uint16_t Server::port() const { return impl_->port; }

}  // namespace loom::http
