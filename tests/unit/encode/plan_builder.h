#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "base/clock.h"
#include "base/message.h"
#include "encode/row_builder.h"
#include "mapping/plan.h"

namespace loom::testing {

/// Makes topic plans by hand, so that these tests say what they need and nothing else.
class PlanBuilder {
 public:
  /// A table; the first one is the topic's own.
  explicit PlanBuilder(bool binary = true);
  PlanBuilder& child_table(const std::string& name);

  /// A column of the table begun last, fed by these paths in order. `$key`, `$headers.x`, ... are as in a mapping;
  /// `[0].word` is the field `word` of array mapping 0's elements, `[0]` the element itself, `[0]#` its index.
  PlanBuilder& column(const std::string& name, mapping::ColumnType type, const std::vector<std::string>& sources);
  /// The column begun last, to be changed.
  mapping::PlanColumn& last() { return table().columns.back(); }
  mapping::TablePlan& table() { return plan_.tables.back(); }
  mapping::TopicPlan& plan() { return plan_; }

  PlanBuilder& array_of(mapping::ColumnType element, const std::string& name, const std::string& source,
                        mapping::ValueType value_type = mapping::ValueType::array);
  PlanBuilder& as(mapping::ValueType type);
  PlanBuilder& transform(mapping::Transform transform);
  PlanBuilder& defaults_to(const std::string& json);
  PlanBuilder& required(const std::string& name, const std::vector<std::string>& sources);
  /// Array mapping number plan().arrays.size(): its elements become rows of the table begun last. `$value`: the
  /// message itself.
  PlanBuilder& explode(const std::string& path);
  PlanBuilder& nul(mapping::NulPolicy policy);

  [[nodiscard]] std::shared_ptr<const mapping::TopicPlan> build() const;

 private:
  mapping::ColumnSource source(const std::string& text);

  mapping::TopicPlan plan_;
};

class FixedClock final : public Clock {
 public:
  [[nodiscard]] TimePoint now() const override { return {}; }
  [[nodiscard]] std::int64_t wall_us() const override { return 1'700'000'000'000'000; }
};

/// A message that owns nothing.
Message message_of(std::string_view value);

/// A row builder with its row sets: takes messages, gives fields.
class Rows {
 public:
  explicit Rows(const PlanBuilder& plan, const std::string& topic = "topic");

  /// Adds a message; its reject, or "" when its rows are there.
  std::string add(std::string_view json);
  std::string add(const Message& message);

  [[nodiscard]] const encode::RowSets& sets() const { return sets_; }
  [[nodiscard]] const Reject& reject() const { return *reject_; }
  /// The fields of row `row` of row set `set`.
  [[nodiscard]] std::vector<std::string_view> row(std::size_t row = 0, std::size_t set = 0) const;
  /// The only field of the only row of a message made of this one value at `v`; or the reject's reason.
  static std::string field(const PlanBuilder& plan, std::string_view json_value);

 private:
  FixedClock clock_;
  std::shared_ptr<const mapping::TopicPlan> plan_;
  encode::RowBuilder builder_;
  encode::RowSets sets_;
  std::uint32_t messages_ = 0;
  std::optional<Reject> reject_;
};

/// Bytes for comparing: as lower-case hexadecimal.
std::string hex(std::string_view bytes);

}  // namespace loom::testing
