#include "sink/row_keys.h"

#include "encode/row_builder.h"

namespace loom::sink {
namespace {

void append_value(std::string_view value, std::string& key) {
  if (value.data() == nullptr) {
    key += "-:";
    return;
  }
  key += std::to_string(value.size());
  key += ':';
  key += value;
}

std::string number(std::int64_t given) { return given == 0 ? "" : std::to_string(given); }

}  // namespace

std::vector<std::string_view> key_values(const mapping::TablePlan& table, const RowPlace& place) {
  auto fields = encode::split_row(place.set->row(place.row), table.binary);
  if (place.kind == RowPlace::Kind::length) return fields;
  if (place.kind == RowPlace::Kind::removal) {
    fields.resize(table.removed_by.size());
    return fields;
  }
  std::vector<std::string_view> values;
  values.reserve(table.key.size());
  for (const auto column : table.key) {
    if (place.set->omitted.test(column)) continue;
    values.push_back(fields.at(column - place.set->omitted.count_before(column)));
  }
  return values;
}

std::string RowKeys::owner_of(const RowPlace& place) const {
  std::string owner;
  const auto fields = encode::split_row(place.set->row(place.row), table_.binary);
  for (std::size_t i = 0; i < table_.removed_by.size(); ++i) {
    const std::uint16_t column = table_.removed_by[i];
    if (place.kind == RowPlace::Kind::row && place.set->omitted.test(column)) return {};
    append_value(
        place.kind == RowPlace::Kind::row ? fields.at(column - place.set->omitted.count_before(column)) : fields.at(i),
        owner);
  }
  return owner;
}

RowKey RowKeys::of(const RowPlace& place, std::size_t index) const {
  const bool of_child = !table_.removed_by.empty() && table_.removed_by != table_.key;
  RowKey out;
  if (of_child && place.kind != RowPlace::Kind::length) out.owner = owner_of(place);
  if (of_child && place.kind == RowPlace::Kind::removal) return out;
  if (numbers_ != nullptr) {
    const KeyNumbers::Of& given = numbers_->at(index);
    if (place.kind != RowPlace::Kind::length) out.key = number(given.key);
    out.list = number(given.list);
    return out;
  }
  const auto values = key_values(table_, place);
  if (values.size() < table_.key.size()) return out;  // a new value for each row, as far as anybody knows
  bool key_is_whole = place.kind != RowPlace::Kind::length;
  bool list_is_whole = surplus_ != nullptr;
  for (std::size_t i = 0; i < table_.key.size(); ++i) {
    const std::string_view value = values[i];
    const bool of_list = surplus_ != nullptr && table_.key[i] != surplus_->sequence;
    if (value.data() == nullptr && !table_.key_rules.nulls_equal) {
      key_is_whole = false;
      list_is_whole &= !of_list;
    }
    append_value(value, out.key);
    if (of_list) append_value(value, out.list);
  }
  if (!key_is_whole) out.key.clear();
  if (!list_is_whole) out.list.clear();
  return out;
}

}  // namespace loom::sink
