#include "settings/reference.h"

#include <array>

namespace loom::settings {
namespace {

constexpr std::array<SettingReference, 39> kSettings{{
    {"LOOM_DATABASE_URL", "DATABASE_URL", "", "required; its password never appears in a log"},
    {"LOOM_KAFKA_BOOTSTRAP_SERVERS", "KAFKA_BOOTSTRAP_SERVERS", "localhost:9092", "the brokers that are asked first"},
    {"LOOM_KAFKA_GROUP_ID", "KAFKA_GROUP_ID", "kafka-to-db-consumer", "the consumer group"},
    {"LOOM_TOPIC_MAPPINGS", "", "topic_mappings.yml", "the mapping file"},
    {"LOOM_TOPICS", "", "",
     "which topics of it this deployment consumes, where several share one file: names, or patterns that begin with "
     "`^`, with commas between them. Empty: all. Each deployment needs a group of its own"},
    {"LOOM_TOPICS_EXCLUDE", "", "", "which of these it does not, in the same way"},
    {"LOOM_KAFKA_BATCH_SIZE", "", "200", "rows after which a batch is due"},
    {"LOOM_KAFKA_BATCH_TIMEOUT", "", "0.5", "seconds after its first message: then it is due, too"},
    {"LOOM_KAFKA_BATCH_MAX", "", "20000", "rows up to which it may grow while the database is busy"},
    {"LOOM_KAFKA_BATCH_MAX_BYTES", "", "8 MiB", "and bytes"},
    {"LOOM_DB_MIN_POOL_SIZE", "", "20", "connections that stay; opened when there is work for them"},
    {"LOOM_DB_MAX_POOL_SIZE", "", "50", "connections at most"},
    {"LOOM_DB_SYNCHRONOUS_COMMIT", "", "false",
     "off is safe here: a crash loses rows and offsets together, and they are read again"},
    {"LOOM_KAFKA_AUTO_OFFSET_RESET", "KAFKA_AUTO_OFFSET_RESET", "earliest",
     "where a partition begins that neither the database nor Kafka knows an offset of. `latest`: what is there at the "
     "group's first assignment begins at its end; partitions and topics that appear later begin at their start"},
    {"LOOM_KAFKA_OUT_OF_RANGE", "", "earliest",
     "when the stored offset is not in the log any more: go on with what is there, with `latest`, or `stop` the topic"},
    {"LOOM_KAFKA_TRUNCATED", "", "resume",
     "when the log lost records that are stored, and others take their offsets: go on where the logs part, or `stop` "
     "the topic"},
    {"LOOM_DEAD_LETTER_MAX_RATIO", "", "1",
     "a topic stops when more than this share of its recent messages is bad, such as `0.1`; 1: never"},
    {"LOOM_DLQ", "", "table", "where messages go that cannot become rows: `table`, `topic` (`<topic>.dlq`) or `both`"},
    {"LOOM_DLQ_SUFFIX", "", ".dlq", "behind the topic's name"},
    {"LOOM_USE_DATABASE_CONFIG", "USE_DATABASE_CONFIG", "false",
     "consumer settings from the row of `kafka-to-db-consumer` in `pipeline_consumer_configs`, followed while it runs; "
     "metrics and lag are recorded beside it"},
    {"LOOM_DATABASE_CONFIG_CACHE", "", "300", "seconds after which that row is read again"},
    {"LOOM_KAFKA_MAX_POLL_RECORDS", "", "500",
     "messages that a worker takes of a partition at most before the next has its turn"},
    {"LOOM_AUTO_MIGRATE", "", "false", "do what `migrate` does, at the start of `run`"},
    {"LOOM_AUTO_CREATE_TABLES", "", "false", "do what `create-tables` does, at the start of `run`"},
    {"LOOM_HTTP_HOST", "", "0.0.0.0", "where the live page, `/status`, `/metrics` and the probes are"},
    {"LOOM_HTTP_PORT", "", "8001", "their port; 0: any free one, which is logged"},
    {"LOOM_WATCH_FILES", "", "true", "a changed mapping or configuration file is reloaded by itself"},
    {"LOOM_LOG_LEVEL", "LOG_LEVEL", "info", "trace, debug, info, warning, error, off"},
    {"LOOM_LOG_FORMAT", "", "auto", "text on a terminal, JSON elsewhere; or `text`, `json`"},
    {"LOOM_SCHEMA_REGISTRY_URL", "", "",
     "the schema registry, for topics in Avro, Protobuf or JSON with a schema's id; several with commas between them: "
     "copies of one registry. Apicurio's ends in `/apis/ccompat/v7`"},
    {"LOOM_SCHEMA_REGISTRY_USER", "", "", "to log in there; may stand in the URL with its password, too"},
    {"LOOM_SCHEMA_REGISTRY_PASSWORD", "", "", "its password, which never appears in a log"},
    {"LOOM_SCHEMA_REGISTRY_TOKEN", "", "", "a bearer token, instead of a user"},
    {"LOOM_SCHEMA_REGISTRY_CA_FILE", "", "",
     "certificates that the registry's is checked with, instead of the system's"},
    {"LOOM_SCHEMA_REGISTRY_CERT_FILE", "", "", "the service's own certificate, where the registry asks for one"},
    {"LOOM_SCHEMA_REGISTRY_KEY_FILE", "", "", "and its key"},
    {"LOOM_SCHEMA_REGISTRY_ID_BYTES", "", "4",
     "bytes of the id in front of a message: 4 as Confluent has it, 8 as Apicurio's serializers had it before 3.0"},
    {"LOOM_RDKAFKA_*", "", "", "any librdkafka property: `LOOM_RDKAFKA_SASL_MECHANISM` is `sasl.mechanism`"},
    {"..._FILE", "", "",
     "`LOOM_DATABASE_URL_FILE`, `LOOM_RDKAFKA_SASL_PASSWORD_FILE`, ...: read from that file, for mounted secrets"},
}};

}  // namespace

std::span<const SettingReference> setting_reference() { return kSettings; }

std::string render_settings(std::span<const SettingReference> settings) {
  std::string out;
  for (const SettingReference& setting : settings) {
    out += "  ";
    out += setting.name;
    if (!setting.also.empty()) out.append(", ").append(setting.also);
    if (!setting.standard.empty()) out.append(" (").append(setting.standard).append(")");
    out.append("\n      ").append(setting.about).append("\n");
  }
  return out;
}

std::string render_settings_markdown(std::span<const SettingReference> settings) {
  const auto code = [](std::string_view text) { return "`" + std::string(text) + "`"; };
  std::string out = "| name | default | |\n| --- | --- | --- |\n";
  for (const SettingReference& setting : settings) {
    out += "| " + code(setting.name) + (setting.also.empty() ? "" : ", " + code(setting.also)) + " | " +
           (setting.standard.empty() ? "" : code(setting.standard)) + " | ";
    out.append(setting.about).append(" |\n");
  }
  return out;
}

}  // namespace loom::settings
