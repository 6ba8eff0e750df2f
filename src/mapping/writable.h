#pragma once

#include <string>

#include "mapping/catalog.h"
#include "mapping/findings.h"

namespace loom::mapping {

/// Whether COPY, and INSERT ... ON CONFLICT where there is a key, can write such a relation; what looks writable and is
/// not goes to `findings` as an error that says what helps. Pure. Source: the manual's pages of COPY, CREATE RULE and
/// CREATE POLICY.
void check_writable(const TableInfo& table, bool has_key, const Place& place, Findings& findings);

/// What an UNLOGGED relation means for the rows that are stored there, in words.
std::string unlogged_warning(const std::string& relation);

/// The relations that a crash of the database empties, while the offsets of their rows stay: a warning for each.
void check_logged(const TableInfo& table, const Place& place, Findings& findings);

}  // namespace loom::mapping
