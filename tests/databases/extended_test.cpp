#include "extended_test.h"

#include <fmt/format.h>

#include <stdexcept>

namespace loom::testing {

void make_extensions(const TestDatabase& database, const std::vector<std::string>& names) {
  for (const auto& name : names) {
    if (database.value("SELECT count(*) FROM pg_available_extensions WHERE name = '" + name + "'") == "0") {
      throw std::runtime_error(
          "PostgreSQL " + database.value("SHOW server_version") + " at " + database.url() + " has no extension " +
          name + ": `scripts/test.sh databases` takes one that has, as LOOM_POSTGRES_VERSION=17-trixie does");
    }
    database.run("CREATE EXTENSION IF NOT EXISTS " + name + " CASCADE");
  }
}

Rows ExtendedTest::dead_letters() const {
  return database().rows("SELECT coalesce(sqlstate, reason), count(*) FROM kafka_dead_letters GROUP BY 1 ORDER BY 1");
}

void make_hypertable(const TestDatabase& database, const std::string& table, const std::string& time,
                     const std::string& chunk) {
  database.run(
      fmt::format("SELECT create_hypertable('{}', '{}', chunk_time_interval => interval '{}')", table, time, chunk));
}

std::int64_t chunks_of(const TestDatabase& database, const std::string& table) {
  return std::stoll(
      database.value("SELECT count(*) FROM timescaledb_information.chunks WHERE hypertable_name = '" + table + "'"));
}

}  // namespace loom::testing
