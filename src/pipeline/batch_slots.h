#pragma once

#include <cstddef>
#include <memory>
#include <string>
#include <utility>

#include "batch/batch.h"
#include "mapping/plan.h"
#include "pipeline/memory_budget.h"

namespace loom::pipeline {

/// The batches of one lane, each in its slot: the one that grows, the one that was sent and has to go again (held), one
/// that is stored and not emptied yet (spent), and one whose memory the next will use (spare). One more may be out, in
/// the sink's hands.
///
///   grow() -> take_growing() -> send() -> answered() -> put_aside() -> empty_spent(): stored
///             take_held()   ----^                    -> hold(): has to go again
///
/// What they hold together, and nothing else, is what the memory budget knows of the lane; only this class tells it.
/// While the lane has a batch in its hand (after take_... and answered()), the budget counts it where it was.
/// Threads: its lane's worker only.
/// Owns:    the batches, but for the one that is out.
class BatchSlots {
 public:
  explicit BatchSlots(MemoryBudget& memory);
  ~BatchSlots();
  BatchSlots(const BatchSlots&) = delete;
  BatchSlots& operator=(const BatchSlots&) = delete;

  [[nodiscard]] const batch::Batch* growing() const { return growing_.get(); }
  [[nodiscard]] batch::Batch* growing() { return growing_.get(); }
  [[nodiscard]] const batch::Batch* held() const { return held_.get(); }
  [[nodiscard]] bool out() const { return out_; }
  /// Neither held nor out; whether something grows is the ledgers' to say.
  [[nodiscard]] bool none_under_way() const { return !out_ && held_ == nullptr; }
  /// Whether the memory budget allows the growing batch more than it had at the last account().
  [[nodiscard]] bool may_grow() const { return memory_.allows(accounted_); }

  /// The batch that grows; begun when there is none, in the spare one's memory.
  batch::Batch& grow(const std::string& topic, const std::shared_ptr<const mapping::TopicPlan>& plan) {
    if (growing_ == nullptr) begin(topic, plan);
    return *growing_;
  }
  std::unique_ptr<batch::Batch> take_growing() { return std::move(growing_); }
  std::unique_ptr<batch::Batch> take_held() { return std::move(held_); }
  /// This one goes to the sink now.
  std::unique_ptr<batch::Batch> send(std::unique_ptr<batch::Batch> batch);
  /// The one that was out is back, in the lane's hand.
  void answered();
  void hold(std::unique_ptr<batch::Batch> batch);
  /// A batch that is stored. To give its messages back takes milliseconds, and the database waits for the next batch.
  void put_aside(std::unique_ptr<batch::Batch> batch);
  /// Empties what was put aside, and keeps it for the next one unless memory is scarce.
  void empty_spent();
  void drop_spare();
  /// Others can use the spare one's memory, when it is scarce.
  void drop_spare_if_scarce();

  /// The growing batch, the held one, or both through `rewrite`: a function from batch to batch, or to null.
  template <typename Rewrite>
  void rewrite_growing(Rewrite rewrite) {
    if (growing_ != nullptr) growing_ = rewrite(std::move(growing_));
    account();
  }
  template <typename Rewrite>
  void rewrite_held(Rewrite rewrite) {
    if (held_ != nullptr) held_ = rewrite(std::move(held_));
    account();
  }

  /// Tells the memory budget what is held now: to be called after the growing batch was written to, and when the lane
  /// has nothing in its hand any more.
  void account();

 private:
  void begin(const std::string& topic, const std::shared_ptr<const mapping::TopicPlan>& plan);

  MemoryBudget& memory_;
  std::unique_ptr<batch::Batch> growing_;
  std::unique_ptr<batch::Batch> held_;
  std::unique_ptr<batch::Batch> spent_;
  std::unique_ptr<batch::Batch> spare_;
  bool out_ = false;
  std::size_t out_bytes_ = 0;
  std::size_t spare_bytes_ = 0;
  std::size_t accounted_ = 0;  // bytes that the memory budget knows of
};

}  // namespace loom::pipeline
