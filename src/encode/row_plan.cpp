#include "encode/row_plan.h"

#include <algorithm>

#include "encode/reject_text.h"

namespace loom::encode {
namespace {

using mapping::DefaultKind;
using mapping::SourceKind;

/// Marks the slot as one whose list is wanted element by element.
void want_elements(decode::WantedPaths& paths, std::size_t slot) {
  if (paths.wants_elements.size() <= slot) paths.wants_elements.resize(slot + 1, false);
  paths.wants_elements[slot] = true;
}

std::string path_of(const mapping::PathTree& tree, std::uint16_t slot) {
  return slot < tree.slot_paths.size() ? tree.slot_paths[slot] : std::string();
}

RowSource make_source(const mapping::TopicPlan& plan, const mapping::ColumnSource& from, mapping::ColumnType column,
                      Metadata& metadata) {
  RowSource source;
  source.inside = from.inside;
  if (from.kind == SourceKind::field) {
    source.array = from.array;
    source.slot = from.slot;
    if (from.array < 0) {
      source.path = path_of(plan.message, from.slot);
    } else {
      const auto& array = plan.arrays[static_cast<std::size_t>(from.array)];
      const std::string inner = path_of(array.element, from.slot);
      source.path = array.path + "[]" + (inner.empty() ? "" : "." + inner);
    }
  } else if (from.kind == SourceKind::element_index) {
    source.array = from.array;
    source.element_index = true;
    source.path = plan.arrays[static_cast<std::size_t>(from.array)].path + "[]";
  } else {
    source.slot = static_cast<std::uint16_t>(plan.message.slots + metadata.slot(from, column));
    source.path = Metadata::name(from);
  }
  return source;
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
  decode::WantedPaths root;
  root.tree.nodes[0].slot = 0;
  root.tree.slots = 1;
  root.wants_elements = {codec.wants_elements()};
  decode::JsonDecoder decoder(root, {});
  result.reject = decoder.decode_any(*column.default_json);
  if (result.reject) return result;
  const decode::JsonValue& value = decoder.slot(0);
  result.is_null = !value.present();
  if (result.is_null) return result;
  ByteBuffer field;
  Scratch scratch(nul);
  const Conversion done = codec.append(value, decoder, scratch, field);
  if (done == Conversion::ok) {
    result.field = std::string(field.view());
  } else {
    result.reject = conversion_reject(column.info, "defaults." + column.info.name, value, done);
  }
  return result;
}

RowPlan::RowPlan(const mapping::TopicPlan& topic_plan, std::string topic) : metadata(std::move(topic)) {
  message.tree = topic_plan.message;
  elements.resize(topic_plan.arrays.size());
  for (std::size_t i = 0; i < elements.size(); ++i) elements[i].tree = topic_plan.arrays[i].element;

  for (const auto& table_plan : topic_plan.tables) {
    RowTable& table = tables.emplace_back();
    table.binary = table_plan.binary;
    table.tracks_present = table_plan.conflict_strategy == mapping::ConflictStrategy::update;
    table.columns.reserve(table_plan.columns.size());
    for (const auto& column_plan : table_plan.columns) {
      RowColumn& column = table.columns.emplace_back(
          RowColumn{ColumnCodec(column_plan, table_plan.binary), {}, -1, Absent::field, {}, {}, &column_plan, false});
      for (const auto& from : column_plan.sources) {
        // timestamp_ms takes nothing but a number, which is what a number column gets of the record's time.
        const bool as_number = column_plan.value_type == mapping::ValueType::timestamp_ms;
        const auto form = as_number ? mapping::ColumnType::int8 : column_plan.info.type;
        column.sources.push_back(make_source(topic_plan, from, form, metadata));
        const RowSource& source = column.sources.back();
        column.of_element |= source.array >= 0;
        const bool is_field = from.kind == SourceKind::field;
        if (!is_field || !column.codec.wants_elements()) continue;
        want_elements(source.array < 0 ? message : elements[static_cast<std::size_t>(source.array)], source.slot);
      }
      if (!column.sources.empty()) {
        const RowSource& first = column.sources.front();
        if (first.array < 0 && first.inside < 0) column.first_slot = first.slot;
      }
      choose_absent(column_plan, topic_plan.nul, column);
      if (column.absent == Absent::omit) {
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
}

}  // namespace loom::encode
