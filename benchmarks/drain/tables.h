#pragma once

#include <vector>

#include "database.h"
#include "options.h"

namespace loom::bench {

/// The topics of the mapping file, each with its table; in the file's order.
/// Fails: std::runtime_error when it cannot be loaded.
std::vector<Target> targets_of(const std::string& mapping);

/// Both tables of every target, anew.
void create_tables(Database& database, const Options& options, bool with_key);
/// Those that the consumer fills, anew, and everything brought to disk.
void empty_tables(Database& database, const Options& options, bool with_key);

/// All that the ceiling wrote is there already.
void fill_from_ceiling(Database& database, const Options& options);

/// What the ceiling wrote, target by target.
std::vector<Checksum> checksums_of_ceiling(Database& database, const Options& options);
/// Fails: std::runtime_error, unless the consumer's tables hold exactly that.
void must_hold_the_same(Database& database, const Options& options, const std::vector<Checksum>& wanted);

}  // namespace loom::bench
