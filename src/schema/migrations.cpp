#include "schema/migrations.h"

#include <algorithm>
#include <map>
#include <optional>
#include <pqxx/pqxx>
#include <utility>

#include "schema/advisory_lock.h"
#include "settings/database_url.h"
#include "sink/sqlstate.h"

namespace loom::schema {
namespace {

constexpr const char* kCreateTable =
    "CREATE TABLE IF NOT EXISTS schema_migrations ("
    " version text PRIMARY KEY, name text NOT NULL, checksum text NOT NULL,"
    " applied_at timestamptz NOT NULL DEFAULT now())";

struct Applied {
  std::string checksum;
  std::string at;
};
using AppliedByVersion = std::map<std::string, Applied>;

AppliedByVersion read_applied(pqxx::work& tx) {
  AppliedByVersion found;
  for (const auto& row : tx.exec("SELECT version, checksum, applied_at FROM schema_migrations")) {
    found[row[0].as<std::string>()] = {row[1].as<std::string>(), row[2].as<std::string>()};
  }
  return found;
}

bool table_exists(pqxx::work& tx) { return !tx.exec("SELECT to_regclass('schema_migrations')")[0][0].is_null(); }

bool may_pass(const pqxx::sql_error& error) {
  sink::DatabaseError failure;
  failure.sqlstate = error.sqlstate();
  return sink::passes_by_itself(failure);
}

std::string label(const Migration& migration) { return migration.version + "_" + migration.name; }

void check_unchanged(const Migration& migration, const AppliedByVersion& applied) {
  const auto found = applied.find(migration.version);
  if (found == applied.end() || found->second.checksum == migration.sha256) return;
  throw MigrationError("migration " + label(migration) + " was applied at " + found->second.at +
                       " with another content than this program has (checksum " + found->second.checksum + " there, " +
                       migration.sha256 +
                       " here). An applied migration must not be edited: put the change into a new one.");
}

/// Runs the first migration that the database lacks; nothing when it lacks none. The applied ones are read again under
/// each lock, since another process may have been faster.
std::optional<Migration> apply_next(pqxx::connection& connection, const std::vector<Migration>& migrations) {
  pqxx::work tx(connection);
  tx.exec(lock_statement(AdvisoryLock::schema));
  tx.exec(kCreateTable);
  const AppliedByVersion applied = read_applied(tx);
  for (const Migration& migration : migrations) check_unchanged(migration, applied);
  const auto next = std::find_if(migrations.begin(), migrations.end(),
                                 [&](const Migration& one) { return applied.count(one.version) == 0; });
  if (next == migrations.end()) {
    tx.commit();
    return std::nullopt;
  }
  try {
    tx.exec(next->sql);
  } catch (const pqxx::sql_error& error) {
    if (may_pass(error)) throw;
    throw MigrationError("migration " + label(*next) + " failed and was undone: " + error.what());
  }
  tx.exec("INSERT INTO schema_migrations (version, name, checksum) VALUES (" + tx.quote(next->version) + ", " +
          tx.quote(next->name) + ", " + tx.quote(next->sha256) + ")");
  tx.commit();
  return *next;
}

}  // namespace

Migrator::Migrator(std::string url, std::vector<Migration> migrations)
    : url_(std::move(url)), migrations_(std::move(migrations)) {}

std::vector<Migration> Migrator::apply() {
  try {
    pqxx::connection connection(settings::control_connection_string(url_));
    quiet(connection);
    std::vector<Migration> done;
    while (auto migration = apply_next(connection, migrations_)) done.push_back(std::move(*migration));
    return done;
  } catch (const MigrationError& error) {
    throw MigrationError(settings::failure_text(error.what(), url_));
  } catch (const pqxx::sql_error& error) {
    const std::string message =
        "cannot migrate " + settings::redact_url(url_) + ": " + settings::failure_text(error.what(), url_);
    if (may_pass(error)) throw DatabaseUnavailable(message, sink::cause_of_failure(error));
    throw MigrationError(message);
  } catch (const std::exception& error) {
    throw DatabaseUnavailable(
        "cannot migrate " + settings::redact_url(url_) + ": " + settings::failure_text(error.what(), url_),
        sink::cause_of_failure(error));
  }
}

std::vector<MigrationStatus> Migrator::status() {
  try {
    pqxx::connection connection(settings::control_connection_string(url_));
    pqxx::work tx(connection);
    const AppliedByVersion applied = table_exists(tx) ? read_applied(tx) : AppliedByVersion{};
    std::vector<MigrationStatus> statuses;
    for (const Migration& migration : migrations_) {
      MigrationStatus status{migration.version, migration.name, MigrationState::pending, {}};
      if (const auto found = applied.find(migration.version); found != applied.end()) {
        const bool same = found->second.checksum == migration.sha256;
        status.state = same ? MigrationState::applied : MigrationState::changed;
        status.applied_at = found->second.at;
      }
      statuses.push_back(std::move(status));
    }
    return statuses;
  } catch (const std::exception& error) {
    throw DatabaseUnavailable("cannot read the migrations of " + settings::redact_url(url_) + ": " +
                                  settings::failure_text(error.what(), url_),
                              sink::cause_of_failure(error));
  }
}

std::string render(const std::vector<MigrationStatus>& statuses) {
  std::string out;
  for (const MigrationStatus& status : statuses) {
    out += status.version + "  ";
    switch (status.state) {
      case MigrationState::applied:
        out += "applied  ";
        break;
      case MigrationState::pending:
        out += "pending  ";
        break;
      case MigrationState::changed:
        out += "CHANGED  ";
        break;
    }
    out += status.name;
    if (!status.applied_at.empty()) out += "  (" + status.applied_at + ")";
    out += '\n';
  }
  return out;
}

}  // namespace loom::schema
