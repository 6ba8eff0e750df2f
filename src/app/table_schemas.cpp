#include "app/table_schemas.h"

#include <chrono>
#include <memory>
#include <optional>
#include <utility>

#include "admin/first_records.h"
#include "admin/kafka_admin.h"
#include "decode/connect/schema_envelope.h"
#include "mapping/draft.h"

namespace loom::app {
namespace first_schemas {
namespace {

using mapping::CreateTable;

constexpr std::chrono::seconds kRecordsWithin{10};

/// The schema that Kafka Connect's converter put in front of a record's payload; nullptr: there is none.
std::shared_ptr<const formats::Schema> schema_of_record(std::string_view value) {
  decode::SchemaEnvelope envelope;
  const auto split = envelope.split(value);
  if (!split || split->schema.empty()) return nullptr;
  auto parsed = formats::parse_connect_schema(split->schema);
  if (!parsed) return nullptr;
  auto made = std::make_shared<formats::Schema>();
  made->format = formats::Format::json;
  made->text = split->schema;
  made->connect = std::make_shared<const formats::ConnectSchema>(std::move(*parsed));
  return made;
}

/// The schema of one of the first records; or why there is none.
mapping::TopicSchema first_schema(const settings::Config& config, const std::string& topic, std::string& why) {
  mapping::TopicSchema found{
      .schema = nullptr, .message = "", .name = "the first schema in " + topic, .is_only = false};
  try {
    const auto looked = admin::look_at_first_records(config.bootstrap_servers, config.rdkafka, topic, kRecordsWithin,
                                                     [&found](std::string_view value) {
                                                       found.schema = schema_of_record(value);
                                                       return found.schema != nullptr;
                                                     });
    if (looked == admin::FirstRecords::no_topic) why = "the topic does not exist yet";
    if (looked == admin::FirstRecords::none) {
      why = "none of its records (the first " + std::to_string(admin::kMostFirstRecords) +
            ", where there are more) has a schema beside its payload";
    }
  } catch (const admin::KafkaError& error) {
    why = error.what();
  }
  return found;
}

bool may_have_records_with_schemas(const mapping::TopicMapping& topic) {
  using formats::Format;
  const Format format = topic.value_format.format;
  return topic.changes != mapping::Changes::none && (format == Format::json || format == Format::automatic);
}

}  // namespace
}  // namespace first_schemas

TableSchemas table_schemas(const settings::Config& config, const mapping::MappingFile& file) {
  using namespace first_schemas;
  TableSchemas result{.file = {.path = file.path, .topics = {}}, .schemas = {}, .problems = {}};
  for (const mapping::TopicMapping& topic : file.topics) {
    mapping::Findings findings(file.path);
    const mapping::MappingFile alone{.path = file.path, .topics = {topic}};
    std::string why = "no schema is known of its messages";
    bool may_be_known_later = false;
    if (config.registry.exists() && has_registry_topics(alone)) {
      try {
        LatestSchemas latest = latest_schemas(config.registry, alone);
        result.schemas.merge(latest.schemas);
        for (auto& problem : latest.problems) {
          if (topic.create_table == CreateTable::from_schema) why = problem.message;
          result.problems.push_back(std::move(problem));
        }
      } catch (const RegistryUnavailable& unavailable) {
        why = unavailable.what();
        may_be_known_later = true;
      }
    }
    const bool from_schema = topic.create_table == CreateTable::from_schema;
    if (from_schema && topic.is_pattern) continue;  // with the first topic of that pattern
    bool is_known = mapping::schema_of(topic, result.schemas).schema != nullptr;
    if (from_schema && !is_known && !may_be_known_later && may_have_records_with_schemas(topic)) {
      auto found = first_schema(config, topic.topic, why);
      is_known = found.schema != nullptr;
      if (is_known) result.schemas[topic.topic] = std::move(found);
    }
    if (is_known || (!from_schema && !may_be_known_later)) {
      result.file.topics.push_back(topic);
      continue;
    }
    findings.error(mapping::place_of(topic, from_schema ? "create_table" : "format"),
                   std::string(kTableNotYet) + ": " + why);
    for (auto& problem : findings.take()) result.problems.push_back(std::move(problem));
  }
  return result;
}

}  // namespace loom::app
