#include "decode/new_fields.h"

#include "mapping/row_schema.h"

namespace loom::decode {

mapping::NewFields fields_beyond_plan(const Wanted& wanted, const formats::Schema& schema, const std::string& message) {
  mapping::NewFields fields;
  if (!wanted.known_fields) return fields;
  const auto changes = wanted.events ? mapping::Changes::debezium : mapping::Changes::none;
  const auto row = mapping::row_path(changes, schema, message);
  for (const std::string& name : mapping::row_fields(changes, schema, message)) {
    if (wanted.known_fields->count(name) != 0) continue;
    auto path = row;
    path.push_back({.name = name, .index = {}});
    if (auto field = mapping::field_at(schema, message, path)) fields.emplace(name, *field);
  }
  return fields;
}

}  // namespace loom::decode
