#include "database.h"

#include <libpq-fe.h>

#include <algorithm>
#include <stdexcept>

namespace loom::bench {
namespace {

using namespace std::string_view_literals;
constexpr std::string_view kHeader = "PGCOPY\n\377\r\n\0\0\0\0\0\0\0\0\0"sv;
constexpr std::string_view kTrailer = "\377\377"sv;
constexpr std::size_t kSlice = std::size_t{32} << 10U;  // measured: faster than one call for all

struct Clear {
  void operator()(PGresult* result) const { PQclear(result); }
};
using ResultHandle = std::unique_ptr<PGresult, Clear>;

ResultHandle checked(PGconn* connection, PGresult* result) {
  ResultHandle held(result);
  const ExecStatusType status = PQresultStatus(result);
  if (status != PGRES_COMMAND_OK && status != PGRES_TUPLES_OK && status != PGRES_COPY_IN) {
    throw std::runtime_error(std::string("PostgreSQL: ") + PQerrorMessage(connection));
  }
  return held;
}

}  // namespace

void Database::Finish::operator()(pg_conn* connection) const { PQfinish(connection); }

Database::Database(const std::string& url) : connection_(PQconnectdb(url.c_str())) {
  if (PQstatus(connection_.get()) != CONNECTION_OK) {
    throw std::runtime_error(std::string("PostgreSQL: ") + PQerrorMessage(connection_.get()));
  }
  // A notice that a table to be dropped is not there helps nobody.
  execute("SET client_min_messages = warning");
}

Database::~Database() = default;

std::string Database::execute(const std::string& sql) {
  const ResultHandle result = checked(connection_.get(), PQexec(connection_.get(), sql.c_str()));
  return PQntuples(result.get()) > 0 ? PQgetvalue(result.get(), 0, 0) : std::string();
}

std::vector<std::vector<std::string>> Database::table(const std::string& sql) {
  const ResultHandle result = checked(connection_.get(), PQexec(connection_.get(), sql.c_str()));
  std::vector<std::vector<std::string>> rows(static_cast<std::size_t>(PQntuples(result.get())));
  for (std::size_t i = 0; i < rows.size(); ++i) {
    for (int j = 0; j < PQnfields(result.get()); ++j) {
      rows[i].emplace_back(PQgetvalue(result.get(), static_cast<int>(i), j));
    }
  }
  return rows;
}

void Database::put(std::string_view bytes) {
  if (PQputCopyData(connection_.get(), bytes.data(), static_cast<int>(bytes.size())) != 1) {
    throw std::runtime_error(std::string("PostgreSQL: ") + PQerrorMessage(connection_.get()));
  }
}

void Database::copy(const std::string& statement, std::string_view rows) {
  checked(connection_.get(), PQexec(connection_.get(), statement.c_str()));
  put(kHeader);
  for (; !rows.empty(); rows.remove_prefix(std::min(kSlice, rows.size()))) put(rows.substr(0, kSlice));
  put(kTrailer);
  if (PQputCopyEnd(connection_.get(), nullptr) != 1) {
    throw std::runtime_error(std::string("PostgreSQL: ") + PQerrorMessage(connection_.get()));
  }
  while (PGresult* result = PQgetResult(connection_.get())) checked(connection_.get(), result);
}

void create_table(Database& database, const std::string& name, bool with_key, const std::string& chunk) {
  // Autovacuum would start in the middle of one run and not of another.
  database.execute("DROP TABLE IF EXISTS " + name + "; CREATE TABLE " + name +
                   R"( (trace_id text, device_id text COLLATE "C" NOT NULL, "timestamp" timestamptz NOT NULL,
                        schema_version text, x_axis double precision, y_axis double precision,
                        z_axis double precision, magnitude double precision, sample_rate bigint,
                        activity text, device_orientation text)" +
                   (with_key ? R"(, PRIMARY KEY (device_id, "timestamp"))" : "") +
                   ") WITH (autovacuum_enabled = false)");
  if (chunk.empty()) return;
  database.execute("SELECT create_hypertable('" + name + "', 'timestamp', chunk_time_interval => INTERVAL '" + chunk +
                   "')");
}

Checksum checksum(Database& database, const std::string& table) {
  Checksum result;
  result.rows = database.number("SELECT count(*) FROM " + table);
  result.values =
      database.execute("SELECT coalesce(sum(hashtextextended(t::text, 0)::numeric), 0) FROM " + table + " t");
  return result;
}

}  // namespace loom::bench
