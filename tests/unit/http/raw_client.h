#pragma once

#include <arpa/inet.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <string>
#include <thread>

namespace loom::http {

/// A client's socket that does what a browser would not.
class RawClient {
 public:
  explicit RawClient(std::uint16_t port) : socket_(::socket(AF_INET, SOCK_STREAM, 0)) {
    sockaddr_in to{};
    to.sin_family = AF_INET;
    to.sin_port = htons(port);
    to.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    connected_ = ::connect(socket_, reinterpret_cast<const sockaddr*>(&to), sizeof to) == 0;  // NOLINT
  }
  ~RawClient() { ::close(socket_); }
  RawClient(const RawClient&) = delete;
  RawClient& operator=(const RawClient&) = delete;

  [[nodiscard]] bool connected() const { return connected_; }
  /// False: the server has closed the connection.
  [[nodiscard]] bool say(const std::string& text) const {
    return ::send(socket_, text.data(), text.size(), MSG_NOSIGNAL) == static_cast<ssize_t>(text.size());
  }
  /// All that comes until `enough` is there or the server closes, for at most so long.
  [[nodiscard]] std::string hear(std::chrono::milliseconds within, const std::string& enough = "\n\n\n") {
    const auto until = std::chrono::steady_clock::now() + within;
    std::string heard;
    std::array<char, 65536> buffer{};
    for (std::size_t looked_at = 0; !closed_ && heard.find(enough, looked_at) == std::string::npos;) {
      looked_at = heard.size() - std::min(heard.size(), enough.size());
      using std::chrono::microseconds;
      const auto left = std::chrono::duration_cast<microseconds>(until - std::chrono::steady_clock::now()).count();
      if (left <= 0) break;
      const timeval patience{left / 1'000'000, left % 1'000'000};
      setsockopt(socket_, SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof patience);
      const ssize_t got = ::recv(socket_, buffer.data(), buffer.size(), 0);
      closed_ = got == 0 || (got < 0 && errno == ECONNRESET);
      if (got > 0) heard.append(buffer.data(), static_cast<std::size_t>(got));
    }
    return heard;
  }
  /// What has come, a kilobyte of it at most, after 1 ms: as a slow reader takes it.
  [[nodiscard]] std::string sip() {
    std::this_thread::sleep_for(std::chrono::milliseconds(1));
    std::array<char, 1000> buffer{};
    const ssize_t got = ::recv(socket_, buffer.data(), buffer.size(), MSG_DONTWAIT);
    closed_ = got == 0 || (got < 0 && errno == ECONNRESET);
    return {buffer.data(), static_cast<std::size_t>(std::max<ssize_t>(got, 0))};
  }
  /// Whether the server has closed, as far as hear() and sip() have come.
  [[nodiscard]] bool closed() const { return closed_; }
  /// Whether the server closes within that time, whatever it says before.
  [[nodiscard]] bool is_cut_off(std::chrono::milliseconds within) {
    (void)hear(within);
    return closed_;
  }

 private:
  int socket_;
  bool connected_ = false;
  bool closed_ = false;
};

}  // namespace loom::http
