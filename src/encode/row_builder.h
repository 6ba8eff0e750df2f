#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/clock.h"
#include "base/message.h"
#include "base/reject.h"
#include "decode/make_decoder.h"
#include "encode/row_set.h"
#include "mapping/plan.h"
#include "mapping/plan_wants.h"
#include "mapping/problem.h"

namespace loom::encode {

struct MessageRows;

/// Turns messages of one topic into rows: one forward pass over the message, then each column converted and written
/// in COPY's form. One per worker and topic.
/// Threads: one at a time.  Owns: a parser and scratch buffers, reused from message to message; where headers name the
///          tables, one set of them for each of the 32 variants used last.
/// Blocks:  never.  Fails: a Reject per message; nothing of a rejected message stays in `rows`.
class RowBuilder {
 public:
  /// `topic` is the concrete topic (for `$topic`), also where the plan came from a pattern.
  /// What `registry` points to outlives the builder.
  RowBuilder(std::shared_ptr<const mapping::TopicPlan> plan, std::string topic, const Clock& clock,
             const decode::Registry& registry = {});
  ~RowBuilder();
  RowBuilder(RowBuilder&&) noexcept;
  RowBuilder& operator=(RowBuilder&&) noexcept;

  /// Appends the message's rows under `message_index`, or returns why it has none. A message whose headers name tables
  /// that the plan does not have, or whose schema has fields that it does not know, gets none for now: see wanted().
  /// Neither does one whose schema is not known yet: see awaits_schema().
  std::optional<Reject> append(const Message& message, std::uint32_t message_index, RowSets& rows) {
    return by_headers_ == nullptr ? append_rows(message, message_index, rows)
                                  : append_by_headers(message, message_index, rows);
  }

  /// Whether the message that was appended last has no rows, since its schema is not known yet.
  [[nodiscard]] bool awaits_schema() const { return awaits_schema_; }

  /// What messages so far wanted of the plan that it does not have.
  [[nodiscard]] const mapping::PlanWants& wanted() const { return wanted_; }

  [[nodiscard]] const mapping::TopicPlan& plan() const;

 private:
  struct ByHeaders;
  std::optional<Reject> append_rows(const Message& message, std::uint32_t message_index, RowSets& rows);
  std::optional<Reject> append_by_headers(const Message& message, std::uint32_t message_index, RowSets& rows);

  std::unique_ptr<MessageRows> rows_;      ///< nullptr where headers name the tables
  std::unique_ptr<ByHeaders> by_headers_;  ///< a builder for each of the plan's variants
  mapping::PlanWants wanted_;
  bool awaits_schema_ = false;
};

/// Whether every mapping default of the plan can become its column's type: what validate reports beyond compile().
std::vector<mapping::Problem> check_defaults(const mapping::TopicPlan& plan, const std::string& file);

/// The fields of one encoded row in column order; a null field has data() == nullptr. `binary` as in TablePlan.
/// Text fields come still escaped.
std::vector<std::string_view> split_row(std::string_view row, bool binary);

}  // namespace loom::encode
