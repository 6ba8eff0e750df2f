#pragma once

#include <stdexcept>
#include <string>
#include <vector>

#include "schema/database_error.h"

namespace loom::schema {

/// One file of migrations/, as it was when the program was built.
struct Migration {
  std::string version;  ///< the number in front of the file's name, `001`
  std::string name;     ///< the rest of it
  std::string sha256;
  std::string sql;
};

/// In order of version.
const std::vector<Migration>& embedded_migrations();

enum class MigrationState { applied, pending, changed };

struct MigrationStatus {
  std::string version;
  std::string name;
  MigrationState state = MigrationState::pending;
  std::string applied_at;  ///< empty while pending
};

/// A migration that was applied is not the one that this program holds, or one failed: waiting mends neither.
class MigrationError : public std::runtime_error {
 public:
  using std::runtime_error::runtime_error;
};

/// Brings a database to the schema that this program needs, and remembers in `schema_migrations` what it applied.
/// Threads: one at a time; several processes may migrate one database at once: an advisory lock lets one at a time
///          through, and the others then find the work done. The lock lives as long as a migration's transaction,
///          so it holds behind a PgBouncer in transaction mode, too.
/// Blocks:  until the migrations are done or another process has done them.
/// Fails:   MigrationError, or DatabaseUnavailable where trying again may help; neither shows a password.
///          Each migration is a transaction: a failed one leaves nothing.
class Migrator {
 public:
  explicit Migrator(std::string url, std::vector<Migration> migrations = embedded_migrations());

  /// Applies what is missing; returns what it applied, in order.
  std::vector<Migration> apply();

  /// Reads only; a database without `schema_migrations` has everything pending.
  std::vector<MigrationStatus> status();

 private:
  std::string url_;
  std::vector<Migration> migrations_;
};

/// One line per migration: version, name, state, time.
std::string render(const std::vector<MigrationStatus>& statuses);

}  // namespace loom::schema
