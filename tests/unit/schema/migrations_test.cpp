#include "schema/migrations.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <set>

namespace loom::schema {
namespace {

using ::testing::HasSubstr;
using ::testing::MatchesRegex;

TEST(EmbeddedMigrations, BeginWithTheOffsets) {
  ASSERT_FALSE(embedded_migrations().empty());
  const Migration& first = embedded_migrations().front();
  EXPECT_EQ(first.version, "001");
  EXPECT_EQ(first.name, "offsets_and_dead_letters");
  EXPECT_THAT(first.sql, HasSubstr("kafka_advance_offsets"));
}

TEST(EmbeddedMigrations, AreCarriedWholeAndOnceEach) {
  std::set<std::string> versions;
  for (const Migration& migration : embedded_migrations()) {
    EXPECT_TRUE(versions.insert(migration.version).second) << migration.version << " occurs twice";
    EXPECT_THAT(migration.sha256, MatchesRegex("[0-9a-f]{64}"));
    EXPECT_FALSE(migration.sql.empty());
  }
}

TEST(MigrationStatus, IsALineForEach) {
  const std::string text = render({{"001", "first", MigrationState::applied, "2025-01-01"},
                                   {"002", "second", MigrationState::pending, ""},
                                   {"003", "third", MigrationState::changed, "2025-01-02"}});
  EXPECT_EQ(text,
            "001  applied  first  (2025-01-01)\n"
            "002  pending  second\n"
            "003  CHANGED  third  (2025-01-02)\n");
}

}  // namespace
}  // namespace loom::schema
