#pragma once

#include <memory>
#include <pqxx/pqxx>
#include <stdexcept>
#include <string>

#include "sink/conninfo.h"

namespace loom::sink {

/// A libpqxx connection with the service's name, timeouts and keepalives, for what is not on the data path.
/// Blocks: up to 5 s a host.  Fails: std::runtime_error without secrets.
inline std::unique_ptr<pqxx::connection> open_control_connection(const std::string& url) {
  const ConnectionString target = connection_string(url, "kafka-to-db-consumer");
  if (!target.error.empty()) throw std::runtime_error(target.error);
  try {
    return std::make_unique<pqxx::connection>(target.value);
  } catch (const std::exception& failure) {
    throw std::runtime_error("no connection to the database: " + without_secrets(failure.what(), url));
  }
}

}  // namespace loom::sink
