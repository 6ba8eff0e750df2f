// Several deployments over one mapping file, each with its own topics (LOOM_TOPICS, LOOM_TOPICS_EXCLUDE).
#include <csignal>
#include <set>

#include "support/http.h"
#include "support/service_test.h"

namespace loom::testing {
namespace {

/// A file with two topics, a pattern that stands for several, and a topic whose table nobody has made.
class SharedMappingTest : public ServiceTest {
 protected:
  SharedMappingTest()
      : orders_(new_topic("orders", 2)),
        payments_(new_topic("payments", 2)),
        gps_(new_topic("sensors.gps", 2)),
        audio_(new_topic("sensors.audio", 2)) {
    for (const char* const table : {"order_rows", "payment_rows", "sensor_rows"}) {
      database().run(numbered_table(table));
    }
    map(numbered_mapping(orders_, "order_rows") + numbered_mapping(payments_, "payment_rows") +
        numbered_mapping("^" + prefix() + "\\.sensors\\..*", "sensor_rows") +
        numbered_mapping(prefix() + ".tweets", "no_such_table"));
  }

  [[nodiscard]] std::string group_of(const std::string& deployment) const { return group() + "-" + deployment; }
  /// A deployment with a group of its own, which stores `topics` without `exclude`.
  [[nodiscard]] Environment deployment(const std::string& name, const std::string& topics,
                                       const std::string& exclude = "") const {
    return {{"LOOM_KAFKA_GROUP_ID", group_of(name)},
            {"LOOM_TOPICS", topics},
            {"LOOM_TOPICS_EXCLUDE", exclude},
            {"LOOM_DLQ", "both"}};
  }
  /// One whose topics a configuration file names, so that they can change while it runs.
  ServiceProcess& start_by_file(const std::string& lines) {
    write_file(lines);
    return start_configured(folder().path_of("loom.yml"), environment({{"LOOM_WATCH_FILES", "false"}}));
  }
  void write_file(const std::string& lines) { folder().write("loom.yml", lines); }

  void send_all(std::int64_t from, std::int64_t to) {
    for (const auto& topic : {orders_, payments_, gps_, audio_}) send_numbered(topic, from, to);
  }
  /// The topics that a group has stored offsets of, beyond where they begin.
  [[nodiscard]] std::string stored_by(const std::string& of_group) const {
    return database().value(
        "SELECT coalesce(string_agg(DISTINCT topic, ' ' ORDER BY topic), '') FROM "
        "kafka_consumer_offsets WHERE next_offset > 0 AND consumer_group = '" +
        of_group + "'");
  }
  /// The topics that a replica has partitions of.
  static std::string assigned(const ServiceHttp& http) {
    const nlohmann::json status = http.get("/status").json();
    std::set<std::string> topics;
    for (const auto& one : status.at("assignment")) topics.insert(one.at("topic"));
    std::string text;
    for (const auto& topic : topics) text += (text.empty() ? "" : " ") + topic;
    return text;
  }
  [[nodiscard]] static bool await_assigned(const ServiceHttp& http, const std::string& topics) {
    return await(seconds(40), [&] { return assigned(http) == topics; });
  }

  std::string orders_;
  std::string payments_;
  std::string gps_;
  std::string audio_;
};

TEST_F(SharedMappingTest, EachDeploymentStoresItsOwnTopicsAndNoOther) {
  send_all(0, 200);
  ServiceProcess& first = start(deployment("first", orders_ + "," + gps_));
  ASSERT_TRUE(await_count("order_rows", 200));
  ASSERT_TRUE(await_count("sensor_rows", 200));
  ServiceProcess& second = start(deployment("second", "", orders_ + "," + gps_ + "," + prefix() + ".tweets"));
  ASSERT_TRUE(await_count("payment_rows", 200));
  ASSERT_TRUE(await_count("sensor_rows", 400));
  send_all(200, 400);
  ASSERT_TRUE(await_count("order_rows", 400));
  ASSERT_TRUE(await_count("payment_rows", 400));
  ASSERT_TRUE(await_count("sensor_rows", 800));
  EXPECT_TRUE(every_one_once("order_rows", 400));
  EXPECT_TRUE(every_one_once("payment_rows", 400));
  EXPECT_EQ(count("sensor_rows"), 800) << "two topics with the same numbers";
  EXPECT_EQ(count("(SELECT number FROM sensor_rows GROUP BY 1 HAVING count(*) = 2) twice"), 400);
  EXPECT_EQ(stored_by(group_of("first")), orders_ + " " + gps_);
  EXPECT_EQ(stored_by(group_of("second")), payments_ + " " + audio_);

  EXPECT_EQ(ServiceHttp(first).get("/readyz").status, 200) << "no_such_table is nobody's business";
  EXPECT_EQ(ServiceHttp(second).get("/readyz").status, 200);
  EXPECT_TRUE(first.logged("consuming 2 topics of 4 from")) << first.log();
  EXPECT_FALSE(first.logged("no_such_table"));
  const HttpAnswer topics = ServiceHttp(first).get("/topics");
  EXPECT_EQ(topics.body.find(payments_), std::string::npos) << topics.body;
  EXPECT_EQ(first.terminate()->exit_code, 0);
  EXPECT_EQ(second.terminate()->exit_code, 0);
}

TEST_F(SharedMappingTest, ATopicThatAPatternMatchesLaterGoesToTheDeploymentThatTakesIt) {
  ServiceProcess& first = start(deployment("first", gps_));
  ServiceProcess& second = start(deployment("second", "^" + prefix() + "\\.sensors\\.", gps_));
  send_numbered(gps_, 0, 100);
  send(audio_, 0, "no JSON");  // its dead-letter topic is one more that the pattern matches
  ASSERT_TRUE(await_count("sensor_rows", 100));
  ASSERT_TRUE(await_count("kafka_dead_letters", 1));
  const std::string light = new_topic("sensors.light", 2);
  send_numbered(light, 100, 200);
  ASSERT_TRUE(await_count("sensor_rows", 200, seconds(60)));
  EXPECT_TRUE(every_one_once("sensor_rows", 200));
  EXPECT_EQ(stored_by(group_of("second")), audio_ + " " + light);
  EXPECT_TRUE(await_assigned(ServiceHttp(first), gps_));
  EXPECT_TRUE(await_assigned(ServiceHttp(second), audio_ + " " + light)) << "and not the dead-letter topic";
}

TEST_F(SharedMappingTest, AReloadTakesOtherTopics) {
  ServiceProcess& service = start_by_file("loom_topics: [" + orders_ + "]\n");
  const ServiceHttp http(service);
  send_all(0, 100);
  ASSERT_TRUE(await_count("order_rows", 100));
  ASSERT_TRUE(await_assigned(http, orders_));

  write_file("loom_topics: [" + payments_ + "]\n");
  service.send(SIGHUP);
  ASSERT_TRUE(await_assigned(http, payments_));
  send_all(100, 200);
  ASSERT_TRUE(drained(payments_));
  EXPECT_EQ(count("order_rows"), 100);

  write_file("loom_topics: [" + orders_ + ", " + payments_ + "]\n");
  const HttpAnswer both = http.post("/reload-config");
  ASSERT_EQ(both.status, 200) << both.body;
  EXPECT_EQ(both.json().at("added"), nlohmann::json::array({orders_}));
  EXPECT_EQ(both.json().at("settings"), nlohmann::json::array({"LOOM_TOPICS"}));
  ASSERT_TRUE(drained(orders_));
  EXPECT_TRUE(every_one_once("order_rows", 200));
  EXPECT_TRUE(every_one_once("payment_rows", 200));
  EXPECT_EQ(count("sensor_rows"), 0);
}

TEST_F(SharedMappingTest, AReloadTakesOtherTopicsOfTheSamePattern) {
  const ServiceHttp http(start_by_file("loom_topics: " + gps_ + "\n"));
  send_numbered(gps_, 0, 100);
  ASSERT_TRUE(await_count("sensor_rows", 100));
  write_file("loom_topics: " + audio_ + "\n");
  ASSERT_EQ(http.post("/reload-config").status, 200);
  send_numbered(audio_, 100, 200);
  ASSERT_TRUE(await_assigned(http, audio_));
  send_numbered(gps_, 200, 300);
  ASSERT_TRUE(await_count("sensor_rows", 200));
  write_file("loom_topics_exclude: ['^" + prefix() + "\\.(orders|payments|tweets)']\n");
  ASSERT_EQ(http.post("/reload-config").status, 200);
  ASSERT_TRUE(await_assigned(http, audio_ + " " + gps_));
  ASSERT_TRUE(await_count("sensor_rows", 300));
  EXPECT_TRUE(every_one_once("sensor_rows", 300));
}

TEST_F(SharedMappingTest, TopicsThatTheMappingDoesNotHaveAreRefused) {
  const CommandResult start = command({"run"}, {{"LOOM_TOPICS", orders_ + "x"}});
  EXPECT_EQ(start.exit_code, 2);
  EXPECT_NE((start.out + start.err).find("did you mean `" + orders_ + "`?"), std::string::npos) << start.err;

  const ServiceHttp http(start_by_file("loom_topics: " + orders_ + "\n"));
  send_numbered(orders_, 0, 100);
  ASSERT_TRUE(await_count("order_rows", 100));
  write_file("loom_topics: " + orders_ + "\nloom_topics_exclude: '^" + prefix() + "'\n");
  const HttpAnswer nothing = http.post("/reload-config");
  EXPECT_EQ(nothing.status, 422);
  EXPECT_NE(nothing.body.find("leave no topic of"), std::string::npos) << nothing.body;
  send_numbered(orders_, 100, 200);
  ASSERT_TRUE(drained(orders_));
  EXPECT_TRUE(every_one_once("order_rows", 200));
}

TEST_F(SharedMappingTest, ADeploymentIsSplitInTwoWithoutAMessageLostOrStoredTwice) {
  const Environment all{{"LOOM_TOPICS_EXCLUDE", prefix() + ".tweets"}};
  send_numbered(orders_, 0, 200);
  send_numbered(payments_, 0, 200);
  send(payments_, 0, R"({"data":{"number":"none"}})");
  ServiceProcess& before = start(all);
  ASSERT_TRUE(drained(orders_));
  ASSERT_TRUE(drained(payments_));
  ASSERT_EQ(before.terminate()->exit_code, 0);
  EXPECT_EQ(count("kafka_dead_letters"), 1);

  const Environment first = deployment("first", orders_);
  const Environment second = deployment("second", "", orders_ + "," + prefix() + ".tweets");
  for (const auto& one : {first, second}) {
    const CommandResult taken = command({"offsets", "reset", "--from-kafka", "--group", group()}, one);
    ASSERT_EQ(taken.exit_code, 0) << taken.err;
  }
  EXPECT_EQ(stored_by(group_of("first")), orders_);
  EXPECT_EQ(stored_by(group_of("second")), payments_);
  send_numbered(orders_, 200, 400);
  send_numbered(payments_, 200, 400);
  start(first);
  start(second);
  ASSERT_TRUE(await_count("order_rows", 400));
  ASSERT_TRUE(await_count("payment_rows", 400));
  EXPECT_TRUE(every_one_once("order_rows", 400));
  EXPECT_TRUE(every_one_once("payment_rows", 400));

  // What waits under the old group's name is replayed by the deployment that has its topic now.
  const CommandResult others = command({"dead-letters", "replay", "--group", group()}, first);
  EXPECT_EQ(others.exit_code, 0) << others.out;
  EXPECT_NE(others.out.find(payments_ + ": 1 dead letter left to another deployment"), std::string::npos) << others.out;
  const CommandResult own = command({"dead-letters", "replay", "--group", group(), "--json"}, second);
  EXPECT_EQ(own.exit_code, 0) << own.out;
  EXPECT_NE(own.out.find(R"("dead_letters":1,)"), std::string::npos) << own.out;
  EXPECT_EQ(command({"dead-letters", "replay", "--topic", payments_}, first).exit_code, 2);
}

TEST_F(SharedMappingTest, CommandsAboutTheGroupLookAtItsOwnTopics) {
  migrate();
  send_numbered(orders_, 0, 10);
  send_numbered(payments_, 0, 10);
  ServiceProcess& service = start({{"LOOM_TOPICS", orders_ + "," + payments_}});
  ASSERT_TRUE(drained(orders_));
  ASSERT_TRUE(drained(payments_));
  ASSERT_EQ(service.terminate()->exit_code, 0);
  const Environment ours{{"LOOM_TOPICS", orders_}};
  for (const std::vector<std::string>& words : {std::vector<std::string>{"offsets", "show"}, {"lag"}}) {
    const CommandResult shown = command(words, ours);
    EXPECT_EQ(shown.exit_code, 0) << shown.err;
    EXPECT_NE(shown.out.find(orders_), std::string::npos) << shown.out;
    EXPECT_EQ(shown.out.find(payments_), std::string::npos) << shown.out;
    EXPECT_NE(command(words).out.find(payments_), std::string::npos);
  }
  const CommandResult theirs = command({"offsets", "reset", "--topic", payments_, "--to", "earliest"}, ours);
  EXPECT_EQ(theirs.exit_code, 2);
  EXPECT_NE(theirs.err.find("leave the topic " + payments_ + " to another deployment"), std::string::npos)
      << theirs.err;
  EXPECT_EQ(stored_offsets(payments_), (std::vector<std::int64_t>{5, 5}));
}

TEST_F(SharedMappingTest, MembersOfOneGroupMayHaveDifferentTopics) {
  send_all(0, 100);
  const ServiceHttp first(start({{"LOOM_TOPICS", orders_}}));
  const ServiceHttp second(start({{"LOOM_TOPICS", payments_ + "," + gps_}}));
  ASSERT_TRUE(await_assigned(first, orders_));
  ASSERT_TRUE(await_assigned(second, payments_ + " " + gps_));
  send_all(100, 200);
  for (const auto& topic : {orders_, payments_, gps_}) ASSERT_TRUE(drained(topic));
  EXPECT_TRUE(every_one_once("order_rows", 200));
  EXPECT_TRUE(every_one_once("payment_rows", 200));
  EXPECT_TRUE(every_one_once("sensor_rows", 200));
  EXPECT_EQ(stored_by(group()), orders_ + " " + payments_ + " " + gps_);
}

}  // namespace
}  // namespace loom::testing
