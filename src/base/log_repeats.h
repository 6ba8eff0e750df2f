#pragma once

#include <cstddef>
#include <cstdint>
#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "base/clock.h"
#include "base/log_event.h"

namespace loom::log {

/// Which warnings and errors are written, and which are only counted.
///   first of its kind and topic -> a line; more within 10 s -> counted; 10 s later -> the last of them as a line, with
///   "(and 4,213 more in the last 10 s)"; 10 s without any -> forgotten, so that the next one is a first one again
/// One kind has at most kLines lines in 10 s over all topics; beyond that its events are counted together.
/// Every event is in a line of its own or in exactly one count, whatever is dropped to bound the memory.
/// Threads: one at a time.
/// Bounds:  kKinds kinds and kKeys topics of them, each with one message of kKeptMessageMax.
class Repeats {
 public:
  static constexpr Duration kWindow = std::chrono::seconds(10);
  static constexpr std::size_t kLines = 20;
  static constexpr std::size_t kKinds = 256;
  static constexpr std::size_t kKeys = 1024;

  /// Takes an event and appends what is to be written now: nothing, or some lines.
  void take(TimePoint now, std::string_view kind, Event event, std::vector<Event>& lines);

  /// Appends a line for each count whose time is up, or (`all`) for each.
  void tell(TimePoint now, bool all, std::vector<Event>& lines);

  /// Keys that are remembered.
  [[nodiscard]] std::size_t size() const { return keys_; }

 private:
  struct Held {
    TimePoint since;
    std::uint64_t count = 0;
    Event last{};  // when count is not 0
  };
  struct Kind {
    std::size_t lines = 0;  // in this window
    Held rest;              // of all topics, beyond kLines
    std::map<std::string, Held, std::less<>> topics;
  };

  Kind& kind_of(TimePoint now, std::string_view kind, std::vector<Event>& lines);
  static void renew(TimePoint now, Kind& kind, std::vector<Event>& lines);
  void tell_topics(TimePoint now, bool all, Kind& kind, std::vector<Event>& lines);

  std::map<std::string, Kind, std::less<>> kinds_;
  std::size_t keys_ = 0;  // topics of all kinds
};

/// 4213 -> `4,213`.
std::string with_thousands(std::uint64_t number);

}  // namespace loom::log
