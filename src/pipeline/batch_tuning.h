#pragma once

#include <algorithm>
#include <cstddef>
#include <optional>

#include "batch/batch.h"
#include "batch/outcome.h"

namespace loom::pipeline {

/// How a topic's next batches are written, by what became of the last ones: smaller while they run out of time,
/// by a dearer way while their rows meet others.
/// Threads: its lane's worker only.
class BatchTuning {
 public:
  /// `limit`: what the settings allow.
  [[nodiscard]] std::size_t rows_max(std::size_t limit) const {
    return rows_max_ ? std::min(limit, *rows_max_) : limit;
  }
  [[nodiscard]] batch::Way way() const { return way_; }

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
  /// A batch was stored. `limit`: as for rows_max().
  void note_stored(batch::Repeats repeats, std::size_t limit) {
    too_large_ = 0;
    if (rows_max_ && ++stored_ >= patience_) {
      *rows_max_ *= 2;
      stored_ = 0;
      grown_ = true;
      if (*rows_max_ >= limit) rows_max_.reset();
    }
    note_repeats(repeats);
  }

 private:
  void note_repeats(batch::Repeats repeats) {
    using batch::Repeats;
    using batch::Way;
    if (repeats == Repeats::few || repeats == Repeats::many || repeats == Repeats::untold) {
      way_ = repeats == Repeats::few ? Way::ask : Way::merge;
      left_ = streak_;
      streak_ = std::min(streak_ * 2, kStreakMost);
    } else if (way_ == Way::copy) {
      streak_ = kStreakFirst;
    } else if (--left_ <= 0) {
      // Nobody counted what met others in a merge: one batch that asks will tell.
      way_ = repeats == Repeats::unknown ? Way::ask : Way::copy;
      left_ = 1;
    }
  }

  static constexpr int kPerhapsMost = 3;
  static constexpr int kPatienceMost = 64;
  static constexpr std::size_t kCompany = 8;
  static constexpr int kStreakFirst = 8;
  static constexpr int kStreakMost = 256;

  std::optional<std::size_t> rows_max_;  // while batches are kept small
  int stored_ = 0;                       // of this size
  int patience_ = 1;                     // how many of this size are stored before a larger one is tried
  bool grown_ = false;                   // this size is the double of one that was stored
  int too_large_ = 0;                    // failures of the batch in hand for its size, in a row
  bool surely_ = false;                  // the last of them left no doubt
  batch::Way way_ = batch::Way::copy;
  int left_ = 0;               // batches that still go that way, where it is not `copy`
  int streak_ = kStreakFirst;  // how many the next repeats send there
};

}  // namespace loom::pipeline
