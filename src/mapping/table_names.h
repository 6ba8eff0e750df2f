#pragma once

#include <string>

#include "mapping/findings.h"
#include "mapping/mapping_file.h"

namespace loom::mapping {

/// PostgreSQL cuts longer names off, so that two of them may mean one thing, and none is found by its whole name.
inline constexpr std::size_t kMaxNameBytes = 63;

/// `name` or `schema.name`, each part as it is or in double quotes (`"a.b"`, a quote doubled inside). `${topic}` may
/// stand anywhere in it. nullopt with an error for anything else.
std::optional<TableName> parse_table_name(const std::string& text, const Place& place, Findings& findings);

/// Whether a table of this mapping is one per topic: `${topic}` stands in its name.
bool has_table_per_topic(const TopicMapping& topic);

/// The mapping as it holds for one topic: its name instead of `${topic}`.
TopicMapping for_topic(const TopicMapping& mapping, const std::string& topic);

/// The file without the topics whose tables have no names before a topic is seen.
MappingFile with_known_tables(const MappingFile& file);

/// Whether PostgreSQL would take the tables' names whole, after for_topic(); errors where not. parse_table_name() has
/// told of the rest.
bool check_table_lengths(const TopicMapping& topic, Findings& findings);

/// The same for a column.
void check_column_name(const std::string& name, const Place& place, Findings& findings);

}  // namespace loom::mapping
