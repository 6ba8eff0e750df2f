#include "http/socket_stream.h"

#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstring>

namespace loom::http {
namespace {

using std::chrono::milliseconds;

constexpr milliseconds kIdleMost{5000};      // between two requests of a connection
constexpr milliseconds kRequestMost{5000};   // from a request's first byte to its last
constexpr milliseconds kAnswerMost{10'000};  // for the client to take all of the answer
constexpr milliseconds kRestMost{500};       // for what still comes of a request that has been answered
constexpr milliseconds kCrowded{100};  // for each, and for a client to take anything, while others wait for a thread
constexpr milliseconds kCrowdedAnswer{1000};
constexpr milliseconds kLook{50};  // how soon a stop or other clients are noticed
constexpr std::size_t kRequestBytesMost = std::size_t{64} * 1024;

std::chrono::steady_clock::time_point now() { return std::chrono::steady_clock::now(); }

}  // namespace

SocketStream::SocketStream(socket_t socket, const Pressure& pressure)
    : socket_(socket), pressure_(pressure), request_began_(now()) {
  const int yes = 1;
  setsockopt(socket_, IPPROTO_TCP, TCP_NODELAY, &yes, sizeof yes);
}

SocketStream::~SocketStream() {
  if (rest_unread_) throw_rest_away();
  ::close(socket_);
}

// Closing a socket with bytes unread resets the connection, and the client may lose an answer that is on its way.
void SocketStream::throw_rest_away() {
  ::shutdown(socket_, SHUT_WR);
  const Time since = now();
  while (wait(POLLIN, since + kRestMost, since + kCrowded)) {
    if (::recv(socket_, buffer_.data(), buffer_.size(), MSG_DONTWAIT) <= 0) return;
  }
}

bool SocketStream::wait(short events, Time deadline, Time deadline_when_crowded) const {
  while (!pressure_.stopping.load()) {
    const Time until = pressure_.waiting.load() > 0 ? std::min(deadline, deadline_when_crowded) : deadline;
    const auto left = std::chrono::ceil<milliseconds>(until - now());
    pollfd watched{socket_, events, 0};
    const int ready = ::poll(&watched, 1, static_cast<int>(std::clamp(left, milliseconds(0), kLook).count()));
    if (ready > 0) return true;
    if (ready < 0 && errno != EINTR) return false;
    if (left.count() <= 0) return false;
  }
  return false;
}

bool SocketStream::await_request() {
  const Time since = now();
  if (!is_readable() && !wait(POLLIN, since + kIdleMost, since + kCrowded)) return false;
  request_began_ = now();
  request_bytes_ = 0;
  answering_ = false;
  return true;
}

bool SocketStream::fill() {
  while (wait(POLLIN, request_began_ + kRequestMost, request_began_ + kCrowded)) {
    const ssize_t got = ::recv(socket_, buffer_.data(), buffer_.size(), MSG_DONTWAIT);
    if (got < 0 && (errno == EAGAIN || errno == EINTR)) continue;
    if (got <= 0) return false;
    read_at_ = 0;
    read_end_ = static_cast<std::size_t>(got);
    return true;
  }
  return false;
}

ssize_t SocketStream::read(char* to, std::size_t size) {
  if (request_bytes_ >= kRequestBytesMost) return -1;
  if (!is_readable() && !fill()) return -1;
  const std::size_t taken = std::min(size, read_end_ - read_at_);
  std::memcpy(to, buffer_.data() + read_at_, taken);
  read_at_ += taken;
  request_bytes_ += taken;
  return static_cast<ssize_t>(taken);
}

ssize_t SocketStream::write(const char* from, std::size_t size) {
  if (!answering_) {
    answering_ = true;
    answer_began_ = now();
  }
  std::size_t sent = 0;
  Time moved = now();
  while (sent < size) {
    const ssize_t taken = ::send(socket_, from + sent, size - sent, MSG_DONTWAIT | MSG_NOSIGNAL);
    if (taken > 0) {
      sent += static_cast<std::size_t>(taken);
      moved = now();
      continue;
    }
    if (taken < 0 && errno == EINTR) continue;
    if (taken < 0 && errno != EAGAIN) return -1;
    const Time crowded = std::min(moved + kCrowded, answer_began_ + kCrowdedAnswer);
    if (!wait(POLLOUT, answer_began_ + kAnswerMost, crowded)) return -1;
  }
  return static_cast<ssize_t>(sent);
}

// Nobody here asks who the client is.
void SocketStream::get_remote_ip_and_port(std::string& ip, int& port) const {
  ip.clear();
  port = 0;
}

void SocketStream::get_local_ip_and_port(std::string& ip, int& port) const { get_remote_ip_and_port(ip, port); }

}  // namespace loom::http
