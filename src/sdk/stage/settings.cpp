#include "sdk/stage/settings.h"

#include <unistd.h>

#include <array>
#include <charconv>
#include <cstdlib>
#include <fstream>
#include <iterator>
#include <stdexcept>

#include "settings/config.h"

extern char** environ;  // NOLINT(readability-redundant-declaration): POSIX leaves the declaration to us

namespace loom::kafka {
namespace {

/// The names that the consumer service has, too: of the database and of Kafka.
bool is_shared(std::string_view name) {
  for (const std::string_view shared : {"LOOM_DATABASE_URL", "DATABASE_URL", "LOOM_KAFKA_BOOTSTRAP_SERVERS",
                                        "KAFKA_BOOTSTRAP_SERVERS", "LOOM_DLQ_SUFFIX", "LOOM_DATABASE_CONFIG_CACHE"}) {
    if (name == shared || name == std::string(shared) + "_FILE") return true;
  }
  return name.starts_with("LOOM_RDKAFKA_");
}

settings::Entries shared_entries() {
  settings::Entries entries;
  for (char** variable = environ; *variable != nullptr; ++variable) {
    const std::string_view text(*variable);
    const std::size_t equals = text.find('=');
    if (equals == std::string_view::npos || !is_shared(text.substr(0, equals))) continue;
    entries.emplace(text.substr(0, equals), text.substr(equals + 1));
  }
  return entries;
}

std::optional<std::string> read_secret(const std::string& path) {
  std::ifstream file(path);
  if (!file) return std::nullopt;
  return std::string(std::istreambuf_iterator<char>(file), {});
}

std::string variable(const char* name) {
  const char* value = std::getenv(name);
  return value == nullptr ? "" : value;
}

/// The first of them that is set.
std::string either(const char* name, const char* other) {
  const std::string value = variable(name);
  return value.empty() ? variable(other) : value;
}

std::string host_name() {
  std::array<char, 256> name{};
  return gethostname(name.data(), name.size() - 1) == 0 ? name.data() : "unknown-host";
}

}  // namespace

StageSettings stage::complete(StageSettings settings) {
  if (settings.service_name.empty()) throw std::runtime_error("a stage needs a service name");
  if (settings.topics.empty()) throw std::runtime_error("a stage needs a topic to consume");
  if (settings.dead_letter_suffix.empty()) throw std::runtime_error("a dead-letter topic's suffix may not be empty");
  if (settings.instance.empty()) settings.instance = host_name();
  return settings;
}

StageSettings stage_settings_from_environment(std::string service_name, std::vector<std::string> topics) {
  const settings::ConfigResult read = settings::parse_config(shared_entries(), {}, read_secret, {.database = false});
  std::string errors;
  for (const std::string& error : read.errors) errors += (errors.empty() ? "" : "; ") + error;

  StageSettings settings;
  settings.service_name = std::move(service_name);
  settings.topics = std::move(topics);
  settings.group_id = either("LOOM_KAFKA_GROUP_ID", "KAFKA_GROUP_ID");
  settings.bootstrap_servers = read.config.bootstrap_servers;
  settings.database_url = read.config.database.url;
  settings.rdkafka = read.config.rdkafka;
  settings.dead_letter_suffix = read.config.dead_letter_suffix;
  settings.config_cache = read.config.database_config_cache;
  settings.instance = variable("LOOM_STAGE_INSTANCE");
  if (const std::string text = variable("LOOM_STAGE_EXACTLY_ONCE"); !text.empty()) {
    settings.exactly_once = text == "true";
    if (text != "true" && text != "false") {
      errors += (errors.empty() ? "" : "; ") + std::string("LOOM_STAGE_EXACTLY_ONCE is true or false, not ") + text;
    }
  }
  if (const std::string text = variable("LOOM_STAGE_RETRIES"); !text.empty()) {
    const auto parsed = std::from_chars(text.data(), text.data() + text.size(), settings.retries);
    if (parsed.ec != std::errc() || parsed.ptr != text.data() + text.size() || settings.retries < 0) {
      errors += (errors.empty() ? "" : "; ") + std::string("LOOM_STAGE_RETRIES is a number from 0 on, not ") + text;
    }
  }
  if (!errors.empty()) throw std::runtime_error(errors);
  return settings;
}

}  // namespace loom::kafka
