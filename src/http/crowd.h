#pragma once

#include <chrono>
#include <cstddef>
#include <list>
#include <memory>
#include <optional>

#include "base/clock.h"
#include "http/limits.h"

namespace loom::http {

/// The connections of a server, in the order in which they began to wait for what they wait for. When there are too
/// many of them, or too many bytes that no client takes, the newest gets in, and who has waited longest for its client
/// has to go; where all wait for answers of ours, who has waited longest for that.
/// Threads: one, the one that serves the connections.
/// Owns:    the connections, until they leave or have to go.
class Crowd {
 public:
  class Member {
   public:
    virtual ~Member() = default;

   private:
    friend class Crowd;
    /// It has left the crowd: close the socket.
    virtual void cut_off() = 0;

    std::optional<std::list<std::shared_ptr<Member>>::iterator> place_;
    std::optional<TimePoint> client_until_;  // nothing: it waits for us
    std::size_t untaken_bytes_ = 0;
  };

  explicit Crowd(const Limits& limits) : limits_(limits) {}

  void enter(std::shared_ptr<Member> one);
  /// The client has to send something, or to take the answer of so many bytes, for at most so long.
  void await_client(Member& one, std::chrono::milliseconds most, std::size_t untaken_bytes = 0);
  /// The client has asked, and we have to answer.
  void await_answer(Member& one);
  void leave(Member& one);
  [[nodiscard]] bool has(const Member& one) const { return one.place_.has_value(); }

  /// Who has waited longest goes.
  void make_room();
  /// Those go whose clients have had their time.
  void part_with_late(TimePoint now);
  void part_with_those_that_wait_for_clients();
  void part_with_all();

 private:
  void begin_to_wait(Member& one, std::optional<TimePoint> client_until, std::size_t untaken_bytes);
  template <typename Which>
  void part_with(Which which);

  const Limits& limits_;
  std::list<std::shared_ptr<Member>> members_;
  std::size_t untaken_bytes_ = 0;
};

}  // namespace loom::http
