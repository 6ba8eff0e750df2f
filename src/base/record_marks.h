#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

namespace loom {

class Message;

/// A record as it was read: enough to tell whether the log still has it.
struct RecordMark {
  static constexpr std::int64_t kUnknown = -1;

  std::int64_t offset = kUnknown;
  std::int64_t timestamp_ms = kUnknown;  ///< -1 where the record carries none
  std::int64_t checksum = kUnknown;      ///< CRC-32 of key and value, as their lengths and bytes; -1: not known

  static RecordMark of(const Message& message);
  [[nodiscard]] bool known() const { return offset >= 0; }
  /// Whether this message is the record; one of another offset is not.
  [[nodiscard]] bool fits(const Message& message) const;
  bool operator==(const RecordMark&) const = default;
};

/// What is remembered of one partition's log: the newest record that was read, and seams, which are places where one
/// batch ended and the next began. With them a log that has changed is found to be the same up to a certain record.
/// Seams stand ever farther apart towards the past; the log's first record, where it is known, stays.
/// Threads: one at a time.  Owns: some hundred bytes.  Pure.
class RecordMarks {
 public:
  struct Seam {
    /// The record right before the seam. Not known: nothing was read before. The same as `after`: it is another one
    /// that nobody remembers.
    RecordMark before;
    RecordMark after;
    bool operator==(const Seam&) const = default;
  };

  RecordMarks() = default;
  /// Only the last record is known.
  explicit RecordMarks(const RecordMark& newest) : newest_(newest) {}

  /// A batch of records was read. It follows the newest one at once, unless that was said not to be the last.
  /// `leader_epoch`: of the leader that they came from; -1: not known.
  void add(const RecordMark& first, const RecordMark& last, std::int32_t leader_epoch = -1);
  /// After the newest record others were read that nobody remembers.
  void newest_is_not_the_last() { newest_is_last_ = false; }
  /// The records from `offset` on are forgotten.
  void forget_from(std::int64_t offset);
  /// So is this one record: the log does not have it any more, as compaction has it.
  void forget(const RecordMark& mark);

  [[nodiscard]] const RecordMark& newest() const { return newest_; }
  [[nodiscard]] bool newest_is_last() const { return newest_is_last_; }
  /// This record is the last one now.
  void set_newest(const RecordMark& mark) {
    newest_ = mark;
    leader_epoch_ = -1;
    newest_is_last_ = true;
  }
  /// Of the leader that the newest came from; -1: not known.
  [[nodiscard]] std::int32_t leader_epoch() const { return leader_epoch_; }
  /// In order of offset.
  [[nodiscard]] const std::vector<Seam>& seams() const { return seams_; }

  /// As the database keeps them: the leader's epoch, then three numbers for each record, the newest first, then each
  /// seam's.
  [[nodiscard]] std::vector<std::int64_t> numbers() const;
  /// Nothing is remembered where these are not such numbers.
  static RecordMarks from(std::span<const std::int64_t> numbers);

  bool operator==(const RecordMarks&) const = default;

 private:
  void thin_out();
  [[nodiscard]] RecordMark last_before(std::int64_t offset) const;

  RecordMark newest_;
  std::int32_t leader_epoch_ = -1;
  bool newest_is_last_ = true;
  std::vector<Seam> seams_;
};

}  // namespace loom
