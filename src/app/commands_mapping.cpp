#include <unistd.h>

#include <algorithm>
#include <iostream>
#include <optional>
#include <set>
#include <utility>

#include "app/commands.h"
#include "app/mapping_input.h"
#include "app/registry_schemas.h"
#include "app/schema_registry.h"
#include "base/plural.h"
#include "base/wrong_setting.h"
#include "decode/base64.h"
#include "encode/schema_check.h"
#include "infer/draft.h"
#include "infer/read.h"
#include "infer/yaml.h"
#include "mapping/ddl.h"
#include "mapping/draft.h"
#include "mapping/table_names.h"
#include "mapping/topic_pattern.h"
#include "pipeline/compile_topic.h"
#include "preview/input_lines.h"
#include "preview/preview.h"
#include "preview/render.h"
#include "schema/migrations.h"
#include "schema/storage_upkeep.h"
#include "sink/catalog_reader.h"

namespace loom::app {

namespace {

std::size_t count(const std::vector<mapping::Problem>& problems, mapping::Severity severity) {
  return static_cast<std::size_t>(std::count_if(problems.begin(), problems.end(),
                                                [&](const auto& problem) { return problem.severity == severity; }));
}

/// The service's own tables, without which `run` would not start.
void check_migrations(const settings::Config& config, std::vector<mapping::Problem>& problems) {
  std::string missing;
  for (const auto& migration : schema::Migrator(config.database.url).status()) {
    if (migration.state == schema::MigrationState::pending) {
      missing += (missing.empty() ? "" : ", ") + migration.version;
    }
  }
  if (missing.empty()) return;
  // With LOOM_AUTO_MIGRATE the service applies them itself.
  const auto severity = config.auto_migrate ? mapping::Severity::warning : mapping::Severity::error;
  problems.push_back(
      {severity, "", 0, "", "",
       "the database lacks migrations: " + missing + ". Run `migrate`" +
           (config.auto_migrate ? ", or leave it to `run` (LOOM_AUTO_MIGRATE)" : ", or set LOOM_AUTO_MIGRATE=true")});
}

/// Whether the tables are divided by time as the mapping says.
void compare_storage(const settings::Config& config, const mapping::MappingFile& file,
                     std::vector<mapping::Problem>& problems) {
  std::vector<const mapping::TopicMapping*> topics;
  std::vector<mapping::TimeTable> tables;
  for (const auto& topic : file.topics) {
    if (!topic.storage.is_wanted() || mapping::has_open_table_name(topic)) continue;
    if (topic.create_table == mapping::CreateTable::never) continue;
    topics.push_back(&topic);
    tables.push_back({topic.table, topic.storage});
  }
  if (tables.empty()) return;
  const schema::StorageComparison found = schema::compare_storage(config.database.url, tables);
  mapping::Findings findings(file.path);
  for (const schema::StorageDifference& difference : found.differences) {
    const mapping::TableName& table = difference.table;
    const auto topic = std::find_if(topics.begin(), topics.end(), [&](const auto* one) { return one->table == table; });
    findings.warning(mapping::place_of(**topic, (*topic)->storage.hypertable ? "hypertable" : "partition"),
                     "`" + table.display() + "` " + difference.text);
  }
  for (const auto& lack : found.lacks) findings.warning({}, lack);
  for (auto& problem : findings.take()) problems.push_back(std::move(problem));
}

void add(std::vector<mapping::Problem> found, std::vector<mapping::Problem>& problems) {
  std::move(found.begin(), found.end(), std::back_inserter(problems));
}

LatestSchemas asked_schemas(const settings::Config& config, const mapping::MappingFile& file) {
  if (!config.registry.exists()) throw WrongSetting("--registry needs LOOM_SCHEMA_REGISTRY_URL");
  return latest_schemas(config.registry, file);
}

/// What of the registry was looked at, for the line that says that all is well.
std::string checked(const mapping::TopicSchemas& schemas) {
  std::string names;
  for (const auto& schema : schemas) names += (names.empty() ? "; by " : ", ") + schema.second.name;
  return names;
}

void wait_for_terminal(const char* command) {
  if (isatty(STDIN_FILENO) == 0) return;
  std::cerr << command << " reads messages from standard input, one on a line, until Ctrl-D\n";
}

void read_base64(preview::InputLine& line) {
  const auto decoded = [&line](const std::string& text) {
    ByteBuffer bytes;
    if (decode::decode_base64(text, bytes)) return std::string(bytes.view());
    throw WrongSetting("line " + std::to_string(line.number) + " is not Base64, which --base64 says that it is");
  };
  line.value = decoded(line.value);
  if (line.key) line.key = decoded(*line.key);
}

/// Which topic the messages are of: the one that the user names, or the only one of the file.
const mapping::TopicMapping& chosen_topic(const mapping::MappingFile& file, const std::optional<std::string>& named) {
  if (!named && file.topics.size() == 1 && !file.topics[0].is_pattern) return file.topics[0];
  std::string list;
  for (const auto& name : topic_names(file)) list += (list.empty() ? "" : ", ") + name;
  if (!named) throw WrongSetting("which topic are the messages of? --topic T; " + file.path + " has: " + list);
  const mapping::TopicMapping* found = mapping::find_topic(file, *named);
  if (found == nullptr) throw WrongSetting(why_not_mapped(file, *named));
  return *found;
}

preview::InputHeaders read_headers(const std::vector<std::string>& given) {
  preview::InputHeaders headers;
  for (const std::string& header : given) {
    const std::size_t at = header.find('=');
    if (at == std::string::npos || at == 0) throw WrongSetting("--header is " + header + ", but takes NAME=VALUE");
    headers.emplace_back(header.substr(0, at), header.substr(at + 1));
  }
  return headers;
}

/// The topic's plan, against the real tables or those that create-tables would make; nothing after its problems were
/// printed. `mapping`: one of the file's. `tables`: what headers say, mostly nothing.
std::optional<mapping::TopicPlan> plan_of(const settings::Config& config, const mapping::MappingFile& file,
                                          const mapping::TopicMapping& mapping, const std::string& topic,
                                          const std::set<mapping::TableValues>& tables, bool database) {
  const auto concrete = pipeline::concrete_topics(mapping, topic, tables);
  mapping::CompileResult compiled;
  if (database) {
    const auto real = sink::DatabaseCatalog::read(config.database.url, pipeline::tables_of(concrete));
    compiled = pipeline::compile_topic(mapping, concrete, real, file.path);
  } else {
    mapping::MappingFile all = mapping::with_known_tables(file);  // topics may share tables
    for (const auto& one : concrete) all.topics.push_back(one.mapping);
    std::vector<mapping::Problem> of_tables;  // other topics', too
    const mapping::DefinedCatalog defined(mapping::table_definitions(all, of_tables, mapping::TablesOf::all_topics));
    compiled = pipeline::compile_topic(mapping, concrete, defined, file.path);
  }
  print(compiled.problems);
  return std::move(compiled.plan);
}

}  // namespace

int validate_mapping(const settings::Config& config, const ValidateOptions& options) {
  std::vector<mapping::Problem> all;
  const auto file = load_or_complain(config, options.file, &all);
  if (!file) return kWrongConfiguration;
  const LatestSchemas latest = options.registry ? asked_schemas(config, *file) : LatestSchemas();
  std::vector<mapping::Problem> problems;
  const mapping::DefinedCatalog defined(
      mapping::table_definitions(*file, problems, mapping::TablesOf::creating_topics, latest.schemas));
  std::optional<sink::DatabaseCatalog> real;
  if (options.database) {
    problems.clear();
    check_migrations(config, problems);
    real = sink::DatabaseCatalog::read(config.database.url, pipeline::tables_of(mapping::with_known_tables(*file)));
  }
  for (const auto& topic : file->topics) {
    // Which tables a pattern's topics have is not known here: they are taken as create-tables would make them.
    const bool in_database = real && !mapping::has_open_table_name(topic);
    const mapping::Catalog& catalog = in_database ? static_cast<const mapping::Catalog&>(*real) : defined;
    auto compiled = pipeline::compile_topic(topic, catalog, file->path);
    add(std::move(compiled.problems), problems);
    const mapping::TopicSchema schema = mapping::schema_of(topic, latest.schemas);
    if (compiled.plan && schema.schema != nullptr) {
      add(encode::check_schema(topic, *compiled.plan, schema, file->path), problems);
    }
  }
  if (options.database) compare_storage(config, *file, problems);
  add(latest.problems, problems);
  print(problems);
  all.insert(all.end(), problems.begin(), problems.end());
  if (mapping::has_errors(all)) return kWrongConfiguration;
  const std::size_t warnings = count(all, mapping::Severity::warning);
  if (options.strict && warnings != 0) {
    std::cerr << "error: " << plural(warnings, "warning") << ", which --strict counts\n";
    return kWrongConfiguration;
  }
  std::cout << file->path << ": " << topic_count(*file) << ", no errors"
            << (options.database ? ", and the tables fit" : "") << checked(latest.schemas) << '\n';
  return 0;
}

int try_mapping(const settings::Config& config, const TryOptions& options, std::istream& messages) {
  const auto file = load_or_complain(config, options.file);
  if (!file) return kWrongConfiguration;
  const mapping::TopicMapping& mapping = chosen_topic(*file, options.topic);
  const std::string topic = options.topic.value_or(mapping.topic);
  const preview::InputHeaders headers = read_headers(options.headers);
  auto plan = plan_of(config, *file, mapping, topic, {}, options.database);
  if (!plan) return kWrongConfiguration;
  wait_for_terminal("try");

  const SystemClock clock;
  WaitingSchemas schemas(config);
  if (const auto problem = registry_problem(config, *file); problem && mapping.value_format.needs_registry()) {
    throw WrongSetting(*problem);
  }
  std::optional<preview::Preview> preview(std::in_place, *plan, topic, clock, schemas.registry());
  preview::InputLines lines(messages, options.key_separator);
  std::uint64_t good = 0;
  std::uint64_t bad = 0;
  std::uint64_t rows = 0;
  while (auto line = lines.next()) {
    if (options.base64) read_base64(*line);
    const Message message = record_of(*line, clock.wall_us() / 1000, &headers);
    auto result = preview->map(message);
    if (const auto wanted = preview->wanted(); !wanted.empty()) {
      plan = plan_of(config, *file, mapping, topic, wanted, options.database);
      if (!plan) return kWrongConfiguration;
      preview.emplace(*plan, topic, clock, schemas.registry());
      result = preview->map(message);
    }
    std::cout << (options.json ? render_json(result, line->number) : render(result, line->number)) << '\n';
    ++(result.reject ? bad : good);
    rows += result.rows.size();
    const bool opens = line->value == "{" || line->value == "[";
    if (opens && result.reject && good + bad == 1) {
      std::cerr << "each message has to stand on one line: `jq -c .` makes them so\n";
    }
  }
  std::cerr << good << " good with " << plural(rows, "row") << ", " << bad << " bad\n";
  return bad == 0 ? 0 : 1;
}

int infer_mapping(const InferOptions& options, std::istream& messages) {
  wait_for_terminal("infer");
  const infer::Samples samples = infer::read_samples(messages);
  for (const auto& skipped : samples.skipped) std::cerr << "warning: " << skipped << '\n';
  if (samples.cut) std::cerr << "the first " << infer::kMostMessages << " messages are looked at, and no more\n";
  if (samples.messages == 0) {
    std::cerr << "error: there is no message on standard input; it takes JSON objects, one on a line\n";
    return 1;
  }
  const infer::DraftOptions draft{options.topic, options.table, options.key};
  std::cout << to_yaml(draft_mapping(samples.root, samples.messages, draft));
  return 0;
}

}  // namespace loom::app
