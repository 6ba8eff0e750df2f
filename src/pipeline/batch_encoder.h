#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "base/clock.h"
#include "base/message.h"
#include "batch/batch.h"
#include "encode/row_builder.h"
#include "mapping/plan.h"

namespace loom::pipeline {

/// Turns the messages of one topic into the rows of its batches, by the plan that is in use.
/// Threads: its lane's worker only.
/// Owns:    the row builder.
/// Blocks:  never.
class BatchEncoder {
 public:
  BatchEncoder(std::string topic, const Clock& clock, const decode::Registry& registry)
      : topic_(std::move(topic)), clock_(clock), registry_(registry) {}

  void use(std::shared_ptr<const mapping::TopicPlan> plan) {
    plan_ = std::move(plan);
    builder_.emplace(plan_, topic_, clock_, registry_);
  }
  /// Null before the first use().
  [[nodiscard]] const std::shared_ptr<const mapping::TopicPlan>& plan() const { return plan_; }

  /// The message and its rows, or what it is rejected for.
  void append(batch::Batch& to, Message&& message) {
    const auto index = static_cast<std::uint32_t>(to.messages.size());
    to.message_bytes += message.value.size() + message.key.size();
    if (auto reject = builder_->append(message, index, to.rows)) {
      to.rejected.push_back({.message = index, .reject = std::move(*reject)});
    }
    to.awaits_schemas |= builder_->awaits_schema();
    to.messages.push_back(std::move(message));
  }

  /// Whether wanted() has something. No batch may go out then.
  [[nodiscard]] bool wants_more() const { return builder_ && !builder_->wanted().empty(); }
  /// What messages here want of the plan that it does not have: these messages have no rows before it has. (Not from
  /// the moment a plan is in use, but from when again() has gone through the batches.)
  [[nodiscard]] const mapping::PlanWants& wanted() const { return builder_->wanted(); }

  /// The batch's messages by the present plan, those of the partitions `without` left out; null when nothing is left.
  std::unique_ptr<batch::Batch> again(std::unique_ptr<batch::Batch> batch,
                                      const std::vector<std::int32_t>& without = {});

 private:
  const std::string topic_;
  const Clock& clock_;
  const decode::Registry registry_;
  std::shared_ptr<const mapping::TopicPlan> plan_;
  std::optional<encode::RowBuilder> builder_;
};

}  // namespace loom::pipeline
