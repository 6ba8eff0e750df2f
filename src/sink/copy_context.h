#pragma once

#include <cstddef>
#include <optional>
#include <string>

#include "mapping/plan.h"
#include "sink/connection.h"

/// Where in our COPY an error happened, as the server's context line tells it: `COPY readings, line 17, column x: ...`.
/// Pure. Source: CopyFromErrorCallback() of PostgreSQL; in other languages than English nothing is found.
namespace loom::sink {

/// The line, from 1, of a COPY into this relation.
std::optional<std::size_t> line_of(const DatabaseError& error, const std::string& relation);

/// Whether it happened in a function, such as a trigger's, and not in a statement of ours itself.
bool in_a_function(const DatabaseError& error);

/// The column of a COPY into one of the plan's tables, or into a stage of theirs, whose value could not be read. A
/// function that failed on its way there, such as a domain's check, is no such value.
std::optional<std::string> column_of_value(const DatabaseError& error, const mapping::TopicPlan& plan);

}  // namespace loom::sink
