#include "settings/config.h"

#include <unistd.h>

#include <algorithm>
#include <array>
#include <fstream>
#include <set>
#include <sstream>
#include <string_view>
#include <utility>

#include "base/similar.h"
#include "settings/database_url.h"
#include "settings/reference.h"
#include "settings/registry_url.h"
#include "settings/topic_list.h"
#include "text/values.h"

namespace loom::settings {
namespace {

constexpr std::string_view kRdkafkaPrefix = "LOOM_RDKAFKA_";
constexpr std::string_view kFileSuffix = "_FILE";

/// Names that scripts and tests of the project use; they are no settings, and no mistakes either.
constexpr std::array<std::string_view, 6> kOtherPrefixes{"LOOM_TEST_",      "LOOM_SERVERS_", "LOOM_KAFKA_HOME",
                                                         "LOOM_KAFKA_HEAP", "LOOM_CACHE",    "LOOM_REGISTRY_VERSION"};

bool is_forbidden(std::string_view property) {
  return property == "isolation.level" || property == "enable.partition.eof" || property.starts_with("enable.auto.");
}

/// Properties that have a setting of their own here: two names for one thing could differ.
constexpr std::array<std::pair<std::string_view, std::string_view>, 4> kOwnNames{
    {{"bootstrap.servers", "LOOM_KAFKA_BOOTSTRAP_SERVERS"},
     {"metadata.broker.list", "LOOM_KAFKA_BOOTSTRAP_SERVERS"},
     {"group.id", "LOOM_KAFKA_GROUP_ID"},
     {"auto.offset.reset", "LOOM_KAFKA_AUTO_OFFSET_RESET"}}};

std::string_view own_name_of(std::string_view property) {
  for (const auto& [name, own] : kOwnNames) {
    if (name == property) return own;
  }
  return {};
}

/// Kubernetes tells each pod of the services around it: one called `loom-http` makes LOOM_HTTP_PORT=tcp://10.0.0.7:80.
bool is_service_link(std::string_view name, std::string_view value) {
  return value.starts_with("tcp://") || value.starts_with("udp://") ||
         name.find("_SERVICE_HOST") != std::string_view::npos || name.find("_SERVICE_PORT") != std::string_view::npos ||
         name.find("_PORT_") != std::string_view::npos;
}

std::string rdkafka_property(std::string_view suffix) {
  std::string property = text::lower(suffix);
  std::replace(property.begin(), property.end(), '_', '.');
  return property;
}

bool is_other(std::string_view name) {
  return std::any_of(kOtherPrefixes.begin(), kOtherPrefixes.end(),
                     [&](std::string_view prefix) { return name.starts_with(prefix); });
}

/// Takes settings out of the entries one by one, notes what was wrong and, at the end, what nobody took.
class Reader {
 public:
  Reader(const Entries& environment, const Entries& file, const SecretReader& read_secret, ConfigResult& result)
      : environment_(environment), file_(file), read_secret_(read_secret), result_(result) {}

  struct Found {
    std::string name;
    std::string value;
  };

  /// The first of these names that has a value; in the environment first, then in the file. An empty value is none.
  std::optional<Found> take(std::initializer_list<std::string_view> names) {
    std::optional<Found> found;
    for (const Entries* entries : {&environment_, &file_}) {
      for (const std::string_view name : names) {
        for (const bool from_file : {false, true}) {
          const std::string full = std::string(name) + (from_file ? std::string(kFileSuffix) : std::string());
          const auto entry = entries->find(full);
          if (entry == entries->end()) continue;
          taken_.insert(full);
          if (found || text::trim(entry->second).empty() || is_service_link(full, entry->second)) continue;
          found = from_file ? secret(full, entry->second) : Found{full, std::string(text::trim(entry->second))};
        }
      }
    }
    return found;
  }

  template <typename Parse, typename Value>
  bool read(std::initializer_list<std::string_view> names, Parse parse, Value low, Value high,
            std::string_view accepted, Value& out) {
    const auto found = take(names);
    if (!found) return false;
    const auto value = parse(found->value);
    // Compared in the wider of the two types: 70000 must not become a port by wrapping around.
    using Parsed = typename decltype(value)::value_type;
    if (!value || *value < static_cast<Parsed>(low) || *value > static_cast<Parsed>(high)) {
      error(found->name, found->value, accepted);
      return false;
    }
    out = static_cast<Value>(*value);
    return true;
  }

  void read_text(std::initializer_list<std::string_view> names, std::string& out) {
    if (auto found = take(names)) out = std::move(found->value);
  }

  void read_topics(std::initializer_list<std::string_view> names, std::vector<std::string>& out) {
    const auto found = take(names);
    if (!found) return;
    out = split_topic_list(found->value);
    if (out.empty()) error(found->name, found->value, "names or patterns of topics, with commas between them");
  }

  void read_switch(std::initializer_list<std::string_view> names, bool& out) {
    read(names, text::parse_switch, false, true, "true or false", out);
  }

  template <typename Choice, std::size_t N>
  void read_choice(std::initializer_list<std::string_view> names,
                   const std::array<std::pair<std::string_view, Choice>, N>& choices, std::string_view accepted,
                   Choice& out) {
    const auto found = take(names);
    if (!found) return;
    const std::string word = text::lower(found->value);
    for (const auto& [name, choice] : choices) {
      if (word != name) continue;
      out = choice;
      return;
    }
    error(found->name, found->value, accepted);
  }

  void read_rdkafka(std::map<std::string, std::string>& out) {
    // The file first, so that the environment overwrites it.
    for (const Entries* entries : {&file_, &environment_}) {
      for (const auto& [name, value] : *entries) {
        if (!name.starts_with(kRdkafkaPrefix)) continue;
        taken_.insert(name);
        read_rdkafka_entry(name, value, out);
      }
    }
  }

  void warn_of_the_rest() {
    for (const Entries* entries : {&environment_, &file_}) {
      for (const auto& [name, value] : *entries) {
        const bool ours = entries == &file_ || name.starts_with("LOOM_");
        if (ours && taken_.count(name) == 0 && !is_other(name) && !is_service_link(name, value)) {
          result_.warnings.push_back("unknown setting " + name + " is ignored" + meant_by(name));
        }
      }
    }
  }

 private:
  void error(const std::string& name, const std::string& value, std::string_view accepted) {
    result_.errors.push_back(name + " is \"" + value + "\", but takes " + std::string(accepted));
  }

  /// `; did you mean LOOM_...?`, where a name is near.
  static std::string meant_by(const std::string& name) {
    std::vector<std::string_view> known;
    for (const SettingReference& setting : setting_reference()) known.push_back(setting.name);
    const std::string_view similar = similar_name(name, known);
    return similar.empty() ? std::string() : "; did you mean " + std::string(similar) + "?";
  }

  std::optional<Found> secret(const std::string& name, const std::string& path) {
    auto content = read_secret_(std::string(text::trim(path)));
    if (!content) {
      result_.errors.push_back(name + ": the file " + std::string(text::trim(path)) + " cannot be read");
      return std::nullopt;
    }
    return Found{name, std::string(text::trim(*content))};
  }

  void read_rdkafka_entry(const std::string& name, const std::string& value, std::map<std::string, std::string>& out) {
    std::string_view suffix = std::string_view(name).substr(kRdkafkaPrefix.size());
    const bool from_file = suffix.ends_with(kFileSuffix);
    if (from_file) suffix.remove_suffix(kFileSuffix.size());
    const std::string property = rdkafka_property(suffix);
    if (property.empty()) {
      result_.errors.push_back(name + " names no librdkafka property");
    } else if (const auto own = own_name_of(property); !own.empty()) {
      result_.errors.push_back(name + ": " + property + " has a setting of its own, " + std::string(own));
    } else if (is_forbidden(property)) {
      result_.errors.push_back(name + ": " + property +
                               " cannot be set, since storing each message once depends on it");
    } else if (!from_file) {
      out[property] = value;
    } else if (auto found = secret(name, value)) {
      out[property] = std::move(found->value);
    }
  }

  const Entries& environment_;
  const Entries& file_;
  const SecretReader& read_secret_;
  ConfigResult& result_;
  std::set<std::string> taken_;
};

void read_database(Reader& reader, ConfigResult& result, ConfigNeeds needs) {
  sink::DatabaseSettings& database = result.config.database;
  reader.read_text({"LOOM_DATABASE_URL", "DATABASE_URL"}, database.url);
  if (database.url.empty() && needs.database) {
    result.errors.emplace_back(
        "LOOM_DATABASE_URL (or DATABASE_URL) is not set: where is the database? "
        "For example postgresql://user:password@host:5432/name");
  }
  // Other drivers' URLs are accepted by the service that this one takes over from.
  for (const std::string_view scheme : {"postgresql+asyncpg://", "postgresql+psycopg2://", "postgresql+psycopg://"}) {
    if (database.url.starts_with(scheme)) database.url = "postgresql://" + database.url.substr(scheme.size());
  }
  if (const std::string problem = database_url_problem(database.url); !database.url.empty() && !problem.empty()) {
    result.errors.push_back("LOOM_DATABASE_URL (or DATABASE_URL) " + problem);
  }
  constexpr std::size_t kMost = 1000;
  const bool has_min = reader.read({"LOOM_DB_MIN_POOL_SIZE"}, text::parse_count, std::size_t{0}, kMost,
                                   "a number from 0 to 1000", database.pool_min);
  const bool has_max = reader.read({"LOOM_DB_MAX_POOL_SIZE"}, text::parse_count, std::size_t{1}, kMost,
                                   "a number from 1 to 1000", database.pool_max);
  if (database.pool_min > database.pool_max) {
    if (has_min && has_max) {
      result.errors.push_back("LOOM_DB_MIN_POOL_SIZE is " + std::to_string(database.pool_min) +
                              ", more than LOOM_DB_MAX_POOL_SIZE, which is " + std::to_string(database.pool_max));
    } else if (has_min) {
      database.pool_max = database.pool_min;
    } else {
      database.pool_min = database.pool_max;
    }
  }
  reader.read_switch({"LOOM_DB_SYNCHRONOUS_COMMIT"}, database.synchronous_commit);
}

void read_batches(Reader& reader, ConfigResult& result) {
  using std::chrono::milliseconds;
  Config& config = result.config;
  constexpr std::size_t kMostRows = 1'000'000;
  const bool has_size = reader.read({"LOOM_KAFKA_BATCH_SIZE"}, text::parse_count, std::size_t{1}, kMostRows,
                                    "a number of rows from 1 to 1000000", config.batch_size);
  reader.read({"LOOM_KAFKA_BATCH_TIMEOUT"}, text::parse_duration, milliseconds(1), milliseconds(3'600'000),
              "seconds from 0.001 to 3600", config.batch_timeout);
  const bool has_max = reader.read({"LOOM_KAFKA_BATCH_MAX"}, text::parse_count, std::size_t{1}, kMostRows,
                                   "a number of rows from 1 to 1000000", config.batch_max);
  reader.read({"LOOM_KAFKA_BATCH_MAX_BYTES"}, text::parse_bytes, std::size_t{64} * 1024,
              std::size_t{1024} * 1024 * 1024, "bytes from 64 KiB to 1 GiB, such as 8388608 or \"8 MiB\"",
              config.batch_max_bytes);
  if (config.batch_size <= config.batch_max) return;
  if (has_size && has_max) {
    result.errors.push_back("LOOM_KAFKA_BATCH_SIZE is " + std::to_string(config.batch_size) +
                            ", more than LOOM_KAFKA_BATCH_MAX, which is " + std::to_string(config.batch_max));
  } else if (has_size) {
    config.batch_max = config.batch_size;
  } else {
    config.batch_size = config.batch_max;
  }
}

void read_policies(Reader& reader, Config& config) {
  reader.read({"LOOM_KAFKA_MAX_POLL_RECORDS"}, text::parse_count, std::size_t{1}, std::size_t{5000},
              "a number from 1 to 5000", config.max_poll_records);
  constexpr std::array<std::pair<std::string_view, bool>, 2> kNew{{{"earliest", false}, {"latest", true}}};
  reader.read_choice({"LOOM_KAFKA_AUTO_OFFSET_RESET", "KAFKA_AUTO_OFFSET_RESET"}, kNew, "earliest or latest",
                     config.new_at_end);
  constexpr std::array<std::pair<std::string_view, OutOfRange>, 3> kOutOfRange{
      {{"earliest", OutOfRange::earliest}, {"latest", OutOfRange::latest}, {"stop", OutOfRange::stop}}};
  reader.read_choice({"LOOM_KAFKA_OUT_OF_RANGE"}, kOutOfRange, "earliest, latest or stop", config.log.out_of_range);
  constexpr std::array<std::pair<std::string_view, Truncated>, 2> kTruncated{
      {{"resume", Truncated::resume}, {"stop", Truncated::stop}}};
  reader.read_choice({"LOOM_KAFKA_TRUNCATED"}, kTruncated, "resume or stop", config.log.truncated);
  reader.read({"LOOM_DEAD_LETTER_MAX_RATIO"}, text::parse_ratio, 0.0, 1.0, "a share from 0 to 1, such as 0.1 or 10%",
              config.dead_letter_max_ratio);
}

void read_dead_letters(Reader& reader, ConfigResult& result) {
  Config& config = result.config;
  constexpr std::array<std::pair<std::string_view, DeadLetterTarget>, 3> kTargets{
      {{"table", DeadLetterTarget::table}, {"topic", DeadLetterTarget::topic}, {"both", DeadLetterTarget::both}}};
  reader.read_choice({"LOOM_DLQ"}, kTargets, "table, topic or both", config.dead_letters);
  reader.read_text({"LOOM_DLQ_SUFFIX"}, config.dead_letter_suffix);
  const bool good = std::all_of(config.dead_letter_suffix.begin(), config.dead_letter_suffix.end(), [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '.' || c == '_' ||
           c == '-';
  });
  if (!good) {
    result.errors.push_back("LOOM_DLQ_SUFFIX is \"" + config.dead_letter_suffix +
                            "\", but a topic's name takes only letters, digits, '.', '_' and '-'");
  }
}

// No message shows a URL, since it may hold a password.
void read_registry(Reader& reader, ConfigResult& result) {
  registry::RegistrySettings& registry = result.config.registry;
  std::string urls;
  reader.read_text({"LOOM_SCHEMA_REGISTRY_URL"}, urls);
  reader.read_text({"LOOM_SCHEMA_REGISTRY_USER"}, registry.user);
  reader.read_text({"LOOM_SCHEMA_REGISTRY_PASSWORD"}, registry.password);
  reader.read_text({"LOOM_SCHEMA_REGISTRY_TOKEN"}, registry.token);
  reader.read_text({"LOOM_SCHEMA_REGISTRY_CA_FILE"}, registry.ca_file);
  reader.read_text({"LOOM_SCHEMA_REGISTRY_CERT_FILE"}, registry.cert_file);
  reader.read_text({"LOOM_SCHEMA_REGISTRY_KEY_FILE"}, registry.key_file);
  std::size_t bytes = 4;
  reader.read({"LOOM_SCHEMA_REGISTRY_ID_BYTES"}, text::parse_count, std::size_t{4}, std::size_t{8}, "4 or 8", bytes);
  registry.id_bytes = static_cast<int>(bytes);
  if (bytes != 4 && bytes != 8) {
    result.errors.push_back("LOOM_SCHEMA_REGISTRY_ID_BYTES is \"" + std::to_string(bytes) + "\", but takes 4 or 8");
  }
  for (const std::string& problem : take_registry_urls(urls, registry)) {
    result.errors.push_back("LOOM_SCHEMA_REGISTRY_URL " + problem);
  }
  for (const std::string& problem : registry_login_problems(registry)) result.errors.push_back(problem);
}

void read_service(Reader& reader, ConfigResult& result) {
  Config& config = result.config;
  reader.read_text({"LOOM_TOPIC_MAPPINGS"}, config.topic_mappings);
  reader.read_topics({"LOOM_TOPICS"}, config.topics);
  reader.read_topics({"LOOM_TOPICS_EXCLUDE"}, config.topics_exclude);
  reader.read_switch({"LOOM_WATCH_FILES"}, config.watch_files);
  reader.read_switch({"LOOM_AUTO_CREATE_TABLES"}, config.auto_create_tables);
  reader.read_switch({"LOOM_AUTO_MIGRATE"}, config.auto_migrate);
  reader.read_switch({"LOOM_USE_DATABASE_CONFIG", "USE_DATABASE_CONFIG"}, config.use_database_config);
  int cache = static_cast<int>(config.database_config_cache.count());
  reader.read({"LOOM_DATABASE_CONFIG_CACHE"}, text::parse_count, 1, 86'400, "seconds from 1 to 86400", cache);
  config.database_config_cache = std::chrono::seconds(cache);
  reader.read_text({"LOOM_HTTP_HOST"}, config.http_host);
  reader.read({"LOOM_HTTP_PORT"}, text::parse_count, std::uint16_t{0}, std::uint16_t{65535}, "a port from 0 to 65535",
              config.http_port);
  constexpr std::array<std::pair<std::string_view, LogLevel>, 8> kLevels{{{"trace", LogLevel::trace},
                                                                          {"debug", LogLevel::debug},
                                                                          {"info", LogLevel::info},
                                                                          {"warning", LogLevel::warning},
                                                                          {"warn", LogLevel::warning},
                                                                          {"error", LogLevel::error},
                                                                          {"critical", LogLevel::error},
                                                                          {"off", LogLevel::off}}};
  reader.read_choice({"LOOM_LOG_LEVEL", "LOG_LEVEL"}, kLevels, "trace, debug, info, warning, error or off",
                     config.log_level);
  constexpr std::array<std::pair<std::string_view, LogFormat>, 3> kFormats{
      {{"auto", LogFormat::automatic}, {"text", LogFormat::text}, {"json", LogFormat::json}}};
  reader.read_choice({"LOOM_LOG_FORMAT"}, kFormats, "auto, text or json", config.log_format);
}

std::optional<std::string> read_file(const std::string& path) {
  std::ifstream in(path, std::ios::binary);
  if (!in) return std::nullopt;
  std::ostringstream content;
  content << in.rdbuf();
  if (in.bad()) return std::nullopt;
  return content.str();
}

Entries process_environment() {
  Entries entries;
  for (char** entry = environ; entry != nullptr && *entry != nullptr; ++entry) {
    const std::string_view text(*entry);
    const std::size_t equals = text.find('=');
    if (equals != std::string_view::npos) entries.emplace(text.substr(0, equals), text.substr(equals + 1));
  }
  return entries;
}

}  // namespace

ConfigResult parse_config(const Entries& environment, const Entries& file, const SecretReader& read_secret,
                          ConfigNeeds needs) {
  ConfigResult result;
  result.config.database.consumer_group = "kafka-to-db-consumer";
  Reader reader(environment, file, read_secret, result);
  read_database(reader, result, needs);
  reader.read_text({"LOOM_KAFKA_BOOTSTRAP_SERVERS", "KAFKA_BOOTSTRAP_SERVERS"}, result.config.bootstrap_servers);
  reader.read_text({"LOOM_KAFKA_GROUP_ID", "KAFKA_GROUP_ID"}, result.config.database.consumer_group);
  read_batches(reader, result);
  read_policies(reader, result.config);
  read_dead_letters(reader, result);
  read_registry(reader, result);
  read_service(reader, result);
  reader.read_rdkafka(result.config.rdkafka);
  reader.warn_of_the_rest();
  return result;
}

ConfigResult load_config(const std::optional<std::string>& file, ConfigNeeds needs) {
  Entries file_entries;
  std::vector<std::string> file_errors;
  if (file) {
    if (const auto content = read_file(*file)) {
      file_entries = parse_config_yaml(*content, *file, file_errors);
    } else {
      file_errors.push_back("the configuration file " + *file + " cannot be read");
    }
  }
  ConfigResult result = parse_config(process_environment(), file_entries, read_file, needs);
  result.config.file = file;
  result.errors.insert(result.errors.begin(), file_errors.begin(), file_errors.end());
  return result;
}

}  // namespace loom::settings
