#pragma once

#include <algorithm>
#include <cstddef>
#include <optional>

#include "batch/outcome.h"

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

  /// The batch in hand was not stored, because it is too large or for another reason.
  void note_failure(batch::TooLarge too_large) {
    too_large_ = too_large == batch::TooLarge::no ? 0 : too_large_ + 1;
    surely_ = too_large == batch::TooLarge::surely;
  }
  /// It failed so, or so often, that less of it has to be tried.
  [[nodiscard]] bool wants_less() const { return surely_ || too_large_ > (rows_max_ ? 0 : kPerhapsMost); }
  void shrink_to(std::size_t rows) {
    // What was too large once will be so again: each time it takes longer until more is tried.
    patience_ = rows_max_ && grown_ ? std::min(patience_ * 2, kPatienceMost) : 1;
    rows_max_ = rows;
    stored_ = 0;
    too_large_ = 0;
    surely_ = grown_ = false;
  }
  /// A message that failed alone goes again with others, also where batches are kept smaller than that.
  void make_room_for_company() {
    if (rows_max_) rows_max_ = std::max(*rows_max_, kCompany);
  }
  /// A batch was stored. `conflicted`: rows of it met rows with their keys; `limit`: as for rows_max().
  void note_stored(bool conflicted, std::size_t limit) {
    too_large_ = 0;
    if (rows_max_ && ++stored_ >= patience_) {
      *rows_max_ *= 2;
      stored_ = 0;
      grown_ = true;
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
  static constexpr int kPerhapsMost = 3;
  static constexpr int kPatienceMost = 64;
  static constexpr std::size_t kCompany = 8;
  static constexpr int kMergeStreakFirst = 8;
  static constexpr int kMergeStreakMost = 256;

  std::optional<std::size_t> rows_max_;   // while batches are kept small
  int stored_ = 0;                        // of this size
  int patience_ = 1;                      // how many of this size are stored before a larger one is tried
  bool grown_ = false;                    // this size is the double of one that was stored
  int too_large_ = 0;                     // failures of the batch in hand for its size, in a row
  bool surely_ = false;                   // the last of them left no doubt
  int merge_left_ = 0;                    // batches that still go straight to the merge
  int merge_streak_ = kMergeStreakFirst;  // how many the next conflict sends there
};

}  // namespace loom::pipeline
