#include "http/connection.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <boost/asio/post.hpp>
#include <boost/beast/http/empty_body.hpp>
#include <boost/beast/http/parser.hpp>
#include <boost/beast/http/rfc7230.hpp>
#include <cstddef>
#include <cstdint>
#include <limits>
#include <memory>
#include <optional>
#include <string>
#include <utility>

namespace loom::http {
namespace {

namespace asio = boost::asio;
namespace beast = boost::beast;
namespace wire = boost::beast::http;
using Error = boost::system::error_code;

constexpr std::size_t kReadBytes = 4096;

/// Of `Accept-Encoding: br, gzip;q=0.5`; a quality of zero is a no.
bool takes_gzip(beast::string_view accepted) {
  for (const auto& [coding, parameters] : wire::ext_list(accepted)) {
    if (!beast::iequals(coding, "gzip")) continue;
    return std::all_of(parameters.begin(), parameters.end(), [](const auto& one) {
      return one.first != "q" || one.second.find_first_of("123456789") != beast::string_view::npos;
    });
  }
  return false;
}

class Connection final : public Crowd::Member, public std::enable_shared_from_this<Connection> {
 public:
  Connection(Socket socket, Crowd& crowd, Routes& routes, const Limits& limits)
      : socket_(std::move(socket)), crowd_(crowd), routes_(routes), limits_(limits) {}

  void await_request() {
    is_head_ = false;
    parser_.emplace();
    parser_->header_limit(static_cast<std::uint32_t>(limits_.head_bytes_most));
    parser_->body_limit(std::numeric_limits<std::uint64_t>::max());  // none is read; boost::none means 0 to Beast 1.74
    if (unread_.empty()) {
      crowd_.await_client(*this, limits_.idle_most);
      read();
    } else {
      crowd_.await_client(*this, limits_.request_most);
      parse();
    }
  }

 private:
  void read() {
    const std::size_t before = unread_.size();
    unread_.resize(before + kReadBytes);
    socket_.async_read_some(asio::buffer(&unread_[before], kReadBytes),
                            [self = shared_from_this(), before](Error error, std::size_t got) {
                              if (error || !self->here()) return self->close();
                              self->unread_.resize(before + got);
                              if (before == 0) self->crowd_.await_client(*self, self->limits_.request_most);
                              self->parse();
                            });
  }

  void parse() {
    Error error;
    unread_.erase(0, parser_->put(asio::buffer(unread_), error));
    if (error == wire::error::need_more) return read();
    if (!error) return ask();
    last_ = true;
    answer(error == wire::error::header_limit
               ? refusal(431, fmt::format("a request's head may have {} bytes", limits_.head_bytes_most))
               : refusal(400, "not a request that this server takes: " + error.message()));
  }

  void ask() {
    const auto& request = parser_->get();
    is_head_ = request.method() == wire::verb::head;
    last_ = !request.keep_alive() || !parser_->is_done();
    const Question question{.method = std::string(request.method_string()),
                            .target = std::string(request.target()),
                            .gzip = takes_gzip(request[wire::field::accept_encoding])};
    crowd_.await_answer(*this);
    // Only the crowd owns a connection that waits for a route, so that none ends on the route's thread.
    routes_.ask(question, [waiting = weak_from_this(), executor = socket_.get_executor()](Reply reply) {
      asio::post(executor, [waiting, reply = std::move(reply)]() mutable {
        if (const auto self = waiting.lock()) self->answer(std::move(reply));
      });
    });
  }

  void answer(Reply reply) {
    const Answer& answer = reply.answer;
    // Boost's string_view, of which only these two members are there in all versions of it.
    const auto reason = wire::obsolete_reason(wire::int_to_status(static_cast<unsigned>(answer.status)));
    head_ = fmt::format(
        "HTTP/1.1 {} {}\r\nContent-Type: {}\r\nContent-Length: {}\r\nCache-Control: no-store\r\n"
        "X-Content-Type-Options: nosniff\r\n",
        answer.status, std::string_view(reason.data(), reason.size()), answer.content_type, answer.body.size());
    if (reply.gzip) head_ += "Content-Encoding: gzip\r\n";
    if (!reply.allow.empty()) head_ += "Allow: " + reply.allow + "\r\n";
    head_ += last_ ? "Connection: close\r\n\r\n" : "Connection: keep-alive\r\n\r\n";
    body_ = is_head_ ? std::string() : std::move(reply.answer.body);
    crowd_.await_client(*this, limits_.answer_most, head_.size() + body_.size());
    send(0);
  }

  void send(std::size_t sent) {
    const std::array<asio::const_buffer, 2> rest{asio::buffer(head_) + sent,
                                                 asio::buffer(body_) + (sent - std::min(sent, head_.size()))};
    socket_.async_write_some(rest, [self = shared_from_this(), sent](Error error, std::size_t taken) {
      if (error || !self->here()) return self->close();
      if (sent + taken < self->head_.size() + self->body_.size()) return self->send(sent + taken);
      self->body_ = std::string();
      self->last_ ? self->part() : self->await_request();
    });
  }

  /// Closing a socket with bytes unread would reset the connection, and the client could lose the answer.
  void part() {
    Error ignored;
    socket_.shutdown(Socket::shutdown_send, ignored);
    crowd_.await_client(*this, limits_.rest_most);
    throw_rest_away();
  }

  void throw_rest_away() {
    unread_.resize(kReadBytes);
    socket_.async_read_some(asio::buffer(unread_), [self = shared_from_this()](Error error, std::size_t) {
      error || !self->here() ? self->close() : self->throw_rest_away();
    });
  }

  [[nodiscard]] bool here() const { return crowd_.has(*this); }
  void close() { crowd_.leave(*this); }
  void cut_off() override {
    Error ignored;
    socket_.close(ignored);
  }

  Socket socket_;
  Crowd& crowd_;
  Routes& routes_;
  const Limits& limits_;
  std::optional<wire::request_parser<wire::empty_body>> parser_;
  std::string unread_;  // of requests
  std::string head_;    // of the answer
  std::string body_;
  bool is_head_ = false;
  bool last_ = false;  // this answer is the connection's last
};

}  // namespace

void serve(Socket socket, Crowd& crowd, Routes& routes, const Limits& limits) {
  const auto connection = std::make_shared<Connection>(std::move(socket), crowd, routes, limits);
  crowd.enter(connection);
  connection->await_request();
}

}  // namespace loom::http
