#pragma once

#include <string>
#include <string_view>

#include "mapping/findings.h"
#include "mapping/mapping_file.h"

/// Where the sources of a change topic stand in its events. Debezium's envelope has the row before and after the
/// change, where it came from, and what was done:
/// https://debezium.io/documentation/reference/3.6/connectors/postgresql.html#postgresql-change-events-value
/// Paths of a plan always name that envelope, also where messages come unwrapped: who decodes them knows the other
/// form.
namespace loom::mapping {

inline constexpr std::string_view kAfter = "after";
inline constexpr std::string_view kBefore = "before";
inline constexpr std::string_view kEventSource = "source";
inline constexpr std::string_view kOperation = "op";
inline constexpr std::string_view kEventTime = "ts_ms";
/// What ExtractNewRecordState adds to a row that is gone; no part of the envelope.
inline constexpr std::string_view kDeletedMark = "__deleted";

/// `$op`, `$ts`, `$before.x`, `$source.x`: what a change event has beside the row.
bool is_change_source(std::string_view text);

/// The path into the envelope of a source of a change topic: `id` is `after.id`, `$before.id` is `before.id`, `$op` is
/// `op`. What is about the record or its key stays as it is.
std::string in_event(const std::string& source);

/// After a topic was read: which keys go together, what those that are not given are, and in a change topic each source
/// as its path into the envelope.
void finish_changes(TopicMapping& topic, Findings& findings);

}  // namespace loom::mapping
