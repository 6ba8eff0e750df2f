#pragma once

#include <memory>
#include <pqxx/pqxx>
#include <stdexcept>
#include <string>

#include "sink/conninfo.h"
#include "sink/database_failure.h"
#include "sink/sqlstate.h"

namespace loom::sink {

/// A libpqxx connection with the service's name, timeouts and keepalives, for what is not on the data path.
/// Blocks: up to 5 s a host.  Fails: DatabaseFailure.
inline std::unique_ptr<pqxx::connection> open_control_connection(const std::string& url) {
  const ConnectionString target = connection_string(url, "kafka-to-db-consumer");
  if (!target.error.empty()) throw DatabaseFailure(target.error, batch::Cause::other);
  try {
    return std::make_unique<pqxx::connection>(target.value);
  } catch (const std::exception& failure) {
    DatabaseError refused;
    refused.message = failure.what();
    throw DatabaseFailure("no connection to the database: " + without_secrets(failure.what(), url),
                          cause_of_refusal(refused));
  }
}

}  // namespace loom::sink
