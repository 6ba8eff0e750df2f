#include "sink/catalog_reader.h"

#include <gmock/gmock.h>

#include "support/postgres_server.h"

namespace loom::sink {
namespace {

using loom::testing::TestDatabase;
using mapping::ColumnInfo;
using mapping::ColumnType;
using mapping::DefaultKind;
using mapping::TableInfo;
using ::testing::ElementsAre;
using ::testing::SizeIs;
using namespace std::string_literals;

class CatalogReaderTest : public ::testing::Test {
 protected:
  /// Makes the table with these columns and reads it back.
  const TableInfo& table(const std::string& columns) {
    database.run("CREATE TABLE things (" + columns + ")");
    return read("things");
  }
  const TableInfo& read(const std::string& name, const std::string& schema = "") {
    catalog = DatabaseCatalog::read(database.url(), {{schema, name}});
    const TableInfo* found = catalog.find({schema, name});
    if (found == nullptr) throw std::runtime_error("not found");
    return *found;
  }
  // TableInfo::find belongs to the mapping's code; these tests stand without it.
  static const ColumnInfo& column(const TableInfo& table, const std::string& name) {
    for (const auto& c : table.columns) {
      if (c.name == name) return c;
    }
    throw std::runtime_error("no column " + name);
  }

  TestDatabase database;
  DatabaseCatalog catalog;
};

TEST_F(CatalogReaderTest, KnowsTheTypesThatHaveAnEncoder) {
  database.run("CREATE TYPE mood AS ENUM ('good', 'bad')");
  const auto& info = table(
      "a text, b varchar(20), c char(3), d name, e bool, f int2, g int4, h int8, i float4, j float8, k numeric(10,2), "
      "l timestamptz, m timestamp, n date, o time, p uuid, q bytea, r json, s jsonb, t inet, u cidr, v mood, w point");
  std::vector<ColumnType> types;
  for (const auto& c : info.columns) types.push_back(c.type);
  EXPECT_THAT(types,
              ElementsAre(ColumnType::text, ColumnType::text, ColumnType::text, ColumnType::text, ColumnType::boolean,
                          ColumnType::int2, ColumnType::int4, ColumnType::int8, ColumnType::float4, ColumnType::float8,
                          ColumnType::numeric, ColumnType::timestamptz, ColumnType::timestamp, ColumnType::date,
                          ColumnType::time, ColumnType::uuid, ColumnType::bytea, ColumnType::json, ColumnType::jsonb,
                          ColumnType::inet, ColumnType::cidr, ColumnType::enumeration, ColumnType::other));
  EXPECT_EQ(column(info, "b").type_name, "character varying(20)");
  EXPECT_EQ(column(info, "b").type_modifier, 24);
  EXPECT_EQ(column(info, "k").type_name, "numeric(10,2)");
  EXPECT_EQ(column(info, "w").type_name, "point");
}

TEST_F(CatalogReaderTest, ResolvesDomainsAndArrays) {
  database.run("CREATE TYPE mood AS ENUM ('good'); CREATE DOMAIN code AS varchar(5) NOT NULL DEFAULT 'none'");
  database.run("CREATE DOMAIN short_code AS code; CREATE DOMAIN codes AS int4[]");
  const auto& info =
      table("a short_code, b int8[], c mood[], d codes, e short_code[], f point[], g text[][] DEFAULT '{a}'");
  const auto a = column(info, "a");
  EXPECT_EQ(a.type, ColumnType::text);
  EXPECT_EQ(a.type_oid, 1043U);
  EXPECT_EQ(a.type_name, "character varying(5)");
  EXPECT_TRUE(a.not_null);
  EXPECT_EQ(a.default_kind, DefaultKind::constant);
  EXPECT_EQ(a.default_text, "none");
  const auto b = column(info, "b");
  EXPECT_TRUE(b.is_array);
  EXPECT_EQ(b.type, ColumnType::int8);
  EXPECT_EQ(b.type_oid, 1016U);
  EXPECT_EQ(b.element_oid, 20U);
  EXPECT_EQ(column(info, "c").type, ColumnType::enumeration);
  EXPECT_EQ(std::to_string(column(info, "c").element_oid), database.value("SELECT 'mood'::regtype::oid"));
  EXPECT_EQ(column(info, "d").type_oid, 1007U);
  EXPECT_EQ(column(info, "d").type, ColumnType::int4);
  EXPECT_EQ(column(info, "e").type, ColumnType::text);
  EXPECT_EQ(std::to_string(column(info, "e").element_oid), database.value("SELECT 'short_code'::regtype::oid"))
      << "binary arrays carry the type of their elements, a domain as such";
  EXPECT_EQ(column(info, "f").type, ColumnType::other);
  EXPECT_TRUE(column(info, "f").is_array);
  EXPECT_EQ(column(info, "g").default_text, "{a}");
}

TEST_F(CatalogReaderTest, EvaluatesConstantDefaultsInBothForms) {
  const auto& info = table(
      "a int8 DEFAULT 5, b text DEFAULT 'x''y', c varchar(3) DEFAULT 'abc', d bool DEFAULT true, "
      "e numeric(8,2) DEFAULT 1.5, f text DEFAULT NULL, g text DEFAULT '', h jsonb DEFAULT '{}', i text");
  EXPECT_EQ(column(info, "a").default_kind, DefaultKind::constant);
  EXPECT_EQ(column(info, "a").default_text, "5");
  EXPECT_EQ(column(info, "a").default_binary, "\0\0\0\0\0\0\0\5"s);
  EXPECT_EQ(column(info, "b").default_text, "x'y");
  EXPECT_EQ(column(info, "b").default_binary, "x'y");
  EXPECT_EQ(column(info, "c").default_text, "abc");
  EXPECT_EQ(column(info, "d").default_text, "t");
  EXPECT_EQ(column(info, "d").default_binary, "\1");
  EXPECT_EQ(column(info, "e").default_text, "1.50");
  EXPECT_EQ(column(info, "f").default_kind, DefaultKind::none) << "PostgreSQL does not keep it";
  EXPECT_FALSE(column(info, "g").default_is_null);
  EXPECT_EQ(column(info, "g").default_text, "");
  EXPECT_EQ(column(info, "h").default_binary, "\1{}");
  EXPECT_EQ(column(info, "i").default_kind, DefaultKind::none);
}

TEST_F(CatalogReaderTest, LeavesOtherDefaultsToPostgres) {
  const auto& info = table(
      "a timestamptz DEFAULT now(), b bigserial, c int8 GENERATED BY DEFAULT AS IDENTITY, "
      "d int8 GENERATED ALWAYS AS IDENTITY, e text GENERATED ALWAYS AS ('x') STORED, "
      "f timestamptz DEFAULT CURRENT_TIMESTAMP, g uuid DEFAULT gen_random_uuid(), "
      "h timestamptz DEFAULT '2020-01-01'::date, i text DEFAULT current_user");
  for (const std::string name : {"a", "b", "c", "f", "g", "h", "i"}) {
    EXPECT_EQ(column(info, name).default_kind, DefaultKind::computed) << name;
    EXPECT_FALSE(column(info, name).generated) << name;
  }
  // Those that are the same for all rows of a transaction, and those that are not.
  for (const std::string name : {"a", "f", "i"}) EXPECT_NE(column(info, name).repeated_default, "") << name;
  for (const std::string name : {"b", "c", "g"}) EXPECT_EQ(column(info, name).repeated_default, "") << name;
  EXPECT_TRUE(column(info, "d").identity_always);
  EXPECT_TRUE(column(info, "e").generated);
}

TEST_F(CatalogReaderTest, ListsTheIndexesThatAConflictTargetCanName) {
  database.run("CREATE TABLE things (id int8 PRIMARY KEY, a text, b text, c text)");
  database.run("CREATE UNIQUE INDEX two ON things (b, a) INCLUDE (c)");
  database.run("CREATE UNIQUE INDEX partial ON things (c) WHERE a IS NULL");
  database.run("CREATE UNIQUE INDEX lowered ON things (lower(a))");
  database.run("ALTER TABLE things ADD CONSTRAINT late UNIQUE (c) DEFERRABLE");
  database.run("CREATE INDEX plain ON things (a)");
  const auto& info = read("things");
  ASSERT_THAT(info.unique_indexes, SizeIs(2));
  EXPECT_EQ(info.unique_indexes[0].name, "things_pkey");
  EXPECT_TRUE(info.unique_indexes[0].primary);
  EXPECT_THAT(info.unique_indexes[0].columns, ElementsAre("id"));
  EXPECT_EQ(info.unique_indexes[1].name, "two");
  EXPECT_THAT(info.unique_indexes[1].columns, ElementsAre("b", "a"));
}

TEST_F(CatalogReaderTest, FindsTablesByNameSchemaAndSearchPath) {
  database.run(
      "CREATE SCHEMA s; CREATE TABLE s.\"Odd \"\"one\" (a int8); CREATE TABLE plain (a int8, gone int8, b int8)");
  database.run("ALTER TABLE plain DROP COLUMN gone; CREATE VIEW seen AS SELECT a FROM plain");
  const auto read_all = DatabaseCatalog::read(
      database.url(),
      {{"s", "Odd \"one"}, {"", "plain"}, {"", "Odd \"one"}, {"", "PLAIN"}, {"none", "plain"}, {"", "seen"}});
  EXPECT_NE(read_all.find({"s", "Odd \"one"}), nullptr);
  ASSERT_NE(read_all.find({"", "plain"}), nullptr);
  EXPECT_THAT(read_all.find({"", "plain"})->columns, SizeIs(2));
  EXPECT_EQ(read_all.find({"", "Odd \"one"}), nullptr);
  EXPECT_EQ(read_all.find({"", "PLAIN"}), nullptr);
  EXPECT_EQ(read_all.find({"none", "plain"}), nullptr);
  EXPECT_NE(read_all.find({"", "seen"}), nullptr);
}

TEST_F(CatalogReaderTest, SaysWhyTheDatabaseIsOutOfReach) {
  EXPECT_THROW(DatabaseCatalog::read("postgres://127.0.0.1:1/db", {{"", "t"}}), std::runtime_error);
}

}  // namespace
}  // namespace loom::sink
