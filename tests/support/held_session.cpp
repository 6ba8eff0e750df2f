#include "support/held_session.h"

#include <libpq-fe.h>

#include <stdexcept>

namespace loom::testing {

void HeldSession::Finish::operator()(pg_conn* session) const { PQfinish(session); }

HeldSession::HeldSession(const std::string& url) : session_(PQconnectdb(url.c_str())) {
  if (PQstatus(session_.get()) != CONNECTION_OK) throw std::runtime_error(PQerrorMessage(session_.get()));
  PQsetNoticeReceiver(
      session_.get(), [](void*, const PGresult*) {}, nullptr);
}
HeldSession::~HeldSession() = default;
HeldSession::HeldSession(HeldSession&&) noexcept = default;
HeldSession& HeldSession::operator=(HeldSession&&) noexcept = default;

std::string HeldSession::value(const std::string& sql) {
  const std::unique_ptr<PGresult, decltype(&PQclear)> result(PQexec(session_.get(), sql.c_str()), PQclear);
  const ExecStatusType status = PQresultStatus(result.get());
  if (status != PGRES_COMMAND_OK && status != PGRES_TUPLES_OK) {
    throw std::runtime_error(std::string(PQresultErrorMessage(result.get())) + " in: " + sql);
  }
  return PQntuples(result.get()) == 0 || PQnfields(result.get()) == 0 ? "" : PQgetvalue(result.get(), 0, 0);
}

}  // namespace loom::testing
