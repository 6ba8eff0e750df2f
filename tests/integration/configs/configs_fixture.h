#pragma once

#include <gtest/gtest.h>

#include <cstdint>
#include <string>
#include <vector>

#include "support/postgres_server.h"

namespace loom::testing {

/// A database with every migration applied.
class ConfigsTest : public ::testing::Test {
 protected:
  ConfigsTest();

  [[nodiscard]] const TestDatabase& database() const { return database_; }
  void run(const std::string& sql) const { database_.run(sql); }
  [[nodiscard]] std::string value(const std::string& sql) const { return database_.value(sql); }
  [[nodiscard]] Rows rows(const std::string& sql) const { return database_.rows(sql); }
  /// What the server says against it; "" when it takes it.
  [[nodiscard]] std::string refusal(const std::string& sql) const;

 private:
  TestDatabase database_;
};

/// The files of migrations/ in order: paths.
std::vector<std::string> migration_files();

/// The day so many days from now, as the pieces' names end: 20261121.
std::string day_from_now(const TestDatabase& database, int days);

}  // namespace loom::testing
