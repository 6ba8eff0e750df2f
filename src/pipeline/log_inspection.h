#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <vector>

#include "base/message.h"
#include "base/record_marks.h"
#include "source/partition_source.h"

namespace loom::pipeline {

/// Finds out up to where a log is still the one that is remembered: its marks are looked up from the newest on, until
/// one is there that fits.
///
///   wanted() -> the source is set there -> saw() or saw_end() -> ... -> wanted() is nothing: finding()
///
/// A record is believed to be gone only when it is missed twice: see source::LibraryNeeds.
/// Threads: its reader's worker only.  Pure: no Kafka, no clock.
class LogInspection {
 public:
  enum class Found : std::uint8_t {
    intact,       ///< no record is another one, as far as the log still has those that are remembered
    parted,       ///< up to `at` the log is the same, and from there on another one
    undecided,    ///< it is another one from an offset on that lies after `same_to` and not after `other_from`
    all_replaced  ///< none of what is remembered is there
  };
  struct Finding {
    Found found = Found::intact;
    std::int64_t at = 0;          ///< of parted; of all_replaced the log's first offset
    std::int64_t same_to = -1;    ///< the last record that is known to be the same
    std::int64_t other_from = 0;  ///< the first one that is known to be another one, or not to be there
  };

  /// `next`: the offset after the last one that was read; `log`: what there is now.
  LogInspection(const RecordMarks& remembered, std::int64_t next, const source::Watermarks& log);

  /// The offset of the record to look at; nothing when all is known.
  [[nodiscard]] std::optional<std::int64_t> wanted() const;
  /// What stands at the wanted offset, or first after it.
  void saw(const Message& message);
  /// Nothing stands there or after it.
  void saw_end();

  /// A record was missed twice: in a compacted topic it is gone, in others another one was there or is there now.
  [[nodiscard]] bool asks_whether_compacted() const { return misses_ > 1; }
  void answer(bool compacted);

  [[nodiscard]] Finding finding() const;
  /// Records that the log has left out, although it has older and newer ones.
  [[nodiscard]] const std::vector<RecordMark>& gone() const { return gone_; }

 private:
  struct Candidate {
    RecordMark mark;
    bool follows_at_once = false;  ///< the candidate before it in the list (the next younger) came right after it
  };
  void skip_what_needs_no_look();
  void differs();

  std::int64_t next_;
  source::Watermarks log_;
  std::vector<Candidate> candidates_;  // from the newest on
  std::size_t at_ = 0;
  int misses_ = 0;                    // of the wanted record
  std::optional<std::size_t> same_;   // the candidate that fits
  std::optional<std::size_t> other_;  // the oldest that does not
  bool first_known_ = false;          // the oldest candidate is the first record that was ever read
  std::vector<RecordMark> gone_;
};

}  // namespace loom::pipeline
