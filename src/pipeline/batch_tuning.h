#pragma once

#include <algorithm>
#include <cstddef>
#include <optional>

namespace loom::pipeline {

/// How a topic's next batches are written, by what became of the last ones: smaller while they run out of time,
/// straight through the merge while they conflict.
/// Threads: its lane's worker only.
class BatchTuning {
 public:
  /// `limit`: what the settings allow.
  [[nodiscard]] std::size_t rows_max(std::size_t limit) const {
    return rows_max_ ? std::min(limit, *rows_max_) : limit;
  }
  [[nodiscard]] bool prefers_merge() const { return merge_left_ > 0; }

  /// The batch in hand was not stored, because it ran out of time or for another reason.
  void note_failure(bool timed_out) { timeouts_ = timed_out ? timeouts_ + 1 : 0; }
  /// It ran out of time so often that less of it has to be tried.
  [[nodiscard]] bool wants_less() const { return timeouts_ > (rows_max_ ? 0 : kTimeoutsMost); }
  void shrink_to(std::size_t rows) {
    rows_max_ = rows;
    timeouts_ = 0;
  }
  /// A batch was stored. `conflicted`: rows of it met rows with their keys; `limit`: as for rows_max().
  void note_stored(bool conflicted, std::size_t limit) {
    timeouts_ = 0;
    if (rows_max_) {
      *rows_max_ *= 2;
      if (*rows_max_ >= limit) rows_max_.reset();
    }
    if (conflicted) {
      merge_left_ = merge_streak_;
      merge_streak_ = std::min(merge_streak_ * 2, kMergeStreakMost);
    } else if (merge_left_ > 0) {
      --merge_left_;
    } else {
      merge_streak_ = kMergeStreakFirst;
    }
  }

 private:
  static constexpr int kTimeoutsMost = 3;
  static constexpr int kMergeStreakFirst = 8;
  static constexpr int kMergeStreakMost = 256;

  std::optional<std::size_t> rows_max_;   // while batches are kept small
  int timeouts_ = 0;                      // of the batch in hand, in a row
  int merge_left_ = 0;                    // batches that still go straight to the merge
  int merge_streak_ = kMergeStreakFirst;  // how many the next conflict sends there
};

}  // namespace loom::pipeline
