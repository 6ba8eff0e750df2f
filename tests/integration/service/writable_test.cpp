// Tables that look writable and are not, and tables that forget: said by `validate --database`, and at each start.
#include <gmock/gmock.h>

#include "support/http.h"
#include "support/service_test.h"

namespace loom::testing {
namespace {

using ::testing::AllOf;
using ::testing::HasSubstr;
using ::testing::Not;

class WritableTest : public ServiceTest {
 protected:
  WritableTest() : topic_(new_topic("things", 1)) {}

  void map_to(const std::string& table, const std::string& more = "") {
    map("  " + topic_ + ":\n    table: " + table + "\n    field_mappings: {id: id, v: v}\n" + more);
  }
  [[nodiscard]] CommandResult validate(const std::string& url = "") const {
    return command({"validate", "--database"}, url.empty() ? Environment{} : Environment{{"LOOM_DATABASE_URL", url}});
  }
  /// Validate and a start refuse it with these words.
  void expect_error(const std::string& words, const std::string& url = "") {
    const CommandResult validated = validate(url);
    EXPECT_EQ(validated.exit_code, 2) << validated.err;
    EXPECT_THAT(validated.err, AllOf(HasSubstr("error: topic"), HasSubstr(words)));
  }
  [[nodiscard]] bool has_version(int least) const {
    return std::stoi(database().value("SHOW server_version_num")) >= least;
  }

  std::string topic_;
};

TEST_F(WritableTest, AViewWithoutATriggerForItsRows) {
  database().run("CREATE TABLE base (id int, v text); CREATE VIEW things AS SELECT * FROM base");
  map_to("things");
  expect_error("is a view without an INSTEAD OF INSERT trigger");
  auto& service = start();
  ASSERT_TRUE(await(seconds(20), [&] { return service.logged("is a view without an INSTEAD OF INSERT trigger"); }));
}

TEST_F(WritableTest, AViewWithSuchATriggerIsWritten) {
  database().run(
      "CREATE TABLE base (id int, v text); CREATE VIEW things AS SELECT * FROM base;"
      "CREATE FUNCTION pass_on() RETURNS trigger LANGUAGE plpgsql AS "
      "'BEGIN INSERT INTO base VALUES (NEW.id, NEW.v); RETURN NEW; END';"
      "CREATE TRIGGER pass_on INSTEAD OF INSERT ON things FOR EACH ROW EXECUTE FUNCTION pass_on()");
  map_to("things");
  EXPECT_EQ(validate().exit_code, 0);
  send(topic_, 0, R"({"id": 1, "v": "a"})");
  start();
  ASSERT_TRUE(drained(topic_));
  EXPECT_EQ(count("base"), 1);
}

TEST_F(WritableTest, AMaterializedViewIsNoTableThatIsMissing) {
  database().run("CREATE MATERIALIZED VIEW things AS SELECT 1 AS id, 'a'::text AS v");
  map_to("things");
  expect_error("is a materialized view, which takes no rows");
}

TEST_F(WritableTest, ARuleThatCopyWouldPassOver) {
  database().run("CREATE TABLE things (id int, v text); CREATE RULE aside AS ON INSERT TO things DO ALSO NOTIFY moved");
  map_to("things");
  expect_error("has rules ON INSERT (aside)");
}

TEST_F(WritableTest, ARuleOnUpdateIsInTheWayOfAKeyOnly) {
  database().run(
      "CREATE TABLE things (id int PRIMARY KEY, v text); CREATE RULE aside AS ON UPDATE TO things DO ALSO NOTIFY x");
  map_to("things", "    upsert_key: id\n");
  expect_error("has rules ON UPDATE (aside)");
  map_to("things");
  EXPECT_EQ(validate().exit_code, 0);
}

TEST_F(WritableTest, RowLevelSecurityThatHoldsForTheRole) {
  const std::string role = "writer_" + std::to_string(getpid());
  database().run(
      "CREATE TABLE things (id int, v text); ALTER TABLE things ENABLE ROW LEVEL SECURITY;"
      "CREATE POLICY all_of_it ON things USING (true) WITH CHECK (true); CREATE ROLE " +
      role + " LOGIN; GRANT ALL ON things TO " + role);
  map_to("things");
  EXPECT_EQ(validate().exit_code, 0) << "not for the owner";
  expect_error("row-level security of `things` holds for the role \"" + role + "\"",
               database().url() + " user=" + role);
  expect_error("BYPASSRLS", database().url() + " user=" + role);
  database().run("ALTER ROLE " + role + " BYPASSRLS");
  EXPECT_EQ(validate(database().url() + " user=" + role).exit_code, 0);
  database().run("DROP OWNED BY " + role + "; DROP ROLE " + role);
}

TEST_F(WritableTest, AKeyThatOnConflictCannotUseIsNamedWithItsReason) {
  database().run("CREATE TABLE things (id int, v text, UNIQUE (id) DEFERRABLE)");
  map_to("things", "    upsert_key: id\n");
  expect_error("`things_id_key` on (id) is DEFERRABLE");
  database().run(
      "DROP TABLE things; CREATE TABLE things (id int, v text); CREATE UNIQUE INDEX live ON things (id) WHERE v <> ''");
  expect_error("`live` on (id) is partial");
  database().run("DROP INDEX live; CREATE UNIQUE INDEX lower ON things (id, lower(v))");
  expect_error("`lower` on (id, lower(v)) is on an expression");
}

TEST_F(WritableTest, AKeyWithoutOverlapsIsNoKeyToUpsertBy) {
  if (!has_version(180000)) GTEST_SKIP() << "WITHOUT OVERLAPS came with PostgreSQL 18";
  database().run("CREATE TABLE things (id int4range, v int4range, PRIMARY KEY (id, v WITHOUT OVERLAPS))");
  map_to("things", "    upsert_key: id, v\n");
  expect_error("is WITHOUT OVERLAPS");
}

TEST_F(WritableTest, AnUnloggedTableOrPartitionIsAWarningEverywhere) {
  database().run(
      "CREATE TABLE things (id int, v text) PARTITION BY RANGE (id);"
      "CREATE TABLE things_1 PARTITION OF things FOR VALUES FROM (0) TO (10);"
      "CREATE UNLOGGED TABLE things_2 PARTITION OF things DEFAULT");
  map_to("things");
  const CommandResult validated = validate();
  EXPECT_EQ(validated.exit_code, 0);
  EXPECT_THAT(validated.err,
              AllOf(HasSubstr("warning: topic"), HasSubstr("things_2 is UNLOGGED"), Not(HasSubstr("things_1"))));
  send(topic_, 0, R"({"id": 1, "v": "a"})");
  auto& service = start();
  ASSERT_TRUE(drained(topic_));
  EXPECT_TRUE(service.logged("things_2 is UNLOGGED"));
  const ServiceHttp http(service);
  const auto topics = http.get("/status").json().at("topics");
  ASSERT_EQ(topics.size(), 1U);
  EXPECT_THAT(topics.at(0).at("warnings").at(0).get<std::string>(), HasSubstr("things_2 is UNLOGGED"));
}

}  // namespace
}  // namespace loom::testing
