#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "base/clock.h"
#include "base/message.h"
#include "base/record_marks.h"
#include "base/reject.h"
#include "encode/row_set.h"
#include "mapping/plan.h"

namespace loom::batch {

/// The offsets that a batch covers in one partition: the database's position moves from `from` to `to` together with
/// the batch's rows, and only if it still stands at `from` under `epoch`.
struct OffsetRange {
  std::int32_t partition = 0;
  std::int64_t epoch = 0;
  std::int64_t from = 0;                ///< the stored next_offset that this batch believes in
  std::int64_t to = 0;                  ///< next_offset after it
  std::int64_t last_timestamp_ms = -1;  ///< of the last record before `to`; -1 unknown
  RecordMarks marks{};                  ///< of the log up to `to`
  bool read_again = false;              ///< the table may have dead letters of these offsets from an earlier reading
};

/// Whether the dead-letter topic has a message.
enum class InTopic : std::uint8_t {
  no,       ///< not yet, or there is no such topic
  yes,      ///< acknowledged by the brokers
  refused,  ///< they will never take it (too large): the table has to
};

/// A message of the batch that becomes a dead letter.
struct RejectedMessage {
  std::uint32_t message = 0;  ///< index into Batch::messages
  Reject reject;
  InTopic in_topic = InTopic::no;  ///< kept from one attempt to the next
};

/// How a batch is written, cheapest first. Where one fails because rows are there already, the next one is taken.
enum class Way : std::uint8_t {
  copy,   ///< straight into the table; rows that may meet others through the merge
  ask,    ///< the same, once the database was asked which rows those are
  merge,  ///< all of it through the merge
};

/// One topic's rows on their way to the table: filled by one worker, written by one writer.
/// Threads: the worker fills it, then hands it over whole; never both at once.
/// Owns:    the encoded rows and the Kafka messages behind them (a dead letter needs their bytes), until it dies.
struct Batch {
  std::string topic;
  std::shared_ptr<const mapping::TopicPlan> plan;
  std::vector<Message> messages;
  encode::RowSets rows;
  std::vector<RejectedMessage> rejected;  ///< in order of message; may also be appended to by the writer
  /// What `rejected` is if an attempt is stored whose commit is in doubt: the database found bad rows in it. Empty
  /// where it would be the same.
  std::vector<RejectedMessage> rejected_if_stored;
  /// Dead letters that wait, of messages that are read again: message and id. Found by the writer.
  std::vector<std::pair<std::uint32_t, std::int64_t>> waiting;
  std::vector<OffsetRange> ranges;     ///< one per partition, in partition order; none in a replay
  std::vector<std::int64_t> replayed;  ///< per message the dead letter that it is; only in a replay of dead letters
  bool corrected = false;              ///< a replay whose messages have other values than their dead letters
  std::size_t message_bytes = 0;       ///< of the messages' keys and values
  TimePoint first_row_at{};            ///< when its first message came: it is due a batch timeout later
  Duration decoding{};                 ///< a worker's time for its messages so far
  bool awaits_schemas = false;         ///< messages have no rows, since their schemas are not known yet: it must not go
  Way way = Way::copy;                 ///< how it is written first, by what became of the topic's last ones
  bool alone_is_no_proof = false;      ///< what came before it was refused by the database, all of it
  bool plan_is_fresh = false;  ///< the catalog was read lately and the plan fits it: what the database refuses is no
                               ///< change of the table

  [[nodiscard]] bool empty() const { return ranges.empty(); }
  /// About the memory that it holds, bytes.
  [[nodiscard]] std::size_t footprint() const {
    constexpr std::size_t kPerMessage = 300;  // librdkafka's own of each, and ours
    return rows.bytes() + message_bytes + messages.size() * kPerMessage;
  }
};

}  // namespace loom::batch
