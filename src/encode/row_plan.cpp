#include "encode/row_plan.h"

#include <algorithm>

#include "decode/json/json_decoder.h"
#include "encode/reject_text.h"
#include "mapping/column_types.h"

namespace loom::encode {
namespace {

using mapping::DefaultKind;
using mapping::SourceKind;
using mapping::SourceScope;

/// What this column wants of the slot. Several may share it.
void wish(decode::WantedPaths& paths, std::size_t slot, const ColumnCodec& codec) {
  if (paths.wishes.size() <= slot) paths.wishes.resize(slot + 1);
  paths.wishes[slot].elements |= codec.wants_elements();
  paths.wishes[slot].json |= codec.wants_json();
}

decode::Unit unit_of(const mapping::ColumnInfo& column) {
  using mapping::ColumnType;
  switch (column.type) {
    case ColumnType::timestamp:
    case ColumnType::timestamptz:
      return decode::Unit::of_instant;
    case ColumnType::time:
      return decode::Unit::of_time;
    case ColumnType::numeric:
      return decode::Unit::of_decimal;
    case ColumnType::date:
      return decode::Unit::days;
    case ColumnType::bytea:
      return decode::Unit::base64;
    case ColumnType::json:
    case ColumnType::jsonb:
      return decode::Unit::json;
    case ColumnType::other: {
      const std::string_view name = mapping::bare_type_name(column.type_name);
      if (name == "interval") return decode::Unit::microseconds;
      if (name == "money") return decode::Unit::of_decimal;
      return name == "bit" || name == "bit varying" ? decode::Unit::bits : decode::Unit::known;
    }
    default:
      return decode::Unit::known;
  }
}

std::string path_of(const mapping::PathTree& tree, std::uint16_t slot) {
  return slot < tree.slot_paths.size() ? tree.slot_paths[slot] : std::string();
}

/// A path for people: what it starts from and what follows.
std::string below(const std::string& from, const std::string& path) {
  return path.empty() || path[0] == '[' ? from + path : from + "." + path;
}

RowSource make_source(const mapping::TopicPlan& plan, const mapping::ColumnSource& from, mapping::ColumnType column,
                      Metadata& metadata) {
  RowSource source;
  source.inside = from.inside;
  source.scope = from.scope;
  source.array = from.scope == SourceScope::key ? kNoElement : from.array;
  source.slot = from.slot;
  if (from.kind == SourceKind::element_index) {
    source.element_index = true;
    source.path = plan.arrays[static_cast<std::size_t>(from.array)].path + "[]";
    return source;
  }
  if (from.kind != SourceKind::field) {
    source.slot = static_cast<std::uint16_t>(plan.message.slots + metadata.slot(from, column));
    source.path = Metadata::name(from);
    return source;
  }
  switch (from.scope) {
    case SourceScope::message:
      source.path = path_of(plan.message, from.slot);
      break;
    case SourceScope::key:
      source.path = below("$key", path_of(plan.key, from.slot));
      break;
    case SourceScope::element: {
      const auto& array = plan.arrays[static_cast<std::size_t>(from.array)];
      source.path = below(array.path + "[]", path_of(array.element, from.slot));
      break;
    }
  }
  return source;
}

void find_front(RowColumn& column) {
  for (const RowSource& source : column.sources) {
    const bool is_plain = source.scope != SourceScope::key && !source.element_index && source.inside < 0;
    if (!is_plain || source.array != column.sources.front().array) return;
    column.front_array = source.array;
    column.front_slots.push_back(source.slot);
  }
}

void choose_absent(const mapping::PlanColumn& plan, mapping::NulPolicy nul, RowColumn& column) {
  column.absent = Absent::field;
  if (plan.default_json) {
    DefaultField encoded = encode_default(plan, column.codec, nul);
    if (encoded.reject) {
      column.absent = Absent::reject;
      column.absent_reject = std::move(encoded.reject);
      return;
    }
    if (!encoded.is_null) {
      column.absent_field = std::move(encoded.field);
      return;
    }
  }
  if (plan.ingestion_time) {
    column.absent = Absent::ingestion_time;
    return;
  }
  ByteBuffer field;
  switch (plan.info.default_kind) {
    case DefaultKind::computed:
      column.absent = Absent::omit;
      return;
    case DefaultKind::constant:
      column.codec.append_constant(plan.info, field);
      break;
    case DefaultKind::none:
      column.codec.append_null(field);
      break;
  }
  column.absent_field = std::string(field.view());
}

}  // namespace

DefaultField encode_default(const mapping::PlanColumn& column, const ColumnCodec& codec, mapping::NulPolicy nul) {
  DefaultField result;
  decode::Wanted root;
  root.message.tree.nodes[0].slot = 0;
  root.message.tree.slots = 1;
  root.message.wishes = {{.elements = codec.wants_elements()}};
  decode::JsonDecoder decoder(root, decode::JsonRoot::any);
  result.reject = decoder.decode_any(*column.default_json);
  if (result.reject) return result;
  const decode::Value& value = decoder.values().slot(0);
  result.is_null = !value.present();
  if (result.is_null) return result;
  ByteBuffer field;
  Scratch scratch(nul);
  const Conversion done = codec.append(value, decoder.values(), scratch, field);
  if (done == Conversion::ok) {
    result.field = std::string(field.view());
  } else {
    result.reject = conversion_reject(column.info, "defaults." + column.info.name, value, done);
  }
  return result;
}

decode::WantedPaths& RowPlan::paths_of(const RowSource& source) {
  switch (source.scope) {
    case SourceScope::element:
      return message.elements[static_cast<std::size_t>(source.array)];
    case SourceScope::key:
      return key.message;
    case SourceScope::message:
      break;
  }
  return message.message;
}

RowColumn RowPlan::make_column(const mapping::TopicPlan& plan, const mapping::PlanColumn& column_plan, bool binary) {
  RowColumn column{.codec = ColumnCodec(column_plan, binary), .plan = &column_plan};
  for (const auto& from : column_plan.sources) {
    // timestamp_ms takes nothing but a number, which is what a number column gets of the record's time.
    const bool as_number = column_plan.value_type == mapping::ValueType::timestamp_ms;
    const auto form = as_number ? mapping::ColumnType::int8 : column_plan.info.type;
    column.sources.push_back(make_source(plan, from, form, metadata));
    const RowSource& source = column.sources.back();
    column.of_element |= source.scope == SourceScope::element;
    if (from.kind != SourceKind::field) continue;
    wish(paths_of(source), source.slot, column.codec);
    decode::Wish& wished = paths_of(source).wishes[source.slot];
    wished.bytes |= column_plan.info.type == mapping::ColumnType::bytea && !column_plan.info.is_array;
    if (!column_plan.is_unnamed) continue;
    wished.unit = unit_of(column_plan.info);
    if (wished.unit == decode::Unit::bits) {
      const bool is_fixed = mapping::bare_type_name(column_plan.info.type_name) == "bit";
      wished.bits = is_fixed ? std::max(column_plan.info.type_modifier, 1) : 0;
    }
  }
  find_front(column);
  choose_absent(column_plan, plan.nul, column);
  return column;
}

void RowPlan::add_changes(const mapping::TopicPlan& plan) {
  if (!plan.changes) return;
  const mapping::ChangesPlan& changes = *plan.changes;
  for (const auto& from : changes.removals) {
    RowRemoval& removal = removals.emplace_back();
    removal.table = from.table;
    removal.binary = plan.tables[from.table].binary;
    removal.compared = plan.tables[from.table].removed_by.size();
    for (const auto& column : from.columns) removal.columns.push_back(make_column(plan, column, removal.binary));
  }
  for (const auto& column : changes.old_key) old_key.push_back(make_column(plan, column, plan.tables[0].binary));
  if (changes.events) {
    message.events = {.operation = changes.operation,
                      .after = changes.after,
                      .before = changes.before,
                      .source = changes.source,
                      .deleted = changes.deleted,
                      .time = changes.time};
  }
  key.names_row = !changes.removals.empty();
}

RowPlan::RowPlan(const mapping::TopicPlan& topic_plan, std::string topic)
    : metadata(std::move(topic)), absent_values(topic_plan.absent_values) {
  message.message.tree = topic_plan.message;
  key.message.tree = topic_plan.key;
  for (const auto& array : topic_plan.arrays) message.elements.push_back({.tree = array.element, .wishes = {}});

  for (const auto& table_plan : topic_plan.tables) {
    RowTable& table = tables.emplace_back();
    table.binary = table_plan.binary;
    table.tracks_present = table_plan.conflict_strategy == mapping::ConflictStrategy::update;
    table.columns.reserve(table_plan.columns.size());
    for (const auto& column_plan : table_plan.columns) {
      table.columns.push_back(make_column(topic_plan, column_plan, table_plan.binary));
      if (table.columns.back().absent == Absent::omit) {
        table.omittable.push_back(static_cast<std::uint16_t>(table.columns.size() - 1));
      }
    }
  }
  for (const auto& surplus : topic_plan.surplus) tables[surplus.table].tracks_sequence = true;
  for (const auto& field : topic_plan.required) {
    RowRequired& made = required.emplace_back();
    made.name = field.name;
    for (const auto& from : field.sources) {
      made.sources.push_back(make_source(topic_plan, from, mapping::ColumnType::bytea, metadata));
    }
  }
  add_changes(topic_plan);
  message.required = mapping::required_paths(topic_plan);
  message.known_fields = topic_plan.known_fields;
  message.extra_slots = metadata.slots();
  message.root = metadata.wants(mapping::SourceKind::value);
  key.root = metadata.wants(mapping::SourceKind::key) && topic_plan.key_format.format != formats::Format::json;
  // What a format without fields has is its root.
  key.root |= key.message.tree.nodes[0].slot >= 0 && topic_plan.key_format.format != formats::Format::json;
  looks_into_key = key.root || key.message.tree.slots != 0;
  key_on_demand = topic_plan.key_is_for_removals && !metadata.wants(mapping::SourceKind::key);
}

}  // namespace loom::encode
