#pragma once

#include <optional>
#include <string>
#include <utility>

#include "base/clock.h"
#include "batch/cause.h"

namespace loom::pipeline {

/// What keeps a topic from being stored.
struct Trouble {
  batch::Cause cause = batch::Cause::none;
  std::string says;   ///< the database's own words, with the SQLSTATE
  TimePoint since{};  ///< when this cause began to be it
};

/// The trouble that a lane is in: from the first failure until something is stored, or nothing is left to be stored.
/// Threads: its lane's worker only.
class TroubleWatch {
 public:
  explicit TroubleWatch(const Clock& clock) : clock_(clock) {}

  void note(batch::Cause cause, std::string says) {
    says_ = says;
    if (cause == batch::Cause::none) return;
    const bool new_one = !now_ || now_->cause != cause;
    const TimePoint since = new_one ? clock_.now() : now_->since;
    now_ = Trouble{.cause = cause, .says = std::move(says), .since = since};
  }
  void end() {
    now_.reset();
    says_.clear();
  }
  /// What was said of the last failure, also where it was not the database's (the dead-letter topic's).
  [[nodiscard]] const std::string& says() const { return says_; }
  [[nodiscard]] const std::optional<Trouble>& now() const { return now_; }

 private:
  const Clock& clock_;
  std::optional<Trouble> now_;
  std::string says_;
};

}  // namespace loom::pipeline
