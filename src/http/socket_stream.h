#pragma once

#include <httplib.h>

#include <array>
#include <chrono>
#include <cstddef>
#include <string>

#include "http/attendants.h"

// For server.cpp alone: cpp-httplib goes no further into this folder.
namespace loom::http {

/// A client's connection with deadlines for a whole request and a whole answer, where cpp-httplib's own timeouts begin
/// again with each byte, and a limit to a request's size.
/// Threads: one.  Owns: the socket, closed at the end.
/// Blocks:  up to the limits below; less when the server stops or other clients wait.
class SocketStream final : public httplib::Stream {
 public:
  SocketStream(socket_t socket, const Pressure& pressure);
  ~SocketStream() override;
  SocketStream(const SocketStream&) = delete;
  SocketStream& operator=(const SocketStream&) = delete;

  /// Waits for the first byte of the next request. False: none is coming.
  bool await_request();
  /// The rest of the request is not wanted: what still comes is thrown away at the end, so that the answer arrives.
  void leave_rest_unread() { rest_unread_ = true; }

  [[nodiscard]] bool is_readable() const override { return read_at_ < read_end_; }
  [[nodiscard]] bool is_writable() const override { return true; }
  ssize_t read(char* to, std::size_t size) override;
  ssize_t write(const char* from, std::size_t size) override;
  void get_remote_ip_and_port(std::string& ip, int& port) const override;
  void get_local_ip_and_port(std::string& ip, int& port) const override;
  [[nodiscard]] socket_t socket() const override { return socket_; }

 private:
  using Time = std::chrono::steady_clock::time_point;
  bool wait(short events, Time deadline, Time deadline_when_crowded) const;
  bool fill();
  void throw_rest_away();

  const socket_t socket_;
  const Pressure& pressure_;
  std::array<char, 4096> buffer_{};
  std::size_t read_at_ = 0;
  std::size_t read_end_ = 0;
  std::size_t request_bytes_ = 0;
  Time request_began_;
  Time answer_began_;
  bool answering_ = false;
  bool rest_unread_ = false;
};

}  // namespace loom::http
