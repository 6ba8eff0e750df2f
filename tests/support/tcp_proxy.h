#pragma once

#include <chrono>
#include <cstdint>
#include <memory>
#include <string>
#include <vector>

namespace loom::testing {

/// How a commit is left in doubt: the client's connection is reset when its CopyDone has come, and ...
enum class Doubt {
  stored,  ///< the CopyDone was passed on first: the server commits
  lost,    ///< it never reaches the server, whose connection is reset too: nothing is committed
  late     ///< it is passed on some time after: the server commits when the client may have begun again
};

/// A wire between clients and a server that can be made bad while it is in use. What it did is counted, so that a
/// test can prove that its fault happened.
/// Threads: any.  Owns: a port of 127.0.0.1 and one thread, until the destructor, which resets what is still open.
/// Blocks:  no call waits for the network.  Fails: std::runtime_error, when there is no port.
class TcpProxy {
 public:
  TcpProxy();
  ~TcpProxy();
  TcpProxy(const TcpProxy&) = delete;
  TcpProxy& operator=(const TcpProxy&) = delete;

  [[nodiscard]] int port() const;
  [[nodiscard]] std::string address() const { return "127.0.0.1:" + std::to_string(port()); }

  /// HOST:PORT, HOST being an address in numbers: where connections that come from now on lead to.
  void forward_to(const std::string& target);

  /// As a good wire. Ends what the three below began.
  void pass();
  /// Everything arrives so much later, in both directions.
  void delay(std::chrono::microseconds time);
  /// Nothing moves, and nothing is closed either; new connections come about and nobody answers.
  void stall();
  /// Of all that passes, each piece (as much as one read gives, 64 KiB at most) resets its connection with this
  /// probability.
  void reset_share(double share, unsigned seed);

  /// From now on these bytes become those, which are as many, wherever they pass in one piece, in both directions.
  struct Rewrite {
    std::string from;
    std::string to;
  };
  void rewrite(std::vector<Rewrite> rewrites);

  /// Resets all open connections, once.
  void cut();

  /// PostgreSQL only: leaves the next commit of a batch in doubt, once.
  void doubt_next_commit(Doubt how, std::chrono::milliseconds late = std::chrono::milliseconds(0));

  struct Counts {
    int accepted = 0;
    int open = 0;
    int delayed = 0;             ///< pieces that delay() held back
    int resets = 0;              ///< connections reset by reset_share()
    int cuts = 0;                ///< connections reset by cut()
    int doubts = 0;              ///< commits left in doubt
    int doubts_committed = 0;    ///< of those: the server then said that it had committed
    int doubts_undone = 0;       ///< the server never got the end of it, or said that it failed
    int doubts_unknown = 0;      ///< the server went away without a word
    int rewritten = 0;           ///< places that rewrite() changed
    std::int64_t to_server = 0;  ///< bytes
    std::int64_t to_client = 0;
  };
  [[nodiscard]] Counts counts() const;

 private:
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace loom::testing
