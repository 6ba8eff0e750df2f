#include "mapping/table_names.h"

#include <algorithm>
#include <optional>
#include <string_view>

#include "mapping/draft.h"

namespace loom::mapping {
namespace {

constexpr std::string_view kTopic = "${topic}";

std::string replaced(std::string text, std::string_view with) {
  for (std::size_t at = text.find(kTopic); at != std::string::npos; at = text.find(kTopic, at + with.size())) {
    text.replace(at, kTopic.size(), with);
  }
  return text;
}

bool is_template(const TableName& table) {
  return table.name.find(kTopic) != std::string::npos || table.schema.find(kTopic) != std::string::npos;
}

/// What is wrong with the `${...}` in a part of a name; empty: nothing.
std::string template_problem(std::string_view part) {
  for (std::size_t at = part.find("${"); at != std::string_view::npos; at = part.find("${", at + 2)) {
    const std::string_view rest = part.substr(at);
    if (rest.starts_with(kTopic)) continue;
    const std::string shown(
        rest.substr(0, rest.find('}') == std::string_view::npos ? rest.size() : rest.find('}') + 1));
    if (rest.starts_with("${headers.")) {
      return "`" + shown + "` is not supported yet: a table may be named by `${topic}`, not by a header";
    }
    return "`" + shown + "` stands for nothing here; accepted: ${topic}";
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
  const std::size_t bytes = replaced(part, "").size();
  if (bytes <= kMaxNameBytes) return true;
  findings.error(place, "the name `" + part + "` has " + std::to_string(bytes) + " bytes; PostgreSQL cuts names off " +
                            "behind " + std::to_string(kMaxNameBytes));
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
  return table;
}

bool has_table_per_topic(const TopicMapping& topic) {
  return is_template(topic.table) ||
         std::any_of(topic.array_mappings.begin(), topic.array_mappings.end(),
                     [](const ArrayMapping& array) { return array.table && is_template(*array.table); });
}

TopicMapping for_topic(const TopicMapping& mapping, const std::string& topic) {
  TopicMapping made = mapping;
  const auto name = [&topic](TableName& table) {
    table.schema = replaced(std::move(table.schema), topic);
    table.name = replaced(std::move(table.name), topic);
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
               [](const TopicMapping& topic) { return !has_table_per_topic(topic); });
  return known;
}

bool check_table_lengths(const TopicMapping& topic, Findings& findings) {
  const auto check = [&findings](const TableName& table, const Place& place) {
    const bool schema_fits = check_length(table.schema, place, findings);
    return check_length(table.name, place, findings) && schema_fits;
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
}

}  // namespace loom::mapping
