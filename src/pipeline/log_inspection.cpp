#include "pipeline/log_inspection.h"

namespace loom::pipeline {

LogInspection::LogInspection(const RecordMarks& remembered, std::int64_t next, const source::Watermarks& log)
    : next_(next), log_(log) {
  const auto add = [this](const RecordMark& mark, bool follows_at_once) {
    if (!mark.known()) return;
    if (candidates_.empty() || candidates_.back().mark.offset > mark.offset) {
      candidates_.push_back({.mark = mark, .follows_at_once = follows_at_once});
    }
  };
  add(remembered.newest(), false);
  for (auto seam = remembered.seams().rbegin(); seam != remembered.seams().rend(); ++seam) {
    add(seam->after, false);
    add(seam->before, true);
  }
  first_known_ = !remembered.seams().empty() && !remembered.seams().front().before.known();
  skip_what_needs_no_look();
}

std::optional<std::int64_t> LogInspection::wanted() const {
  if (same_ || at_ == candidates_.size()) return std::nullopt;
  return candidates_[at_].mark.offset;
}

/// What lies beyond the log's end is not there; what retention took tells nothing, nor does anything older.
void LogInspection::skip_what_needs_no_look() {
  while (at_ < candidates_.size() && candidates_[at_].mark.offset >= log_.high) differs();
  if (at_ < candidates_.size() && candidates_[at_].mark.offset < log_.low) {
    at_ = candidates_.size();
    first_known_ = false;
  }
}

void LogInspection::differs() {
  other_ = at_;
  ++at_;
  misses_ = 0;
}

void LogInspection::saw(const Message& message) {
  const RecordMark& mark = candidates_[at_].mark;
  if (mark.fits(message)) {
    same_ = at_;
  } else if (message.offset == mark.offset) {
    differs();
  } else {
    saw_end();
  }
  skip_what_needs_no_look();
}

void LogInspection::saw_end() { ++misses_; }

void LogInspection::answer(bool compacted) {
  if (compacted) {
    gone_.push_back(candidates_[at_].mark);
    ++at_;
    misses_ = 0;
  } else {
    differs();
  }
  skip_what_needs_no_look();
}

LogInspection::Finding LogInspection::finding() const {
  const bool too_short = log_.high < next_;
  if (!other_ && !too_short) return {.found = Found::intact};
  Finding finding;
  finding.other_from = other_ ? candidates_[*other_].mark.offset : next_;
  if (!same_) {
    const bool all = other_ && first_known_ && *other_ + 1 == candidates_.size() && log_.low == finding.other_from;
    finding.found = all ? Found::all_replaced : Found::undecided;
    finding.at = log_.low;
    return finding;
  }
  finding.same_to = candidates_[*same_].mark.offset;
  finding.at = finding.same_to + 1;
  const bool at_a_seam = other_ && *other_ + 1 == *same_ && candidates_[*same_].follows_at_once;
  const bool at_the_end = finding.at == log_.high;
  finding.found = at_a_seam || at_the_end ? Found::parted : Found::undecided;
  return finding;
}

}  // namespace loom::pipeline
