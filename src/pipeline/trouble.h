#pragma once

#include <optional>
#include <string>
#include <utility>

#include "base/clock.h"
#include "batch/cause.h"

namespace loom::pipeline {

/// What keeps a topic from being stored.
struct Trouble {
  batch::Cause cause = batch::Cause::none;  ///< none: not the database's (a dead-letter topic that does not answer)
  std::string says;                         ///< the database's own words, with the SQLSTATE
  TimePoint since{};                        ///< when this cause began to be it
};

/// The trouble that a lane is in: from the first failure until something is stored, or nothing is left to be stored.
/// Threads: its lane's worker only.
class TroubleWatch {
 public:
  explicit TroubleWatch(const Clock& clock) : clock_(clock) {}

  void note(batch::Cause cause, std::string says) {
    const bool new_one = !now_ || now_->cause != cause;
    const TimePoint since = new_one ? clock_.now() : now_->since;
    now_ = Trouble{.cause = cause, .says = std::move(says), .since = since};
  }
  void end() { now_.reset(); }
  [[nodiscard]] const std::optional<Trouble>& now() const { return now_; }

 private:
  const Clock& clock_;
  std::optional<Trouble> now_;
};

}  // namespace loom::pipeline
