// Tables that headers name: each message goes into the table that its own headers say.
#include <fmt/format.h>

#include <map>

#include "support/service_test.h"

namespace loom::testing {
namespace {

using ::testing::AssertionResult;

class HeaderTablesTest : public ServiceTest {
 protected:
  HeaderTablesTest() : topic_(new_topic("events", 3)) {}

  void map_events(const std::string& table = "\"events_${headers.type}\"", const std::string& more = "") {
    map("  " + topic_ + ":\n    table: " + table +
        "\n    field_mappings: {id: id, value: value}\n    data_types: {id: integer, value: integer}\n"
        "    upsert_key: [id]\n    conflict_strategy: update\n" +
        more);
  }
  void send_event(int id, const std::string& type, const std::string& more = "") {
    std::vector<std::pair<std::string, std::string>> headers;
    if (type != "-") headers.emplace_back("type", type);
    producer().send(topic_, {.value = fmt::format(R"({{"id":{},"value":{}{}}})", id, id * 2, more),
                             .key = "",
                             .partition = id % 3,
                             .headers = headers});
  }
  AssertionResult stored() {
    producer().flush();
    return drained(topic_, seconds(100));
  }
  ServiceProcess& start_making_tables() { return start({{"LOOM_AUTO_CREATE_TABLES", "true"}}); }

  const std::string topic_;
};

TEST_F(HeaderTablesTest, EachMessageGoesIntoTheTableOfItsHeader) {
  map_events("\"events_${headers.type}\"",
             "    array_mappings:\n      items: {table: \"items_${headers.type}\", foreign_key_mapping: {id: id}, "
             "sequence_field: n, element_mappings: {sku: sku}}\n");
  constexpr int kEvents = 3'000;
  const std::vector<std::string> types{"click", "view", "Sale 24", "a.b", "\"q\""};
  for (int id = 0; id < kEvents; ++id) {
    send_event(id, types[static_cast<std::size_t>(id) % types.size()], R"(,"items":[{"sku":"x"},{"sku":"y"}])");
  }
  start_making_tables();
  ASSERT_TRUE(stored());
  EXPECT_EQ(count("kafka_dead_letters"), 0);
  for (std::size_t i = 0; i < types.size(); ++i) {
    const std::string type = types[i] == "\"q\"" ? "\"\"q\"\"" : types[i];  // as SQL writes it
    const std::string right = fmt::format(" WHERE id % {} = {} AND value = id * 2", types.size(), i);
    EXPECT_EQ(count(fmt::format("\"events_{}\"{}", type, right)), kEvents / 5) << types[i];
    EXPECT_EQ(count(fmt::format("\"events_{}\"", type)), kEvents / 5) << types[i];
    EXPECT_EQ(count(fmt::format("\"items_{}\"", type)), 2 * kEvents / 5) << types[i];
  }
}

TEST_F(HeaderTablesTest, AListThatBecomesShorterLosesItsRowsInItsOwnTablesOnly) {
  map_events("\"events_${headers.type}\"",
             "    array_mappings:\n      items: {table: \"items_${headers.type}\", foreign_key_mapping: {id: id}, "
             "sequence_field: n, element_mappings: {sku: sku}}\n");
  for (const char* type : {"a", "b"}) send_event(3, type, R"(,"items":[{"sku":"x"},{"sku":"y"},{"sku":"z"}])");
  start_making_tables();
  ASSERT_TRUE(stored());
  send_event(3, "b", R"(,"items":[{"sku":"w"}])");
  ASSERT_TRUE(stored());
  EXPECT_EQ(count("items_a"), 3);
  EXPECT_EQ(count("items_b WHERE sku = 'w' AND n = 0"), 1);
  EXPECT_EQ(count("items_b"), 1);
}

TEST_F(HeaderTablesTest, WithoutAUsableHeaderAMessageIsADeadLetter) {
  map_events();
  send_event(0, "good");
  send_event(1, "-");
  send_event(2, "");
  send_event(3, std::string(57, 'x'));  // with what stands before it 64 bytes
  send_event(7, std::string(100'000, 'y'));
  send_event(4, "\xFF");
  send_event(5, "good");
  send_event(6, "${topic}");
  start_making_tables();
  ASSERT_TRUE(stored());
  EXPECT_EQ(count("events_good"), 2);
  EXPECT_EQ(count("kafka_dead_letters WHERE reason = 'missing_required_field' AND message LIKE '%header \"type\"%'"),
            2);
  EXPECT_EQ(count("kafka_dead_letters WHERE reason = 'out_of_range' AND message LIKE '%64 bytes%'"), 1);
  EXPECT_EQ(count("kafka_dead_letters WHERE reason = 'out_of_range' AND message LIKE '%is longer than the 63%'"), 1);
  EXPECT_EQ(count("kafka_dead_letters WHERE reason = 'invalid_text'"), 2);
  EXPECT_EQ(count("kafka_dead_letters"), 6);
}

TEST_F(HeaderTablesTest, ATableThatIsMissingStopsTheTopicUntilItIsThere) {
  map_events();
  database().run("CREATE TABLE events_a (id bigint primary key, value bigint)");
  send_event(0, "a");
  send_event(1, "b");
  send_event(2, "a");
  auto& service = start({{"LOOM_AUTO_CREATE_TABLES", "false"}});
  ASSERT_TRUE(await(seconds(20), [&] { return service.logged("there is no table `events_b`"); }));
  database().run("CREATE TABLE events_b (id bigint primary key, value integer)");
  ASSERT_TRUE(stored());
  EXPECT_EQ(count("events_a"), 2);
  EXPECT_EQ(count("events_b WHERE id = 1 AND value = 2"), 1);
  EXPECT_EQ(count("kafka_dead_letters"), 0);
}

TEST_F(HeaderTablesTest, ATableThatIsWrongIsItsOwnMessagesTroubleOnly) {
  map_events();
  database().run("CREATE TABLE events_wrong (id bigint primary key, other text)");
  for (int id = 0; id < 20; ++id) send_event(id, id % 2 == 0 ? "good" : "wrong");
  auto& service = start_making_tables();
  ASSERT_TRUE(stored());
  EXPECT_EQ(count("events_good"), 10);
  EXPECT_EQ(count("kafka_dead_letters WHERE reason = 'out_of_range' AND message LIKE '%has no column `value`%'"), 10);
  // Neither a reload nor another reading of the catalog is held up by it, and when it is mended its rows go in.
  map_events("\"events_${headers.type}\"", "    batch_size: 100\n");
  ASSERT_TRUE(await(seconds(20), [&] { return service.logged("1 changed"); }));
  database().run("DROP TABLE events_good; DROP TABLE events_wrong");
  for (int id = 20; id < 30; ++id) send_event(id, id % 2 == 0 ? "good" : "wrong");
  ASSERT_TRUE(stored());
  EXPECT_EQ(count("events_good"), 5);
  EXPECT_EQ(count("events_wrong"), 5);
}

TEST_F(HeaderTablesTest, TwoValuesThatNameOneTableDoNotMeetInIt) {
  map_events("\"events_${headers.a}_${headers.b}\"");
  const auto send_both = [&](int id, const std::string& a, const std::string& b) {
    producer().send(topic_, {.value = fmt::format(R"({{"id":{},"value":0}})", id),
                             .key = "",
                             .partition = 0,
                             .headers = {{"a", a}, {"b", b}}});
  };
  for (int id = 0; id < 10; ++id) send_both(id, id % 2 == 0 ? "x_y" : "x", id % 2 == 0 ? "z" : "y_z");
  start_making_tables();
  ASSERT_TRUE(stored());
  EXPECT_EQ(count("events_x_y_z"), 5);
  EXPECT_EQ(count("kafka_dead_letters WHERE message LIKE '%is that of other values%'"), 5);
}

TEST_F(HeaderTablesTest, ManyValuesAtOnceAreReadTogether) {
  map_events();
  constexpr int kValues = 250;
  for (int id = 0; id < kValues; ++id) send_event(id, fmt::format("v{}", id));
  start_making_tables();
  ASSERT_TRUE(stored());
  EXPECT_EQ(count("pg_class WHERE relname LIKE 'events\\_v%' AND relkind = 'r'"), kValues);
  EXPECT_EQ(count("kafka_dead_letters"), 0);
}

TEST_F(HeaderTablesTest, ATableThatNobodyWritesToAnyMoreMayGo) {
  map_events();
  send_event(0, "old");
  send_event(1, "new");
  auto& service = start_making_tables();
  ASSERT_TRUE(stored());
  database().run("DROP TABLE events_old");
  send_event(2, "new");
  send_event(3, "newer");  // for which the catalog is read again
  ASSERT_TRUE(stored());
  EXPECT_EQ(count("events_new"), 2);
  EXPECT_EQ(count("events_newer"), 1);
  EXPECT_EQ(count("pg_class WHERE relname = 'events_old'"), 0) << "it is made when a message wants it";
  send_event(4, "old");
  ASSERT_TRUE(stored());
  EXPECT_EQ(count("events_old WHERE id = 4"), 1);
  EXPECT_EQ(count("kafka_dead_letters"), 0);
  EXPECT_FALSE(service.logged("stopped")) << service.log();
}

TEST_F(HeaderTablesTest, ARestartAndAnotherMappingKeepEachMessageOnce) {
  map_events();
  for (int id = 0; id < 500; ++id) send_event(id, fmt::format("t{}", id % 50));
  auto* service = &start_making_tables();
  ASSERT_TRUE(stored());
  service->kill9();
  for (int id = 500; id < 1000; ++id) send_event(id, fmt::format("t{}", id % 50));
  service = &start_making_tables();
  ASSERT_TRUE(stored());
  std::int64_t rows = 0;
  for (int type = 0; type < 50; ++type) {
    EXPECT_EQ(count(fmt::format("events_t{}", type)), 20);
    rows += count(fmt::format("events_t{0} WHERE id % 50 = {0}", type));
  }
  EXPECT_EQ(rows, 1000);

  map_events("\"other_${headers.type}\"");
  ASSERT_TRUE(await(seconds(20), [&] { return service->logged("1 changed"); }));
  for (int id = 1000; id < 1010; ++id) send_event(id, "t1");
  ASSERT_TRUE(stored());
  EXPECT_EQ(count("other_t1"), 10);
  EXPECT_EQ(count("events_t1"), 20);
}

TEST_F(HeaderTablesTest, DeadLettersAreReplayedIntoTheTablesOfTheirHeaders) {
  map_events("\"events_${headers.type}\"", "    required_fields: [operator]\n");
  for (int id = 0; id < 20; ++id) send_event(id, id % 2 == 0 ? "even" : "odd");
  auto& service = start_making_tables();
  ASSERT_TRUE(stored());
  ASSERT_EQ(count("kafka_dead_letters"), 20);
  EXPECT_EQ(service.terminate().value().exit_code, 0);
  map_events();
  const CommandResult replay = command({"dead-letters", "replay"});
  EXPECT_EQ(replay.exit_code, 0) << replay.err;
  EXPECT_EQ(count("events_even WHERE id % 2 = 0"), 10);
  EXPECT_EQ(count("events_odd WHERE id % 2 = 1"), 10);
  EXPECT_EQ(count("kafka_dead_letters"), 0);
}

}  // namespace
}  // namespace loom::testing
