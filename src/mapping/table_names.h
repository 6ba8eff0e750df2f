#pragma once

#include <array>
#include <string>
#include <string_view>
#include <vector>

#include "mapping/findings.h"
#include "mapping/mapping_file.h"
#include "mapping/plan.h"

namespace loom::mapping {

/// PostgreSQL cuts longer names off, so that two of them may mean one thing, and none is found by its whole name.
inline constexpr std::size_t kMaxNameBytes = 63;

/// `name` or `schema.name`, each part as it is or in double quotes (`"a.b"`, a quote doubled inside). `${topic}` and
/// `${headers.NAME}` may stand anywhere in it. nullopt with an error for anything else.
std::optional<TableName> parse_table_name(const std::string& text, const Place& place, Findings& findings);

/// Whether the name of a table of this mapping is known only when a topic, or a message, is seen: `${...}` is in
/// its name.
bool has_open_table_name(const TopicMapping& topic);

/// The headers whose values stand in the tables' names, each once.
std::vector<std::string> table_headers(const TopicMapping& topic);

/// Where headers stand in the names of a topic's tables, each table has to have all of them: else rows of different
/// headers would meet in one table. An error for one that has not.
void check_table_headers(const TopicMapping& topic, Findings& findings);

/// The mapping as it holds for one topic: its name instead of `${topic}`, and the `values` of table_headers() in the
/// place of `${headers.NAME}`. Without values these stay.
TopicMapping for_topic(const TopicMapping& mapping, const std::string& topic, const TableValues& values = {});

/// The file without the topics whose tables have no names before a topic or a message is seen.
MappingFile with_known_tables(const MappingFile& file);

/// Whether PostgreSQL would take the tables' names whole, and none is one of the service's own, after for_topic();
/// errors where not. parse_table_name() has told of the rest, and of names that are complete.
bool check_table_names(const TopicMapping& topic, Findings& findings);

/// Columns that each table has by itself. Source: the manual, "System Columns".
inline constexpr std::array<std::string_view, 6> kSystemColumns{"tableoid", "xmin", "cmin", "xmax", "cmax", "ctid"};

/// The same for a column.
void check_column_name(const std::string& name, const Place& place, Findings& findings);

}  // namespace loom::mapping
