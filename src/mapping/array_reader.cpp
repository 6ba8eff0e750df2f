#include <array>
#include <string_view>

#include "mapping/choices.h"
#include "mapping/sources.h"
#include "mapping/table_names.h"
#include "mapping/topic_reader.h"
#include "mapping/unknown_key.h"

namespace loom::mapping {
namespace {

std::vector<ForeignKey> read_foreign_keys(const Entry& entry, const Place& place, Findings& findings) {
  std::vector<ForeignKey> keys;
  for (const auto& pair : entries_of(entry.value, place, findings)) {
    const Place here = place.inside(pair.key, pair.line);
    const auto parent = text_of(pair.value, here, findings);
    if (pair.value.IsNull() || (parent && parent->empty())) {
      findings.error(here, "names no column of the parent table");
    } else if (parent) {
      check_column_name(pair.key, here, findings);
      keys.push_back({pair.key, *parent, pair.line});
    }
  }
  return keys;
}

std::vector<ElementMapping> read_elements(const Entry& entry, const Place& place, Findings& findings) {
  std::vector<ElementMapping> elements;
  for (const auto& pair : entries_of(entry.value, place, findings)) {
    const Place here = place.inside(pair.key, pair.line);
    if (!check_source(pair.key, here, findings)) continue;
    const auto columns = names_of(pair.value, here, findings);
    if (columns.empty() && !pair.value.IsMap()) findings.warning(here, "names no column and is ignored");
    for (const auto& column : columns) {
      check_column_name(column, here, findings);
      elements.push_back({pair.key, column, pair.line});
    }
  }
  return elements;
}

ArrayMapping read_array(const Entry& entry, const Place& place, Findings& findings) {
  ArrayMapping array;
  array.path = entry.key;
  array.line = entry.line;
  bool has_elements = false;
  for (const auto& part : entries_of(entry.value, place, findings)) {
    const Place here = place.inside(part.key, part.line);
    if (part.key == "table") {
      if (!part.value.IsNull()) array.table = read_table_name(part.value, here, findings);
    } else if (part.key == "foreign_key_mapping") {
      array.foreign_key_mapping = read_foreign_keys(part, here, findings);
    } else if (part.key == "element_mappings") {
      has_elements = true;
      array.element_mappings = read_elements(part, here, findings);
      if (part.value.IsNull() || (part.value.IsMap() && array.element_mappings.empty())) {
        findings.error(here, "names no column; it maps an element's keys to columns");
      }
    } else if (part.key == "sequence_field") {
      const auto column = text_of(part.value, here, findings);
      if (column && !column->empty()) array.sequence_field = *column;
      check_column_name(column.value_or(""), here, findings);
    } else if (part.key == "surplus") {
      const auto text = text_of(part.value, here, findings);
      if (text) array.surplus = kSurpluses.find(*text);
      array.surplus_line = part.line;
      if (!array.surplus) findings.error(here, kSurpluses.refusal(text.value_or("")));
    } else if (part.key == "table_column_prefix" || part.key == "description") {
      text_of(part.value, here, findings);
    } else {
      constexpr std::array<std::string_view, 7> kKnown{
          "table",   "foreign_key_mapping", "element_mappings", "sequence_field",
          "surplus", "table_column_prefix", "description"};
      warn_of_unknown_key("an array mapping", part.key, kKnown, here, findings);
    }
  }
  if (!has_elements && (entry.value.IsMap() || entry.value.IsNull())) {
    findings.error(place.inside("element_mappings", 0), "is not there; it maps an element's keys to columns");
  }
  if (!array.table && !array.foreign_key_mapping.empty()) {
    findings.warning(place.inside("foreign_key_mapping", 0),
                     "is ignored without `table`: the elements become rows of the topic's own table");
    array.foreign_key_mapping.clear();
  }
  if (!array.table && array.surplus) {
    findings.warning(place.inside("surplus", 0), "is ignored without `table`: it is about the rows of a child table");
    array.surplus.reset();
  }
  return array;
}

}  // namespace

std::vector<ArrayMapping> read_array_mappings(const YAML::Node& node, const Place& place, Findings& findings) {
  std::vector<ArrayMapping> arrays;
  for (const auto& entry : entries_of(node, place, findings)) {
    const Place here = place.inside(entry.key, entry.line);
    if (check_array_path(entry.key, here, findings)) arrays.push_back(read_array(entry, here, findings));
  }
  return arrays;
}

}  // namespace loom::mapping
