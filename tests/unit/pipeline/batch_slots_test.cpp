#include "pipeline/batch_slots.h"

#include <gtest/gtest.h>

#include <optional>
#include <string>

#include "support/id_plan.h"

namespace loom::pipeline {
namespace {

using batch::Batch;

class BatchSlotsTest : public ::testing::Test {
 protected:
  static constexpr std::size_t kLimit = std::size_t{64} << 20U;

  /// What the slots' batches hold, by what the memory budget was told.
  [[nodiscard]] std::size_t told() const { return memory_.used() - MemoryBudget::kPerLane; }
  Batch& grow() { return slots_->grow("readings", plan_); }
  void grow_by(std::size_t bytes) {
    grow().message_bytes += bytes;
    slots_->account();
  }

  MemoryBudget memory_{kLimit};
  std::shared_ptr<const mapping::TopicPlan> plan_ = test_support::id_plan("readings");
  std::optional<BatchSlots> slots_{std::in_place, memory_};
};

TEST_F(BatchSlotsTest, TheBudgetKnowsWhatIsHeldWhereverItIs) {
  grow_by(1000);
  EXPECT_EQ(told(), 1000U);
  auto out = slots_->send(slots_->take_growing());
  EXPECT_EQ(told(), 1000U) << "out";
  grow_by(500);
  EXPECT_EQ(told(), 1500U) << "out, and the next one grows";
  slots_->answered();
  EXPECT_EQ(told(), 1500U) << "in hand";
  slots_->hold(std::move(out));
  EXPECT_EQ(told(), 1500U) << "held";
  slots_->rewrite_held([](std::unique_ptr<Batch> /*held*/) { return nullptr; });
  EXPECT_EQ(told(), 500U);
  slots_.reset();
  EXPECT_EQ(memory_.used(), 0U);
}

TEST_F(BatchSlotsTest, AStoredBatchGivesTheNextOneItsMemory) {
  grow_by(1000);
  auto out = slots_->send(slots_->take_growing());
  const Batch* const before = out.get();
  out->ranges.push_back({});
  slots_->answered();
  slots_->put_aside(std::move(out));
  slots_->empty_spent();
  EXPECT_EQ(told(), 0U);
  EXPECT_EQ(&grow(), before);
  EXPECT_TRUE(grow().ranges.empty());
  EXPECT_EQ(grow().message_bytes, 0U);
}

TEST_F(BatchSlotsTest, AStoredBatchIsCountedUntilItIsEmptied) {
  grow_by(1000);
  auto out = slots_->send(slots_->take_growing());
  const std::size_t held = told();
  slots_->answered();
  slots_->put_aside(std::move(out));
  EXPECT_EQ(told(), held);
  EXPECT_TRUE(slots_->none_under_way()) << "the next one may go out";
  slots_->empty_spent();
  EXPECT_LT(told(), held);
}

TEST_F(BatchSlotsTest, NothingIsKeptForLaterWhileMemoryIsScarce) {
  memory_.change(0, kLimit);
  grow_by(1000);
  auto out = slots_->send(slots_->take_growing());
  slots_->answered();
  slots_->put_aside(std::move(out));
  slots_->empty_spent();
  EXPECT_EQ(told(), kLimit) << "somebody else's";
}

TEST_F(BatchSlotsTest, ABatchMayGrowUntilTheBudgetIsUsedUp) {
  grow_by(1000);
  EXPECT_TRUE(slots_->may_grow());
  grow_by(kLimit);
  EXPECT_FALSE(slots_->may_grow());
}

}  // namespace
}  // namespace loom::pipeline
