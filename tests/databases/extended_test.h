#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "support/service_test.h"

namespace loom::testing {

/// Makes these extensions in the database. A server that does not have one is an error, never a test that is left out:
/// whoever asks for this label asks for them. The error says which server has them.
void make_extensions(const TestDatabase& database, const std::vector<std::string>& names);

/// A story about the running program on a database with these extensions.
class ExtendedTest : public ServiceTest {
 protected:
  explicit ExtendedTest(const std::vector<std::string>& extensions) { make_extensions(database(), extensions); }
  ExtendedTest(const std::vector<std::string>& extensions, std::unique_ptr<PostgresServer> own_server)
      : ServiceTest(std::move(own_server), KafkaServer::shared()) {
    make_extensions(database(), extensions);
  }

  /// Code and number of the dead letters of each kind: {"22008", "2"}.
  [[nodiscard]] Rows dead_letters() const;
};

/// Of TimescaleDB: makes a table a hypertable with chunks of this length. Tables with a key need the time in it.
void make_hypertable(const TestDatabase& database, const std::string& table, const std::string& time,
                     const std::string& chunk);
[[nodiscard]] std::int64_t chunks_of(const TestDatabase& database, const std::string& table);

}  // namespace loom::testing
