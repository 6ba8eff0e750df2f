#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <variant>

#include "base/message.h"

namespace loom::source {

/// The partition has no more messages now; `position` is the offset after its last one (control records included).
struct EndOfPartition {
  std::int64_t position = 0;
};
/// The wanted offset is not in the log any more, or not yet.
struct OffsetOutOfRange {
  std::string message;
  /// Where the broker says that the log parted from the one that was read; not every version of the client does.
  std::optional<std::int64_t> parted_at = std::nullopt;
};
/// What comes next may be of another log than what came before: another leader, a new connection, an error of a fetch.
/// What was fetched is thrown away; the position has to be set and proven anew.
struct LogInDoubt {
  std::string why;
};
/// What taking from a partition gave; monostate: nothing is waiting.
using Taken = std::variant<std::monostate, Message, EndOfPartition, OffsetOutOfRange, LogInDoubt>;

/// The first offset in the log and the one after the last.
struct Watermarks {
  std::int64_t low = 0;
  std::int64_t high = 0;
};

/// One assigned partition's queue of prefetched messages. The product's is source::PartitionQueue; a simulation has its
/// own.
/// Threads: take() and seek() by the worker that owns the partition now; on_ready by anyone before that.
/// Blocks:  take() never; seek(), watermarks() and compacted() up to 5 s (they may ask the broker).
class PartitionSource {
 public:
  virtual ~PartitionSource() = default;

  [[nodiscard]] virtual const std::string& topic() const = 0;
  [[nodiscard]] virtual std::int32_t partition() const = 0;

  virtual Taken take() = 0;

  /// Whether take() would say that the log is in doubt although nothing is waiting, so that nothing calls for it: the
  /// way to its broker is another one. Cheap.
  [[nodiscard]] virtual bool in_doubt() const { return false; }

  /// Throws away what was prefetched and goes on at `offset`. `leader_epoch`: of the leader that the record there once
  /// came from; -1: not known. False when the client refused: try again later.
  virtual bool seek(std::int64_t offset, std::int32_t leader_epoch) = 0;
  /// Of the leader that what was taken since then came from; -1: not known.
  [[nodiscard]] virtual std::int32_t leader_epoch() const { return -1; }

  /// Whether what comes first after a seek or an assignment may lie behind messages that were left out. Then a gap
  /// there is to be fetched a second time.
  [[nodiscard]] virtual bool may_skip_after_seek() const { return true; }

  /// Asks the broker; nothing when it does not answer.
  virtual std::optional<Watermarks> watermarks() = 0;

  /// Whether records may vanish from the middle of the log, as compaction has it. Asks the broker; true when it does
  /// not answer.
  [[nodiscard]] virtual bool compacted() = 0;

  /// Messages in the log after `next`, by what the client last heard: no request. 0 when nothing is known yet.
  [[nodiscard]] virtual std::int64_t backlog(std::int64_t next) const = 0;

  /// `ready` is called, on a thread of the client's, when the queue goes from empty to not empty: it must be quick and
  /// must not call back. An empty function: nobody listens.
  virtual void on_ready(std::function<void()> ready) = 0;
};

}  // namespace loom::source
