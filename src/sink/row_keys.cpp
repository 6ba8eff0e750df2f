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
  if (place.is_length) return fields;
  std::vector<std::string_view> values;
  values.reserve(table.key.size());
  for (const auto column : table.key) {
    if (place.set->omitted.test(column)) continue;
    values.push_back(fields.at(column - place.set->omitted.count_before(column)));
  }
  return values;
}

RowKey RowKeys::of(const RowPlace& place, std::size_t index) const {
  if (numbers_ != nullptr) {
    const KeyNumbers::Of& given = numbers_->at(index);
    return {place.is_length ? "" : number(given.key), number(given.list)};
  }
  RowKey out;
  const auto values = key_values(table_, place);
  if (values.size() < table_.key.size()) return out;  // a new value for each row, as far as anybody knows
  bool key_is_whole = !place.is_length;
  bool list_is_whole = surplus_ != nullptr;
  for (std::size_t i = 0; i < values.size(); ++i) {
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
