#pragma once

#include <chrono>
#include <cstdint>
#include <optional>
#include <string>
#include <utility>

#include "base/backoff.h"
#include "base/clock.h"

namespace loom::pipeline {

enum class LaneState : std::uint8_t {
  waiting_for_plan,  ///< the provider was asked
  running,
  stopped,    ///< see shown_reason(); asks for a plan again at next_try()
  undecided,  ///< see shown_reason(); nothing is done until an operator has decided
};

/// Whether a lane runs, why not, and when it asks for its topic's plan (again).
///
///   waiting for a plan -> run() -> running -> refuse_plan(): asks for a fresh one at once; twice in a row: stop()
///                                          -> stop(): asks for a fresh one after a wait
///
/// Threads: its lane's worker only.
class RunState {
 public:
  /// `longest`: from one try to the next of a stopped topic. `seed` should differ between topics.
  RunState(const Clock& clock, Duration longest, std::uint64_t seed)
      : clock_(clock), backoff_(std::chrono::seconds(1), longest, seed) {}

  [[nodiscard]] LaneState state() const { return state_; }
  [[nodiscard]] bool running() const { return state_ == LaneState::running; }
  /// While it is stopped: when it will be tried again.
  [[nodiscard]] TimePoint next_try() const { return ask_at_; }
  /// When take_request() may say yes, if nothing else happens.
  [[nodiscard]] TimePoint wake_at() const { return plan_wanted_ ? ask_at_ : TimePoint::max(); }

  /// Once after a plan became wanted: true, and `fresh` when the present one proved wrong.
  bool take_request(bool& fresh) {
    if (!plan_wanted_ || clock_.now() < ask_at_) return false;
    plan_wanted_ = false;
    fresh = asked_fresh_ = fresh_wanted_;
    return true;
  }
  /// Whatever happens to plans: it does not run before decided().
  void await_decision(const std::string& why) {
    state_ = LaneState::undecided;
    reason_ = why;
    plan_wanted_ = false;
    ask_at_ = TimePoint::max();
  }
  void decided() {
    state_ = LaneState::waiting_for_plan;
    reason_.clear();
    ask(Duration::zero());
  }
  /// A plan is there.
  void run() {
    state_ = LaneState::running;
    reason_.clear();
    if (std::exchange(asked_fresh_, false)) fresh_until_ = clock_.now() + kFreshFor;
  }
  /// The catalog was read lately, and the plan in use is by it.
  [[nodiscard]] bool plan_is_fresh() const { return clock_.now() < fresh_until_; }
  /// `unstored`: there is something that could not be stored. Returns after which wait it is tried again.
  Duration stop(const std::string& why, bool unstored) {
    state_ = LaneState::stopped;
    reason_ = why;
    if (unstored) unstored_for_ = why;
    plan_suspect_ = false;
    const Duration wait = backoff_.next();
    ask(wait);
    return wait;
  }
  /// The database refused the plan, so that a fresh one is wanted. False: the fresh one was refused, too.
  [[nodiscard]] bool refuse_plan() {
    if (state_ == LaneState::undecided) return true;
    if (plan_suspect_) return false;
    plan_suspect_ = true;
    state_ = LaneState::waiting_for_plan;
    ask(Duration::zero());
    return true;
  }
  /// The plan is right, but there has to be more of it.
  void want_more_of_plan() {
    if (state_ == LaneState::undecided) return;
    state_ = LaneState::waiting_for_plan;
    const bool fresh = plan_wanted_ && fresh_wanted_;
    ask(Duration::zero());
    fresh_wanted_ = fresh;
  }
  /// A batch was stored by the plan.
  void note_stored() {
    plan_suspect_ = false;
    backoff_.reset();
    unstored_for_.reset();
  }
  /// What it could not store is not its business any more.
  void forget_unstored() { unstored_for_.reset(); }

  /// For those who look on: it counts as stopped until what it stopped for is stored, also while it is tried again.
  [[nodiscard]] LaneState shown_state() const {
    return state_ == LaneState::undecided || !unstored_for_ ? state_ : LaneState::stopped;
  }
  [[nodiscard]] const std::string& shown_reason() const {
    return state_ == LaneState::running && unstored_for_ ? *unstored_for_ : reason_;
  }

 private:
  /// A table that is changed within this time after it was read can make a dead letter of what the change refuses; a
  /// topic with bad messages does not read the catalog for each of them.
  static constexpr std::chrono::seconds kFreshFor{5};

  void ask(Duration wait) {
    plan_wanted_ = fresh_wanted_ = true;
    ask_at_ = clock_.now() + wait;
  }

  const Clock& clock_;
  Backoff backoff_;
  LaneState state_ = LaneState::waiting_for_plan;
  std::string reason_;
  std::optional<std::string> unstored_for_;  // the reason of the last stop, until what it was about is stored
  TimePoint ask_at_{};
  bool plan_wanted_ = true;
  bool fresh_wanted_ = false;
  bool asked_fresh_ = false;  // the last request was for a fresh one
  TimePoint fresh_until_{};
  bool plan_suspect_ = false;  // the database refused it; another refusal in a row stops the topic
};

}  // namespace loom::pipeline
