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

/// Whether it names a line and a column of a COPY into one of the plan's tables, or into a stage of theirs.
bool names_a_value(const DatabaseError& error, const mapping::TopicPlan& plan);

}  // namespace loom::sink
