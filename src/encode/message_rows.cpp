#include "encode/message_rows.h"

#include <algorithm>
#include <cstring>
#include <utility>

#include "encode/reject_text.h"

namespace loom::encode {
namespace {

using decode::Value;
using mapping::SourceScope;

// The elements of a list repeat the message's base columns, so a message can grow far beyond its own size. One that
// grows beyond this is refused: it is an attack or a mistake, and row sets count bytes in 32 bits.
constexpr std::size_t kRowBytesPerMessage = std::size_t{256} << 20U;

}  // namespace

std::optional<Reject> MessageRows::append(const Message& message, std::uint32_t message_index, RowSets& sets) {
  if (plan->changes) return append_change(message, message_index, sets);
  if (is_tombstone(message)) return Reject{RejectReason::tombstone, "the record has no value", {}};
  if (auto reject = decode(message)) return reject;
  return waits() ? std::nullopt : append_message(message_index, sets);
}

std::optional<Reject> MessageRows::append_message(std::uint32_t message_index, RowSets& sets) {
  if (auto reject = check_required()) return reject;
  message_bytes = 0;
  for (std::size_t table = 0; table < rows.tables.size(); ++table) {
    if (auto reject = append_table(static_cast<std::uint16_t>(table), message_index, sets)) return reject;
  }
  for (std::size_t i = 0; i < plan->surplus.size(); ++i) append_length(i, message_index, sets);
  return std::nullopt;
}

// Of other formats no bytes can be a value: a Protobuf message whose fields all have their defaults.
bool MessageRows::is_tombstone(const Message& message) const {
  return !message.has_value || (plan->value_format.format == formats::Format::json && message.value.empty());
}

std::optional<Reject> MessageRows::decode(const Message& message) {
  awaits_schema = false;
  new_fields = nullptr;
  if (auto reject = decoder->decode(message.value, message)) return reject;
  awaits_schema = decoder->awaits_schema();
  new_fields = decoder->new_fields();
  if (key_decoder && !rows.key_on_demand) {
    if (auto reject = decode_key(message)) return reject;
  }
  if (waits()) return std::nullopt;
  if (auto reject = fill_metadata(message)) return reject;
  if (!rows.absent_values.empty()) forget_absent_values();
  return embedded.empty() ? std::nullopt : find_lists();
}

std::optional<Reject> MessageRows::decode_key(const Message& message) {
  if (auto reject = key_decoder->decode(message.has_key ? message.key : std::string_view(), message)) return reject;
  awaits_schema |= key_decoder->awaits_schema();
  // What a format without fields has is its root.
  const std::int16_t root = rows.key.message.tree.nodes[0].slot;
  if (root < 0) return std::nullopt;
  Value& slot = key_decoder->values().slot(static_cast<std::size_t>(root));
  if (rows.key.root && slot.kind == Value::Kind::absent) slot = key_decoder->values().root;
  // Where fields of it are wanted, it is no value by itself.
  if (slot.kind == Value::Kind::object && !rows.key.message.tree.nodes[0].children.empty()) {
    slot.kind = Value::Kind::absent;
  }
  return std::nullopt;
}

std::optional<Reject> MessageRows::fill_metadata(const Message& message) {
  if (rows.metadata.slots() == 0) return std::nullopt;
  const Value* const key = rows.key.root ? &key_decoder->values().root : nullptr;
  return rows.metadata.fill(message, values, plan->message.slots, key);
}

void MessageRows::forget_absent_values() {
  if (tells_nulls && !values.leaves_untold) {
    values.forget_if([this](const Value& value) {
      const bool untold = rows.absent_values(value);
      values.leaves_untold |= untold;
      return untold;
    });
  } else {
    values.forget_if(rows.absent_values);
  }
  if (key_decoder) key_decoder->values().forget_if(rows.absent_values);
}

std::optional<Reject> MessageRows::find_lists() {
  for (std::size_t i = 0; i < embedded.size(); ++i) {
    const Value& value = values.array(i).value;
    Embedded& list = embedded[i];
    list.in_use = false;
    if (value.kind == Value::Kind::array) continue;
    const bool is_message = plan->message.nodes[0].array == static_cast<std::int16_t>(i);
    if (!value.present() && !is_message) continue;
    if (value.kind == Value::Kind::string) {
      if (!list.decoder) {
        decode::Wanted root;
        root.message.tree.nodes[0].array = 0;
        root.elements.push_back(rows.message.elements[i]);
        list.decoder = std::make_unique<decode::JsonDecoder>(root);
      }
      list.in_use =
          !list.decoder->decode_any(value.text) && list.decoder->values().array(0).value.kind == Value::Kind::array;
      if (list.in_use) {
        if (!rows.absent_values.empty()) list.decoder->values().forget_if(rows.absent_values);
        continue;
      }
    }
    return Reject{RejectReason::conversion_failed,
                  "source \"" + plan->arrays[i].path + "\": " + show_value(value) + " is not a list",
                  {}};
  }
  return std::nullopt;
}

std::optional<Reject> MessageRows::check_required() {
  for (const RowRequired& field : rows.required) {
    bool found = false;
    for (const RowSource& source : field.sources) found = found || required_found(source);
    if (found) continue;
    return Reject{RejectReason::missing_required_field, "required field \"" + field.name + "\" is missing or null", {}};
  }
  return std::nullopt;
}

// A field of elements is required of every element, and of a list that has none.
bool MessageRows::required_found(const RowSource& source) {
  if (source.scope != SourceScope::element) return find(source, {}).present();
  const std::uint32_t count = list_size(static_cast<std::size_t>(source.array));
  for (std::uint32_t i = 0; i < count; ++i) {
    if (!find(source, {source.array, i}).present()) return false;
  }
  return count != 0;
}

/// A value of an element or of the key.
const Value& MessageRows::find_elsewhere(const RowSource& source, Element element) {
  static constexpr Value kAbsent{};
  if (source.array != element.array) {
    return source.scope == SourceScope::key ? key_decoder->values().slot(source.slot) : kAbsent;
  }
  if (!source.element_index) {
    const auto array = static_cast<std::size_t>(source.array);
    return list_values(array).element_slots_of(list_index(array), element.index)[source.slot];
  }
  element_index_text.clear();
  char* const room = element_index_text.reserve(16);
  char* p = room + 16;
  std::uint32_t rest = element.index;
  do {
    *--p = static_cast<char>('0' + rest % 10);
    rest /= 10;
  } while (rest != 0);
  element_index.kind = Value::Kind::number;
  element_index.text = {p, static_cast<std::size_t>(room + 16 - p)};
  return element_index;
}

std::optional<Reject> MessageRows::append_table(std::uint16_t table, std::uint32_t message_index, RowSets& sets) {
  const mapping::TablePlan& table_plan = plan->tables[table];
  placed_in = nullptr;
  bool any = false;
  for (const std::int16_t array : table_plan.arrays) {
    const std::uint32_t count = list_size(static_cast<std::size_t>(array));
    for (std::uint32_t i = 0; i < count; ++i) {
      if (auto reject = append_row(table, {array, i}, message_index, sets)) return reject;
      any = true;
    }
  }
  if (any || !table_plan.row_without_elements) return std::nullopt;
  return append_row(table, {}, message_index, sets);
}

/// The way of nearly all fields. False: nothing was appended, and append_field() finds out what to do.
bool MessageRows::append_front(const RowColumn& column, const Scope& scope, ByteBuffer& out) {
  for (const std::uint16_t slot : column.front_slots) {
    const Value& value = scope.slots[slot];
    if (value.present()) return column.codec.append(value, *scope.values, scratch, out) == Conversion::ok;
  }
  return false;
}

MessageRows::Scope MessageRows::scope_of(Element element) {
  if (element.array < 0) return {values.slots.data(), &values};
  const auto array = static_cast<std::size_t>(element.array);
  const decode::Values& list = list_values(array);
  return {list.element_slots_of(list_index(array), element.index), &list};
}

std::optional<Reject> MessageRows::append_row(std::uint16_t table_index, Element element, std::uint32_t message_index,
                                              RowSets& sets) {
  const RowTable& table = rows.tables[table_index];
  ColumnBits omitted;
  for (const std::uint16_t column : table.omittable) {
    if (is_omitted(table.columns[column], element)) omitted.set(column);
  }
  RowSet& set = sets.at(static_cast<std::uint16_t>(first_table + table_index), omitted);
  const bool omits = !omitted.none();
  const std::size_t begin = set.bytes.size();
  const bool repeats = placed_in == &set;
  if (element.array >= 0 && places.size() < table.columns.size()) places.resize(table.columns.size());
  const Scope of_message = scope_of({});
  const Scope of_element = scope_of(element);
  const auto is_known = [&](const RowColumn& column) {
    return column.front_array < 0 || column.front_array == element.array;
  };
  ColumnBits present;
  if (table.binary) set.bytes.append_be16(0);
  std::uint16_t fields = 0;
  const RowColumn* const columns = table.columns.data();
  const std::size_t column_count = table.columns.size();
  for (std::size_t i = 0; i < column_count; ++i) {
    if (omits && omitted.test(i)) continue;
    const RowColumn& column = columns[i];
    if (!table.binary && fields != 0) set.bytes.append('\t');
    ++fields;
    const std::size_t field = set.bytes.size();
    bool had_value = false;
    if (repeats && !column.of_element) {
      const std::size_t size = places[i].end - places[i].begin;
      char* const room = set.bytes.reserve(size);  // first: it may move what is copied
      std::memcpy(room, set.bytes.data() + places[i].begin, size);
      set.bytes.advance(size);
      had_value = table.tracks_present && set.present.back().test(i);
    } else if (is_known(column) && append_front(column, column.front_array < 0 ? of_message : of_element, set.bytes)) {
      had_value = true;
    } else if (!append_field(column, element, set, had_value)) {
      set.bytes.truncate(begin);
      return std::exchange(failure, std::nullopt);
    }
    if (element.array >= 0) places[i] = {field, set.bytes.size()};
    if (had_value && table.tracks_present) present.set(i);
  }
  if (table.binary) {
    const std::uint16_t count = __builtin_bswap16(fields);
    std::memcpy(set.bytes.reserve(0) - (set.bytes.size() - begin), &count, sizeof count);
  } else {
    set.bytes.append('\n');
  }
  message_bytes += set.bytes.size() - begin;
  if (message_bytes > kRowBytesPerMessage) {
    set.bytes.truncate(begin);
    return Reject{RejectReason::out_of_range, "the message's lists make more than 256 MiB of rows", {}};
  }
  set.rows.push_back({message_index, static_cast<std::uint32_t>(begin)});
  if (table.tracks_present) set.present.push_back(std::move(present));
  if (table.tracks_sequence) set.sequence.push_back(element.index);
  placed_in = element.array >= 0 ? &set : nullptr;
  return std::nullopt;
}

/// PostgreSQL computes the column's default, since the message has no value for it.
bool MessageRows::is_omitted(const RowColumn& column, Element element) {
  return column.absent == Absent::omit &&
         std::none_of(column.sources.begin(), column.sources.end(), [&](const auto& s) {
           const Value& value = find(s, element);
           return value.present() || (tells_nulls && value.kind == Value::Kind::null);
         });
}

/// Who has no list of that key, since a value of it cannot be one, has no rows of it either.
void MessageRows::append_length(std::size_t surplus_index, std::uint32_t message_index, RowSets& sets) {
  const mapping::SurplusPlan& surplus = plan->surplus[surplus_index];
  const auto list = static_cast<std::size_t>(surplus.array);
  const bool is_there = values.array(list).value.present();
  if (!is_there && !surplus.also_without_list) return;
  const std::uint32_t length = is_there ? list_size(list) : 0;
  const RowTable& table = rows.tables[surplus.table];
  const auto& key = plan->tables[surplus.table].key;
  RowSource end;  // the index of the element behind the last one
  end.scope = SourceScope::element;
  end.array = surplus.array;
  end.element_index = true;
  for (const std::uint16_t column : key) {
    if (column != surplus.sequence && is_omitted(table.columns[column], {})) return;
  }
  RowSet& set = sets.lengths(first_surplus + surplus_index);
  const std::size_t begin = set.bytes.size();
  if (table.binary) set.bytes.append_be16(static_cast<std::uint16_t>(key.size()));
  for (std::size_t i = 0; i < key.size(); ++i) {
    if (!table.binary && i != 0) set.bytes.append('\t');
    const RowColumn& column = table.columns[key[i]];
    bool present = false;
    const bool done = key[i] == surplus.sequence ? column.codec.append(find(end, {surplus.array, length}), values,
                                                                       scratch, set.bytes) == Conversion::ok
                                                 : append_field(column, {}, set, present);
    if (!done) {
      failure.reset();
      set.bytes.truncate(begin);
      return;
    }
  }
  if (!table.binary) set.bytes.append('\n');
  set.rows.push_back({message_index, static_cast<std::uint32_t>(begin)});
  set.sequence.push_back(length);
}

bool MessageRows::append_field(const RowColumn& column, Element element, RowSet& set, bool& present) {
  for (std::size_t i = 0; i < column.sources.size(); ++i) {
    if (!find(column.sources[i], element).present()) continue;
    present = true;
    if (append_source(column, i, element, set.bytes)) {
      failure.reset();
      return true;
    }
  }
  if (failure) return false;
  if (column.plan->cleared || (tells_nulls && is_null(column, element))) {
    present = true;
    column.codec.append_null(set.bytes);
    return true;
  }
  if (column.absent == Absent::reject) {
    failure = column.absent_reject;
    return false;
  }
  append_absent(column, set.bytes);
  return true;
}

/// An event that says null means it: no default stands in for it.
bool MessageRows::is_null(const RowColumn& column, Element element) {
  return std::any_of(column.sources.begin(), column.sources.end(),
                     [&](const RowSource& source) { return find(source, element).kind == Value::Kind::null; });
}

bool MessageRows::append_source(const RowColumn& column, std::size_t index, Element element, ByteBuffer& out) {
  const RowSource& source = column.sources[index];
  const Value& value = find(source, element);
  if (value.kind == Value::Kind::object && source.inside >= 0) {
    // The path of a later source goes on inside this object: what it finds there is meant, rather than the whole.
    const auto inner = static_cast<std::size_t>(source.inside);
    if (find(column.sources[inner], element).present() && append_source(column, inner, element, out)) return true;
  }
  const Conversion done = column.codec.append(value, values_of(source), scratch, out);
  if (done == Conversion::ok) return true;
  if (!failure) failure = conversion_reject(column.plan->info, source.path, value, done);
  return false;
}

void MessageRows::append_absent(const RowColumn& column, ByteBuffer& out) {
  if (column.absent == Absent::ingestion_time && column.codec.append_instant(clock->wall_us(), values, scratch, out)) {
    return;
  }
  if (column.absent == Absent::ingestion_time) {
    column.codec.append_null(out);
  } else {
    out.append(std::string_view(column.absent_field));
  }
}

}  // namespace loom::encode
