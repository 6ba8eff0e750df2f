#include "mapping/from_schema.h"

#include "mapping/draft.h"
#include "mapping/table_names.h"

namespace loom::mapping {
namespace {

/// Of which a schema may be known, if only from some of its messages.
bool may_have_schema(const TopicMapping& topic) {
  using formats::Format;
  const Format format = topic.value_format.format;
  if (format == Format::text || format == Format::bytes) return false;
  return format != Format::json || topic.changes != Changes::none;
}

}  // namespace

void check_from_schema(const TopicMapping& topic, Findings& findings) {
  constexpr const char* kNoSchema =
      "needs messages that come with a schema: `format: avro`, `protobuf` or `auto`, or `changes: debezium`";
  if (topic.create_table == CreateTable::from_schema && !may_have_schema(topic)) {
    findings.error(place_of(topic, "create_table"), kNoSchema);
  }
  if (topic.evolve == Evolve::off) return;
  const Place place = place_of(topic, "evolve");
  if (!may_have_schema(topic)) {
    findings.error(place, kNoSchema);
  } else if (topic.value_format.format == formats::Format::json_schema) {
    findings.error(place, "does not go with `format: json_schema`, whose messages are read without their schemas");
  } else if (topic.value_format.schema != nullptr) {
    findings.error(place, "is for schemas that change, and the topic's is in " + topic.value_format.file);
  }
  if (!topic.is_minimal()) {
    findings.error(place,
                   "is for topics whose columns take the fields of their names: without field_mappings and "
                   "array_mappings");
  }
  if (!table_headers(topic).empty()) {
    findings.error(place, "does not go with tables that headers name");
  }
}

}  // namespace loom::mapping
