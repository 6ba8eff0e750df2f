#include "mapping/table_names.h"

#include <algorithm>
#include <array>
#include <optional>
#include <string_view>

#include "mapping/draft.h"

namespace loom::mapping {
namespace {

constexpr std::string_view kTermOpens = "${";
constexpr std::string_view kTopicTerm = "topic";
constexpr std::string_view kHeaderTerm = "headers.";

/// The text with what `value_of` says in the place of each `${NAME}`; where it says nothing, the text stays. What is
/// put in is not looked at again.
template <typename ValueOf>
std::string filled(std::string_view text, const ValueOf& value_of) {
  std::string out;
  for (;;) {
    const std::size_t open = text.find(kTermOpens);
    const std::size_t close = open == std::string_view::npos ? open : text.find('}', open);
    if (close == std::string_view::npos) return out.append(text);
    const std::string_view name = text.substr(open + kTermOpens.size(), close - open - kTermOpens.size());
    const std::optional<std::string> value = value_of(name);
    out.append(text.substr(0, open));
    out.append(value ? std::string_view(*value) : text.substr(open, close - open + 1));
    text.remove_prefix(close + 1);
  }
}

bool is_template(const TableName& table) {
  return table.name.find(kTermOpens) != std::string::npos || table.schema.find(kTermOpens) != std::string::npos;
}

/// What is wrong with the `${...}` in a part of a name; empty: nothing.
std::string template_problem(std::string_view part) {
  for (std::size_t at = part.find(kTermOpens); at != std::string_view::npos;
       at = part.find(kTermOpens, at + kTermOpens.size())) {
    const std::string_view rest = part.substr(at);
    const std::size_t close = rest.find('}');
    const std::string_view name = rest.substr(kTermOpens.size(), close == std::string_view::npos ? close : close - 2);
    const bool known = name == kTopicTerm || (name.starts_with(kHeaderTerm) && name.size() > kHeaderTerm.size());
    if (known && close != std::string_view::npos) continue;
    return "`" + std::string(rest.substr(0, close == std::string_view::npos ? close : close + 1)) +
           "` stands for nothing here; accepted: ${topic}, ${headers.NAME}";
  }
  return {};
}

/// Takes one part of a table's name off the text; `rest` then begins behind it. False: a quote is not closed, or
/// something follows it.
bool take_part(std::string_view& rest, std::string& part) {
  part.clear();
  if (!rest.starts_with('"')) {
    std::size_t end = 0;
    while (end < rest.size() && rest[end] != '.') {
      // A dot inside `${headers.x}` does not end the name.
      const std::size_t close = rest.substr(end).starts_with("${") ? rest.find('}', end) : std::string_view::npos;
      end = close == std::string_view::npos ? end + 1 : close + 1;
    }
    part = rest.substr(0, end);
    rest.remove_prefix(end);
    return !part.empty();
  }
  std::size_t at = 1;
  for (; at < rest.size(); ++at) {
    if (rest[at] == '"') {
      if (at + 1 >= rest.size() || rest[at + 1] != '"') break;
      ++at;  // doubled: a quote of the name
    }
    part += rest[at];
  }
  if (at >= rest.size()) return false;
  rest.remove_prefix(at + 1);
  return !part.empty() && (rest.empty() || rest.front() == '.');
}

bool check_length(const std::string& part, const Place& place, Findings& findings) {
  const std::size_t bytes = filled(part, [](std::string_view) { return std::optional(std::string()); }).size();
  if (bytes <= kMaxNameBytes) return true;
  findings.error(place, "the name `" + part + "` has " + std::to_string(bytes) + " bytes; PostgreSQL cuts names off " +
                            "behind " + std::to_string(kMaxNameBytes));
  return false;
}

/// The tables in which the service and the libraries for stages keep their own books, made by migrations/.
constexpr std::array<std::string_view, 11> kServiceTables{
    "kafka_consumer_offsets",      "kafka_dead_letters",
    "kafka_repaired_dead_letters", "kafka_lag_reporters",
    "schema_migrations",           "pipeline_consumer_configs",
    "consumer_lag_history",        "consumer_advice_thresholds",
    "consumer_config_profiles",    "topic_partition_recommendations",
    "consumer_processing_metrics"};

bool check_owner(const TableName& table, const Place& place, Findings& findings) {
  const bool ours = std::find(kServiceTables.begin(), kServiceTables.end(), table.name) != kServiceTables.end();
  // They are where the search path leads; a table of that name elsewhere is the user's.
  if (!ours || (!table.schema.empty() && table.schema != "public")) return true;
  findings.error(place, "`" + table.display() + "` is a table of the service itself, and none for messages");
  return false;
}

}  // namespace

std::optional<TableName> parse_table_name(const std::string& text, const Place& place, Findings& findings) {
  TableName table;
  std::string_view rest = text;
  bool ok = take_part(rest, table.name);
  if (ok && !rest.empty()) {
    rest.remove_prefix(1);
    table.schema = std::move(table.name);
    ok = take_part(rest, table.name) && rest.empty();
  }
  if (!ok) {
    findings.error(place, "is `" + text + "`; accepted: `name` or `schema.name`, with a name that holds a dot in " +
                              "double quotes: '\"a.b\"'");
    return std::nullopt;
  }
  for (const std::string& part : {table.schema, table.name}) {
    const std::string problem = template_problem(part);
    if (problem.empty()) {
      check_length(part, place, findings);
      continue;
    }
    findings.error(place, "is `" + text + "`; " + problem);  // NOLINT(performance-inefficient-string-concatenation)
    return std::nullopt;
  }
  if (!check_owner(table, place, findings)) return std::nullopt;
  return table;
}

bool has_open_table_name(const TopicMapping& topic) {
  return is_template(topic.table) ||
         std::any_of(topic.array_mappings.begin(), topic.array_mappings.end(),
                     [](const ArrayMapping& array) { return array.table && is_template(*array.table); });
}

void check_table_headers(const TopicMapping& topic, Findings& findings) {
  const auto wanted = table_headers(topic);
  const auto check = [&](const TableName& table, const Place& place) {
    TopicMapping alone;
    alone.table = table;
    const auto there = table_headers(alone);
    for (const std::string& header : wanted) {
      if (std::find(there.begin(), there.end(), header) != there.end()) continue;
      findings.error(place, "is `" + table.display() + "`, without the `${headers." + header +
                                "}` that another table of this topic has: rows of different values would meet in it");
      return;
    }
  };
  check(topic.table, place_of(topic, "table"));
  for (const auto& array : topic.array_mappings) {
    if (!array.table) continue;
    check(*array.table, place_of(topic, "array_mappings").inside(array.path + ".table", array.line));
  }
}

std::vector<std::string> table_headers(const TopicMapping& topic) {
  std::vector<std::string> headers;
  const auto note = [&headers](std::string_view name) -> std::optional<std::string> {
    if (!name.starts_with(kHeaderTerm)) return std::nullopt;
    const std::string header(name.substr(kHeaderTerm.size()));
    if (std::find(headers.begin(), headers.end(), header) == headers.end()) headers.push_back(header);
    return std::nullopt;
  };
  const auto look = [&note](const TableName& table) {
    filled(table.schema, note);
    filled(table.name, note);
  };
  look(topic.table);
  for (const auto& array : topic.array_mappings) {
    if (array.table) look(*array.table);
  }
  return headers;
}

TopicMapping for_topic(const TopicMapping& mapping, const std::string& topic, const TableValues& values) {
  const std::vector<std::string> headers = table_headers(mapping);
  const auto value_of = [&](std::string_view name) -> std::optional<std::string> {
    if (name == kTopicTerm) return topic;
    if (!name.starts_with(kHeaderTerm)) return std::nullopt;
    const auto header = std::find(headers.begin(), headers.end(), name.substr(kHeaderTerm.size()));
    const auto index = static_cast<std::size_t>(header - headers.begin());
    return index < values.size() ? std::optional(values[index]) : std::nullopt;
  };
  TopicMapping made = mapping;
  const auto name = [&value_of](TableName& table) {
    table.schema = filled(table.schema, value_of);
    table.name = filled(table.name, value_of);
  };
  name(made.table);
  for (auto& array : made.array_mappings) {
    if (array.table) name(*array.table);
  }
  return made;
}

MappingFile with_known_tables(const MappingFile& file) {
  MappingFile known;
  known.path = file.path;
  std::copy_if(file.topics.begin(), file.topics.end(), std::back_inserter(known.topics),
               [](const TopicMapping& topic) { return !has_open_table_name(topic); });
  return known;
}

bool check_table_names(const TopicMapping& topic, Findings& findings) {
  const auto check = [&findings](const TableName& table, const Place& place) {
    const bool schema_fits = check_length(table.schema, place, findings);
    return check_length(table.name, place, findings) && schema_fits && check_owner(table, place, findings);
  };
  bool fit = check(topic.table, place_of(topic, "table"));
  for (const auto& array : topic.array_mappings) {
    if (!array.table) continue;
    const Place here = place_of(topic, "array_mappings").inside(array.path + ".table", array.line);
    fit &= check(*array.table, here);
  }
  return fit;
}

void check_column_name(const std::string& name, const Place& place, Findings& findings) {
  check_length(name, place, findings);
  if (std::find(kSystemColumns.begin(), kSystemColumns.end(), name) == kSystemColumns.end()) return;
  findings.error(place, "the column `" + name + "` cannot be: each table of PostgreSQL has one of that name by itself");
}

}  // namespace loom::mapping
