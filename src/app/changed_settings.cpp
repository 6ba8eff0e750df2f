#include "app/changed_settings.h"

#include <functional>
#include <string_view>

namespace loom::app {

namespace {

using settings::Config;

struct Setting {
  std::string_view name;
  bool by_reload;
  std::function<bool(const Config&, const Config&)> same;
  std::function<void(const Config& from, Config& to)> copy;
};

template <typename Get>
Setting setting(std::string_view name, bool by_reload, Get get) {
  return {.name = name,
          .by_reload = by_reload,
          .same = [get](const Config& a, const Config& b) { return get(a) == get(b); },
          .copy = [get](const Config& from, Config& to) { get(to) = get(from); }};
}

// Many parts hold the database's address, the group's name and how sessions are set up: they are the process.
const std::vector<Setting>& settings() {
  static const std::vector<Setting> all{
      setting(
          "LOOM_KAFKA_BOOTSTRAP_SERVERS", true, [](auto& c) -> auto& { return c.bootstrap_servers; }),
      setting(
          "LOOM_RDKAFKA_*", true, [](auto& c) -> auto& { return c.rdkafka; }),
      setting(
          "LOOM_KAFKA_BATCH_SIZE", true, [](auto& c) -> auto& { return c.batch_size; }),
      setting(
          "LOOM_KAFKA_BATCH_TIMEOUT", true, [](auto& c) -> auto& { return c.batch_timeout; }),
      setting(
          "LOOM_KAFKA_BATCH_MAX", true, [](auto& c) -> auto& { return c.batch_max; }),
      setting(
          "LOOM_KAFKA_BATCH_MAX_BYTES", true, [](auto& c) -> auto& { return c.batch_max_bytes; }),
      setting(
          "LOOM_KAFKA_MAX_POLL_RECORDS", true, [](auto& c) -> auto& { return c.max_poll_records; }),
      setting(
          "LOOM_KAFKA_AUTO_OFFSET_RESET", true, [](auto& c) -> auto& { return c.new_at_end; }),
      setting(
          "LOOM_KAFKA_OUT_OF_RANGE", true, [](auto& c) -> auto& { return c.log.out_of_range; }),
      setting(
          "LOOM_KAFKA_TRUNCATED", true, [](auto& c) -> auto& { return c.log.truncated; }),
      setting(
          "LOOM_DEAD_LETTER_MAX_RATIO", true, [](auto& c) -> auto& { return c.dead_letter_max_ratio; }),
      setting(
          "LOOM_DB_MIN_POOL_SIZE", true, [](auto& c) -> auto& { return c.database.pool_min; }),
      setting(
          "LOOM_DB_MAX_POOL_SIZE", true, [](auto& c) -> auto& { return c.database.pool_max; }),
      setting(
          "LOOM_TOPIC_MAPPINGS", true, [](auto& c) -> auto& { return c.topic_mappings; }),
      setting(
          "LOOM_TOPICS", true, [](auto& c) -> auto& { return c.topics; }),
      setting(
          "LOOM_TOPICS_EXCLUDE", true, [](auto& c) -> auto& { return c.topics_exclude; }),
      setting(
          "LOOM_AUTO_CREATE_TABLES", true, [](auto& c) -> auto& { return c.auto_create_tables; }),
      setting(
          "LOOM_LOG_LEVEL", true, [](auto& c) -> auto& { return c.log_level; }),
      setting(
          "LOOM_LOG_FORMAT", true, [](auto& c) -> auto& { return c.log_format; }),
      setting(
          "LOOM_DATABASE_URL", false, [](auto& c) -> auto& { return c.database.url; }),
      setting(
          "LOOM_KAFKA_GROUP_ID", false, [](auto& c) -> auto& { return c.database.consumer_group; }),
      setting(
          "LOOM_DB_SYNCHRONOUS_COMMIT", false, [](auto& c) -> auto& { return c.database.synchronous_commit; }),
      setting(
          "LOOM_DLQ", false, [](auto& c) -> auto& { return c.dead_letters; }),
      setting(
          "LOOM_DLQ_SUFFIX", false, [](auto& c) -> auto& { return c.dead_letter_suffix; }),
      setting(
          "LOOM_SCHEMA_REGISTRY_*", false, [](auto& c) -> auto& { return c.registry; }),
      setting(
          "LOOM_AUTO_MIGRATE", false, [](auto& c) -> auto& { return c.auto_migrate; }),
      setting(
          "LOOM_USE_DATABASE_CONFIG", false, [](auto& c) -> auto& { return c.use_database_config; }),
      setting(
          "LOOM_DATABASE_CONFIG_CACHE", false, [](auto& c) -> auto& { return c.database_config_cache; }),
      setting(
          "LOOM_HTTP_HOST", false, [](auto& c) -> auto& { return c.http_host; }),
      setting(
          "LOOM_HTTP_PORT", false, [](auto& c) -> auto& { return c.http_port; }),
      setting(
          "LOOM_WATCH_FILES", false, [](auto& c) -> auto& { return c.watch_files; }),
  };
  return all;
}

}  // namespace

ChangedSettings changed_settings(const Config& from, const Config& to) {
  ChangedSettings changed;
  for (const Setting& one : settings()) {
    if (!one.same(from, to)) (one.by_reload ? changed.taken : changed.restart).emplace_back(one.name);
  }
  return changed;
}

Config with_fixed_settings(const Config& from, Config to) {
  for (const Setting& one : settings()) {
    if (!one.by_reload) one.copy(from, to);
  }
  return to;
}

}  // namespace loom::app
