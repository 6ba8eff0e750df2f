#include "configs/configs_fixture.h"

#include <algorithm>
#include <filesystem>
#include <stdexcept>

#include "schema/migrations.h"

namespace loom::testing {

ConfigsTest::ConfigsTest() { schema::Migrator(database_.url()).apply(); }

std::string ConfigsTest::refusal(const std::string& sql) const {
  try {
    database_.run(sql);
  } catch (const std::runtime_error& error) {
    return error.what();
  }
  return "";
}

std::vector<std::string> migration_files() {
  std::vector<std::string> files;
  for (const auto& entry : std::filesystem::directory_iterator(LOOM_SOURCE_DIR "/migrations")) {
    if (entry.path().extension() == ".sql") files.push_back(entry.path().string());
  }
  std::sort(files.begin(), files.end());
  return files;
}

std::string day_from_now(const TestDatabase& database, int days) {
  return database.value("SELECT to_char((now() AT TIME ZONE 'UTC')::date + " + std::to_string(days) + ", 'YYYYMMDD')");
}

}  // namespace loom::testing
