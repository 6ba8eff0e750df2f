#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <vector>

namespace loom::dead_letters {

/// Which dead letters a command is about: those that fit all that is set.
struct DeadLetterFilter {
  std::optional<std::string> group;  ///< nothing: of every consumer group
  std::optional<std::string> topic;
  std::optional<std::string> reason;
  std::optional<std::string> trace_id;
  std::optional<std::int64_t> since_us;  ///< became dead letters at or after this instant; microseconds since 1970
  std::optional<std::int64_t> until_us;  ///< and before this one
  std::vector<std::int64_t> ids;         ///< empty: any
  std::optional<std::uint64_t> limit;

  /// Those that were repaired, instead of those that wait; times are then when they were repaired.
  bool repaired = false;

  /// Whether anything beside the group is set.
  [[nodiscard]] bool narrows() const {
    return topic || reason || trace_id || since_us || until_us || !ids.empty() || limit;
  }
};

struct DeadLetterCount {
  std::string topic;
  std::string reason;
  std::uint64_t count = 0;
  std::int64_t oldest_us = 0;
  std::int64_t newest_us = 0;
};

struct DeadLetterHeader {
  std::string name;
  std::optional<std::string> value;
};

/// A row of kafka_dead_letters, or of kafka_repaired_dead_letters. In a list, key, value and headers are left out.
struct DeadLetter {
  std::int64_t id = 0;
  std::string group;
  std::string topic;
  std::int32_t partition = 0;
  std::int64_t offset = 0;
  std::int64_t timestamp_ms = -1;  ///< the message's own; -1: not known
  std::optional<std::string> key;
  std::optional<std::string> value;
  std::vector<DeadLetterHeader> headers;
  std::string reason;
  std::string sqlstate;
  std::string message;
  std::string trace_id;  ///< empty: the message carried none
  std::int64_t created_us = 0;
  std::optional<std::int64_t> repaired_us{};     ///< it waits no more: a replay made rows of it then
  std::optional<std::string> corrected_value{};  ///< of this value; nothing: as it was sent, and then that is not kept
};

/// kafka_dead_letters and kafka_repaired_dead_letters as the commands see them.
/// Threads: one at a time.  Owns: a connection.
/// Blocks:  for the length of its statements.  Fails: std::runtime_error without passwords.
class DeadLetterStore {
 public:
  explicit DeadLetterStore(const std::string& url);
  ~DeadLetterStore();

  /// By topic and reason, the most frequent first. `limit` does not count.
  std::vector<DeadLetterCount> counts(const DeadLetterFilter& filter);
  /// The newest first.
  std::vector<DeadLetter> list(const DeadLetterFilter& filter);
  /// How many there are, `limit` counted.
  std::uint64_t count(const DeadLetterFilter& filter);
  /// One that waits, or else one that was repaired.
  std::optional<DeadLetter> find(std::int64_t id);
  /// In order.
  std::vector<std::int64_t> ids(const DeadLetterFilter& filter);
  /// Deletes, the oldest first where `limit` does not let it be all. Returns how many.
  std::uint64_t purge(const DeadLetterFilter& filter);

  struct Size {
    std::int64_t id = 0;
    std::size_t bytes = 0;
  };
  /// The next `most` of a topic's, in order of id: from behind `after` up to `last`.
  std::vector<Size> page(const DeadLetterFilter& filter, const std::string& topic, std::int64_t after,
                         std::int64_t last, std::size_t most);
  /// Those of these that are still there, whole, in order of id. Those locked by somebody else are left out, or
  /// (`wait`) waited for.
  std::vector<DeadLetter> read(const std::vector<std::int64_t>& ids, bool wait);
  /// The highest id; 0 without any.
  std::int64_t last_id();

 private:
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace loom::dead_letters
