#include <algorithm>
#include <string>
#include <string_view>

#include "encode/message_rows.h"

// What messages do that are no rows: tombstones, and change events in Debezium's envelope.
namespace loom::encode {

using decode::Value;
using mapping::Tombstones;

std::optional<Reject> MessageRows::append_change(const Message& message, std::uint32_t message_index, RowSets& sets) {
  if (is_tombstone(message)) return append_tombstone(message, message_index, sets);
  if (auto reject = decode(message)) return reject;
  if (waits()) return std::nullopt;
  if (!plan->changes->events) return append_message(message_index, sets);
  if (values.root.kind == Value::Kind::null) return append_tombstone(message, message_index, sets);
  return append_event(message, message_index, sets);
}

std::optional<Reject> MessageRows::append_tombstone(const Message& message, std::uint32_t message_index,
                                                    RowSets& sets) {
  awaits_schema = false;
  new_fields = nullptr;
  switch (plan->changes->tombstones) {
    case Tombstones::dead_letter:
      return Reject{RejectReason::tombstone, "the record has no value", {}};
    case Tombstones::ignore:
      return std::nullopt;
    case Tombstones::remove:
      break;
  }
  values.reset();
  if (key_decoder && !rows.key_on_demand) {
    if (auto reject = decode_key(message)) return reject;
    if (awaits_schema) return std::nullopt;
  }
  if (auto reject = fill_metadata(message)) return reject;
  return append_removal(message, message_index, sets);
}

std::optional<Reject> MessageRows::append_event(const Message& message, std::uint32_t message_index, RowSets& sets) {
  const mapping::ChangesPlan& changes = *plan->changes;
  const Value& operation = values.slot(changes.operation);
  const Value& mark = values.slot(changes.deleted);
  const bool is_marked = mark.kind == Value::Kind::boolean ? mark.boolean : mark.present() && mark.text == "true";
  const bool has_operation = operation.present() && !operation.text.empty();
  // A row alone may come without its operation: then it is what the row is now.
  const std::string_view what = is_marked ? "d" : has_operation ? operation.text : "u";
  if (what == "r" || what == "c") return append_message(message_index, sets);
  if (what == "d") return append_removal(message, message_index, sets);
  if (what == "m") return std::nullopt;  // a message of pg_logical_emit_message, about no row
  if (what == "t") {
    append_truncation(message_index, sets);
    return std::nullopt;
  }
  if (what != "u") {
    return Reject{RejectReason::conversion_failed,
                  "the event's operation is \"" + std::string(what) + "\", which is none of c, r, u, d, t and m",
                  {}};
  }
  sets.note_change();
  if (moves_row()) {
    if (auto reject = append_removal(message, message_index, sets)) return reject;
  }
  if (values.leaves_untold) sets.note_partial(first_table, message_index);
  return append_message(message_index, sets);
}

bool MessageRows::encode_key(const std::vector<RowColumn>& columns, RowSet& set) {
  set.bytes.clear();
  for (const RowColumn& column : columns) {
    const bool is_there = std::any_of(column.sources.begin(), column.sources.end(),
                                      [&](const RowSource& source) { return find(source, {}).present(); });
    bool present = false;
    const bool done = is_there && append_field(column, {}, set, present);
    failure.reset();
    if (!done) return false;
  }
  return true;
}

/// Whether the event changes the row's key: the one that it had is a row's no more.
bool MessageRows::moves_row() {
  const Value& before = values.slot(plan->changes->before);
  if (before.kind != Value::Kind::object || rows.old_key.empty()) return false;
  if (!encode_key(rows.old_key, old_key)) return false;
  new_key.bytes.clear();
  for (const auto index : plan->tables[0].key) {
    bool present = false;
    const bool done = append_field(rows.tables[0].columns[index], {}, new_key, present);
    failure.reset();
    if (!done) return false;
  }
  return old_key.bytes.view() != new_key.bytes.view();
}

std::optional<Reject> MessageRows::append_removal(const Message& message, std::uint32_t message_index, RowSets& sets) {
  const auto is_told = [&] {
    const auto& columns = rows.removals.front().columns;
    return std::all_of(columns.begin(), columns.begin() + static_cast<std::ptrdiff_t>(rows.removals.front().compared),
                       [&](const RowColumn& column) {
                         return column.plan->default_json ||
                                std::any_of(column.sources.begin(), column.sources.end(), [&](const RowSource& source) {
                                  return source.scope != mapping::SourceScope::key && find(source, {}).present();
                                });
                       });
  };
  if (rows.removals.empty()) return std::nullopt;
  if (key_decoder && rows.key_on_demand) {
    if (is_told()) {
      key_decoder->values().reset();
    } else if (auto reject = decode_key(message)) {
      return reject;
    }
    if (awaits_schema) return std::nullopt;
  }
  for (const RowRemoval& removal : rows.removals) {
    if (auto reject = append_removal(removal, message_index, sets)) return reject;
  }
  sets.note_change();
  return std::nullopt;
}

std::optional<Reject> MessageRows::append_removal(const RowRemoval& removal, std::uint32_t message_index,
                                                  RowSets& sets) {
  RowSet& set = sets.removals(static_cast<std::uint16_t>(first_table + removal.table));
  const std::size_t begin = set.bytes.size();
  if (removal.binary) set.bytes.append_be16(static_cast<std::uint16_t>(removal.columns.size()));
  for (std::size_t i = 0; i < removal.columns.size(); ++i) {
    const RowColumn& column = removal.columns[i];
    if (!removal.binary && i != 0) set.bytes.append('\t');
    const bool is_there =
        column.plan->default_json || std::any_of(column.sources.begin(), column.sources.end(),
                                                 [&](const RowSource& source) { return find(source, {}).present(); });
    bool present = false;
    if (!is_there && i < removal.compared) {
      set.bytes.truncate(begin);
      return Reject{
          RejectReason::missing_required_field,
          "it deletes a row, and neither the row before nor the record's key says its `" + column.plan->info.name + "`",
          {}};
    }
    if (!is_there) {
      column.codec.append_null(set.bytes);
    } else if (!append_field(column, {}, set, present)) {
      set.bytes.truncate(begin);
      return std::exchange(failure, std::nullopt);
    }
  }
  if (!removal.binary) set.bytes.append('\n');
  set.rows.push_back({message_index, static_cast<std::uint32_t>(begin)});
  return std::nullopt;
}

void MessageRows::append_truncation(std::uint32_t message_index, RowSets& sets) const {
  for (std::size_t table = 0; table < plan->tables.size(); ++table) {
    sets.truncate(static_cast<std::uint16_t>(first_table + table), message_index);
  }
  sets.note_change();
}

}  // namespace loom::encode
