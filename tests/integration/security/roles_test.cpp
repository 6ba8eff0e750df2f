// The service as a role that may do no more than it needs: scripts/sql/roles.sql as docs/security.md tells to use it.
#include <fmt/format.h>
#include <gmock/gmock.h>

#include <iterator>
#include <map>
#include <sstream>

#include "support/service_test.h"

namespace loom::testing {
namespace {

using ::testing::IsSupersetOf;

std::string replaced(std::string text, const std::string& what, const std::string& with) {
  for (std::size_t at = text.find(what); at != std::string::npos; at = text.find(what, at + with.size())) {
    text.replace(at, what.size(), with);
  }
  return text;
}

class RolesTest : public ServiceTest {
 protected:
  RolesTest() : owner_(unique_role("owner")), service_(unique_role("service")) {
    grant();
    database().run(fmt::format("ALTER ROLE {} PASSWORD 'pw'; ALTER ROLE {} PASSWORD 'pw'", owner_, service_));
  }
  void TearDown() override {
    ServiceTest::TearDown();
    try {
      for (const auto& role : {service_, owner_}) database().run(fmt::format("DROP OWNED BY {0}; DROP ROLE {0}", role));
    } catch (const std::exception& error) {
      ADD_FAILURE() << error.what();
    }
  }

  /// Roles belong to the whole server, which other tests share.
  static std::string unique_role(const std::string& what) { return replaced(unique_name("loom_" + what), "-", "_"); }
  void grant() const {
    std::string sql = read_text(LOOM_SOURCE_DIR "/scripts/sql/roles.sql");
    sql = replaced(replaced(sql, "loom_owner", owner_), "loom_service", service_);
    database().run(sql);
  }
  [[nodiscard]] std::string url(const std::string& role) const {
    return fmt::format("postgresql://{}:pw@127.0.0.1:{}/{}", role, database().value("SHOW port"),
                       database().value("SELECT current_database()"));
  }
  [[nodiscard]] Environment as_owner() const { return {{"LOOM_DATABASE_URL", url(owner_)}}; }
  [[nodiscard]] Environment as_service() const {
    return {{"LOOM_DATABASE_URL", url(service_)}, {"LOOM_AUTO_MIGRATE", "false"}};
  }

  /// Topics for every way into a table: plain, update on conflict, and elements in a child table.
  void map_all() {
    plain_ = new_topic("plain", 1);
    update_ = new_topic("update", 1);
    exploded_ = new_topic("exploded", 1);
    entries_ =
        "  " + plain_ +
        ":\n    table: plain\n    field_mappings: {id: id, word: word}\n    data_types: {id: integer}\n" + "  " +
        update_ + ":\n    table: latest\n    field_mappings: {id: id, word: word}\n    data_types: {id: integer}\n" +
        "    upsert_key: id\n    conflict_strategy: update\n" + "  " + exploded_ +
        ":\n    table: parents\n    field_mappings: {id: id}\n    data_types: {id: integer}\n    upsert_key: id\n" +
        "    array_mappings:\n      words:\n        table: children\n        foreign_key_mapping: {parent: id}\n" +
        "        element_mappings: {value: word}\n        sequence_field: place\n";
    map(entries_);
  }
  /// What deployment does: as the owner, then the privileges.
  void deploy() {
    map_all();
    for (const char* step : {"migrate", "create-tables"}) {
      const CommandResult done = command({step}, as_owner());
      ASSERT_EQ(done.exit_code, 0) << step << ": " << done.err;
    }
    grant();
  }
  void send_some(std::int64_t from, std::int64_t to) {
    for (std::int64_t i = from; i < to; ++i) {
      const std::string message = fmt::format(R"({{"id": {}, "word": "w{}", "words": ["a", "b"]}})", i, i);
      for (const auto& topic : {plain_, update_, exploded_}) {
        producer().send(topic, {.value = message, .key = {}, .partition = 0, .headers = {}});
      }
    }
    producer().flush();
  }
  /// They are in the tables before the service under test starts.
  void store_some(std::int64_t from, std::int64_t to) {
    send_some(from, to);
    auto& before = start(as_service());
    for (const auto& topic : {plain_, update_, exploded_}) ASSERT_TRUE(drained(topic));
    ASSERT_EQ(before.terminate().value().exit_code, 0);
  }
  /// The topic's stop names these; then, once granted, it goes on by itself.
  void expect_stop_until_granted(const std::string& topic, const std::vector<std::string>& words,
                                 const std::string& sql_grant) {
    auto& service = start(as_service());
    for (const auto& word : words) {
      EXPECT_TRUE(await(seconds(20), [&] { return service.logged(word); })) << "the log does not say: " << word;
    }
    EXPECT_EQ(count("kafka_dead_letters"), 0);
    for (const auto& other : {plain_, update_, exploded_}) {
      if (other == topic) continue;
      EXPECT_TRUE(drained(other)) << "a privilege on another table";
    }
    database().run(sql_grant);
    EXPECT_TRUE(drained(topic));
    EXPECT_EQ(count("kafka_dead_letters"), 0);
  }
  [[nodiscard]] const std::string& service_role() const { return service_; }
  [[nodiscard]] std::string service_url() const { return url(service_); }

  std::string entries_;  // of the mapping
  std::string plain_;
  std::string update_;
  std::string exploded_;

 private:
  std::string owner_;
  std::string service_;
};

TEST_F(RolesTest, TheServiceRoleStoresAndCanMakeNothing) {
  deploy();
  send_some(0, 100);
  send_some(50, 150);  // keys again: the merge, with its temporary table
  send(plain_, 0, R"({"id": "no number"})");
  auto& service = start(as_service());
  for (const auto& topic : {plain_, update_, exploded_}) ASSERT_TRUE(drained(topic));
  EXPECT_EQ(count("plain"), 200);
  EXPECT_EQ(count("latest"), 150);
  EXPECT_EQ(count("parents"), 150);
  EXPECT_EQ(count("children"), 300);
  EXPECT_EQ(count("kafka_dead_letters WHERE reason = 'conversion_failed'"), 1);
  ASSERT_EQ(service.terminate().value().exit_code, 0);
  // Read again, it is no second dead letter: a trigger sees to that with its owner's rights.
  ASSERT_EQ(command({"offsets", "reset", "--topic", plain_, "--to", "earliest"}, as_owner()).exit_code, 0);
  auto& again = start(as_service());
  ASSERT_TRUE(drained(plain_));
  EXPECT_EQ(count("kafka_dead_letters"), 1);
  const auto end = again.terminate();
  ASSERT_TRUE(end.has_value());
  EXPECT_EQ(end->exit_code, 0);

  // What it needs to work is there; what it does not need is not.
  const TestDatabase& all = database();
  const auto may = [&](const std::string& privilege, const std::string& table) {
    return all.value(fmt::format("SELECT has_table_privilege('{}', '{}', '{}')", service_role(), table, privilege)) ==
           "t";
  };
  for (const char* table : {"plain", "kafka_consumer_offsets", "kafka_dead_letters", "kafka_repaired_dead_letters",
                            "kafka_lag_reporters", "schema_migrations"}) {
    for (const char* privilege : {"DELETE", "TRUNCATE", "REFERENCES", "TRIGGER"}) {
      EXPECT_FALSE(may(privilege, table)) << privilege << " on " << table;
    }
  }
  for (const char* privilege : {"SELECT", "INSERT", "UPDATE"}) EXPECT_TRUE(may(privilege, "kafka_lag_reporters"));
  EXPECT_FALSE(may("INSERT", "schema_migrations"));
  EXPECT_FALSE(may("UPDATE", "kafka_dead_letters"));
  EXPECT_FALSE(may("INSERT", "kafka_repaired_dead_letters"));
  EXPECT_TRUE(may("SELECT", "kafka_repaired_dead_letters"));
  EXPECT_EQ(all.value(fmt::format(
                "SELECT has_function_privilege('{}', 'kafka_forget_dead_letters(text, bigint[])', 'EXECUTE')",
                service_role())),
            "t");

  map(numbered_mapping("another", "another_table"));
  const CommandResult refused = command({"create-tables"}, as_service());
  EXPECT_EQ(refused.exit_code, 1);
  EXPECT_NE(refused.err.find("permission denied for schema public"), std::string::npos) << refused.err;
  EXPECT_EQ(command({"migrate", "--status"}, as_service()).exit_code, 0);
}

TEST_F(RolesTest, TheServiceRoleReadsSettingsAndReportsAndKeepsThePieces) {
  deploy();
  const auto as = [&](const std::string& sql) {
    return run_command("/usr/bin/env", {"psql", "-XAtq", "-v", "ON_ERROR_STOP=1", "-c", sql, service_url()}, {});
  };
  for (const char* allowed :
       {"SELECT * FROM effective_consumer_config('silero-vad')",
        "INSERT INTO consumer_processing_metrics (service_name, messages_processed) VALUES ('s', 1)",
        "INSERT INTO consumer_lag_history (service_name, topic, lag) VALUES ('s', 't', 2000)",
        "SELECT * FROM v_consumer_alerts", "SELECT * FROM v_consumer_recommendations",
        "SELECT * FROM apply_consumer_recommendations(p_dry_run => true)",
        "SELECT * FROM maintain_consumer_metrics()"}) {
    const CommandResult done = as(allowed);
    EXPECT_EQ(done.exit_code, 0) << allowed << ": " << done.err;
    EXPECT_EQ(done.out.empty(), std::string(allowed).starts_with("INSERT")) << allowed;
  }
  for (const char* refused :
       {"UPDATE pipeline_consumer_configs SET max_poll_records = 1", "SELECT populate_consumer_configs()",
        "SELECT apply_consumer_recommendations()", "UPDATE consumer_advice_thresholds SET lag_high = 1",
        "DELETE FROM consumer_lag_history", "UPDATE consumer_processing_metrics SET errors = 0",
        "SELECT make_consumer_metrics_day('consumer_lag_history', '2030-01-01')"}) {
    const CommandResult done = as(refused);
    EXPECT_NE(done.err.find("permission denied"), std::string::npos) << refused << ": " << done.out << done.err;
  }
}

/// The commands that docs/security.md says are a role's, from the table's line that begins with it.
std::vector<std::string> commands_of(const std::string& role) {
  std::istringstream document(read_text(LOOM_SOURCE_DIR "/docs/security.md"));
  std::vector<std::string> commands;
  for (std::string line; std::getline(document, line);) {
    const std::string begin = "| `" + role + "` | ";
    if (!line.starts_with(begin)) continue;
    std::istringstream cell(line.substr(begin.size(), line.find(" | ", begin.size()) - begin.size()));
    for (std::string text; std::getline(cell, text, '`') && std::getline(cell, text, '`');) commands.push_back(text);
  }
  return commands;
}

TEST_F(RolesTest, EachRoleMayRunTheCommandsThatTheDocumentSaysAndNoOther) {
  deploy();
  send_some(0, 10);
  for (int i = 0; i < 3; ++i) send(plain_, 0, R"({"id": "no number"})");
  auto& service = start(as_service());
  for (const auto& topic : {plain_, update_, exploded_}) ASSERT_TRUE(drained(topic));
  ASSERT_TRUE(service.terminate().has_value());
  const std::string dead = database().value("SELECT min(id) FROM kafka_dead_letters");
  // What a command is about. Tables that exist need no right to make them.
  const std::map<std::string, std::vector<std::string>> more{
      {"dead-letters show", {dead}},
      {"dead-letters purge", {"--limit", "1", "--yes"}},
      {"offsets reset", {"--topic", plain_, "--to", "earliest"}},
      {"configs show", {"silero-vad"}},
  };
  const auto run = [&](const std::string& text, const Environment& as) {
    std::istringstream words(text);
    std::vector<std::string> arguments{std::istream_iterator<std::string>(words), {}};
    if (const auto found = more.find(text); found != more.end()) {
      arguments.insert(arguments.end(), found->second.begin(), found->second.end());
    }
    return command(arguments, as);
  };

  const auto of_service = commands_of("loom_service");
  EXPECT_THAT(of_service, IsSupersetOf({"run", "lag", "dead-letters list", "dead-letters show", "offsets show"}));
  for (const auto& text : of_service) {
    if (text == "run") continue;  // it has run
    for (const auto& as : {as_service(), as_owner()}) {
      const CommandResult done = run(text, as);
      EXPECT_EQ(done.exit_code, 0) << text << ": " << done.out << done.err;
    }
  }
  const auto of_owner = commands_of("loom_owner");
  EXPECT_THAT(of_owner, IsSupersetOf({"dead-letters replay", "dead-letters purge", "create-tables"}));
  map(entries_ + numbered_mapping("another", "another_table"));
  database().run("DELETE FROM schema_migrations WHERE version = (SELECT max(version) FROM schema_migrations)");
  for (const auto& text : of_owner) {
    // Without advice it changes nothing; that it may not is the next test's.
    if (text == "configs recommend --apply") continue;
    const CommandResult refused = run(text, as_service());
    EXPECT_EQ(refused.exit_code, 1) << text << ": " << refused.out << refused.err;
    EXPECT_NE((refused.out + refused.err).find("permission denied"), std::string::npos)
        << text << ": " << refused.out << refused.err;
  }
}

TEST_F(RolesTest, MigratingIsNotTheServicesToDo) {
  map_all();
  const CommandResult refused = command({"migrate"}, as_service());
  EXPECT_EQ(refused.exit_code, 1);
  EXPECT_NE(refused.err.find("permission denied"), std::string::npos) << refused.err;
}

TEST_F(RolesTest, WithoutInsertTheTopicStopsUntilItIsGranted) {
  deploy();
  send_some(0, 20);
  database().run("REVOKE INSERT ON plain FROM " + service_role());
  expect_stop_until_granted(plain_, {"permission denied for table plain", "42501", "INSERT"},
                            "GRANT INSERT ON plain TO " + service_role());
  EXPECT_EQ(count("plain"), 20);
}

TEST_F(RolesTest, WithoutSelectTheTopicStopsUntilItIsGranted) {
  deploy();
  send_some(0, 20);
  database().run("REVOKE SELECT ON plain FROM " + service_role());
  expect_stop_until_granted(plain_, {"permission denied for table plain", "42501", "SELECT"},
                            "GRANT SELECT ON plain TO " + service_role());
  EXPECT_EQ(count("plain"), 20);
}

TEST_F(RolesTest, WithoutUpdateAnUpdatingTopicStopsUntilItIsGranted) {
  deploy();
  store_some(0, 20);
  send_some(0, 20);
  database().run("REVOKE UPDATE ON latest FROM " + service_role());
  expect_stop_until_granted(update_, {"permission denied for table latest", "42501", "UPDATE"},
                            "GRANT UPDATE ON latest TO " + service_role());
  EXPECT_EQ(count("latest"), 20);
}

TEST_F(RolesTest, WithoutTemporaryTablesAnUpsertStopsUntilTheyAreGranted) {
  deploy();
  store_some(0, 20);
  send_some(0, 20);
  const std::string name = database().value("SELECT current_database()");
  database().run(fmt::format("REVOKE TEMPORARY ON DATABASE {} FROM PUBLIC, {}", name, service_role()));
  auto& service = start(as_service());
  EXPECT_TRUE(await(seconds(20), [&] { return service.logged("permission denied to create temporary tables"); }));
  EXPECT_TRUE(drained(plain_));
  EXPECT_EQ(count("kafka_dead_letters"), 0);
  database().run(fmt::format("GRANT TEMPORARY ON DATABASE {} TO {}", name, service_role()));
  for (const auto& topic : {update_, exploded_}) EXPECT_TRUE(drained(topic));
  EXPECT_EQ(count("latest"), 20);
  EXPECT_EQ(count("children"), 40);
}

}  // namespace
}  // namespace loom::testing
