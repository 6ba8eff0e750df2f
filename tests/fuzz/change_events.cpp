#include <memory>
#include <optional>
#include <string_view>
#include <vector>

#include "check.h"
#include "decode/json/structural_index.h"
#include "encode/row_builder.h"
#include "mapping/paths.h"
#include "plan_builder.h"
#include "row_check.h"
#include "targets.h"

namespace loom::fuzz {
namespace {

using mapping::ColumnType;
using testing::PlanBuilder;

mapping::ColumnSource source_at(mapping::SourceScope scope, mapping::PathTree& tree, const char* path) {
  mapping::ColumnSource source;
  source.scope = scope;
  source.slot = mapping::add_slot(tree, path);
  return source;
}

// Field names of one letter, so that the fuzzer meets them soon.
std::shared_ptr<const mapping::TopicPlan> make_changes(bool binary) {
  PlanBuilder builder(binary);
  builder.column("i", ColumnType::int8, {"after.i"})
      .column("n", ColumnType::numeric, {"after.n"})
      .column("t", ColumnType::timestamp, {"after.t"})
      .column("m", ColumnType::time, {"after.m"})
      .column("d", ColumnType::date, {"after.d"})
      .column("y", ColumnType::bytea, {"after.y"})
      .column("j", ColumnType::jsonb, {"after.j"})
      .column("s", ColumnType::text, {"after.s"})
      .array_of(ColumnType::numeric, "l", "after.l")
      .column("at", ColumnType::timestamptz, {"ts_ms", "source.ts_us"})
      .column("o", ColumnType::text, {"op"});
  mapping::TopicPlan& plan = builder.plan();
  mapping::TablePlan& table = builder.table();
  for (auto& column : table.columns) column.is_unnamed = true;
  table.key = table.removed_by = {0};
  table.conflict_strategy = mapping::ConflictStrategy::update;
  mapping::ChangesPlan changes;
  changes.events = true;
  changes.tombstones = mapping::Tombstones::remove;
  changes.operation = mapping::add_slot(plan.message, "op");
  changes.after = mapping::add_slot(plan.message, "after");
  changes.before = mapping::add_slot(plan.message, "before");
  changes.source = mapping::add_slot(plan.message, "source");
  changes.deleted = mapping::add_slot(plan.message, "__deleted");
  changes.time = mapping::add_slot(plan.message, "ts_ms");
  mapping::PlanColumn key = table.columns[0];
  key.sources = {source_at(mapping::SourceScope::message, plan.message, "before.i")};
  changes.old_key = {key};
  key.sources.push_back(source_at(mapping::SourceScope::key, plan.key, "i"));
  key.sources.push_back(source_at(mapping::SourceScope::key, plan.key, ""));
  changes.removals.push_back({.table = 0, .columns = {key}});
  plan.key_is_for_removals = true;
  plan.changes = std::move(changes);
  return builder.build();
}

class EventCase {
 public:
  explicit EventCase(bool binary) : plan_(make_changes(binary)), builder_(plan_, "fuzz", clock_) {}

  void run(const Message& message) {
    rows_.clear();
    // A message before it: what is rejected has to leave it alone.
    check(!builder_.append(testing::message_of(R"({"after":{"i":1},"op":"c"})"), 0, rows_), "a good event was refused");
    const auto reject = builder_.append(message, 1, rows_);
    check(!reject || rows_.rows() == 1, "a rejected event left rows");
    check(!reject || (!reject->message.empty() && decode::is_utf8(reject->message)), "a reject without words");
    check_rows(*plan_, rows_);
    for (const auto& set : rows_.removals()) {
      for (std::size_t i = 0; i < set.rows.size(); ++i) {
        const auto fields = encode::split_row(set.row(i), plan_->tables[0].binary);
        check(fields.size() == 1 && fields[0].data() != nullptr, "a removal that names no row");
      }
    }
  }
  [[nodiscard]] std::size_t rows() const { return rows_.rows(); }

 private:
  testing::FixedClock clock_;
  std::shared_ptr<const mapping::TopicPlan> plan_;
  encode::RowBuilder builder_;
  encode::RowSets rows_;
};

}  // namespace

void change_events(std::string_view bytes) {
  static EventCase binary(true);
  static EventCase text(false);
  // A key, a NUL, and the value; without the NUL there is no key.
  const std::size_t end = bytes.find('\0');
  Message message = testing::message_of(end == std::string_view::npos ? bytes : bytes.substr(end + 1));
  message.has_key = end != std::string_view::npos;
  if (message.has_key) message.key = bytes.substr(0, end);
  message.has_value = !message.value.empty();
  binary.run(message);
  text.run(message);
  check(binary.rows() == text.rows(), "binary and text COPY disagree on how many rows there are");
}

}  // namespace loom::fuzz
