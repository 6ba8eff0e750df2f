// What is not there when it starts, and comes later: the database, the migrations, a table.
#include "support/service_test.h"

namespace loom::testing {
namespace {

using OutageTest = ServiceTest;

TEST_F(OutageTest, AMissingTableStopsOnlyItsTopicUntilItIsThere) {
  const std::string waiting = new_topic("waiting", 2);
  const std::string flowing = new_topic("flowing", 2);
  map(numbered_mapping(waiting, "later_made") + numbered_mapping(flowing, "there"));
  database().run(numbered_table("there"));
  send_numbered(waiting, 0, 1'000);
  send_numbered(flowing, 0, 1'000);
  auto& service = start();
  ASSERT_TRUE(drained(flowing));
  EXPECT_TRUE(every_one_once("there", 1'000));
  EXPECT_TRUE(service.logged("later_made")) << "nothing says which table is missing";
  for (const std::int64_t offset : stored_offsets(waiting)) EXPECT_LE(offset, 0);

  const pid_t process = service.pid();
  database().run(numbered_table("later_made"));
  ASSERT_TRUE(drained(waiting, seconds(60)));
  EXPECT_TRUE(every_one_once("later_made", 1'000));
  EXPECT_EQ(count("kafka_dead_letters"), 0);
  EXPECT_TRUE(service.running());
  EXPECT_EQ(service.pid(), process);
}

TEST_F(OutageTest, ATableDroppedWhileMessagesFlowComesBack) {
  const std::string topic = new_topic("numbers", 2);
  map(numbered_mapping(topic, "numbers"));
  database().run(numbered_table("numbers"));
  auto& service = start();
  send_numbered(topic, 0, 500);
  ASSERT_TRUE(drained(topic));
  database().run("ALTER TABLE numbers RENAME TO away");
  send_numbered(topic, 500, 1'000);
  ASSERT_TRUE(await(seconds(30), [&] { return service.logged("stopped"); }));
  database().run("ALTER TABLE away RENAME TO numbers");
  ASSERT_TRUE(drained(topic, seconds(60)));
  EXPECT_TRUE(every_one_once("numbers", 1'000));
  EXPECT_EQ(count("kafka_dead_letters"), 0);
}

TEST_F(OutageTest, AColumnRetypedWhileMessagesFlowIsNeverStoredAsGarbage) {
  const std::string topic = new_topic("numbers", 2);
  map(numbered_mapping(topic, "numbers"));
  database().run(numbered_table("numbers"));
  start();
  send_numbered(topic, 0, 1'000);
  ASSERT_TRUE(drained(topic));
  database().run(
      "ALTER TABLE numbers ALTER counted TYPE double precision, ALTER number TYPE integer,"
      " ALTER reading TYPE numeric");
  send_numbered(topic, 1'000, 2'000);
  ASSERT_TRUE(drained(topic, seconds(60)));
  EXPECT_TRUE(every_one_once("numbers", 2'000));
  EXPECT_EQ(count("kafka_dead_letters"), 0);
}

TEST_F(OutageTest, WithoutMigrationsItSaysWhatIsMissingAndGoesOnWhenTheyAreApplied) {
  const std::string topic = new_topic("numbers", 1);
  map(numbered_mapping(topic, "numbers"));
  database().run(numbered_table("numbers"));
  send_numbered(topic, 0, 10);
  auto& service = start({{"LOOM_AUTO_MIGRATE", "false"}});
  ASSERT_TRUE(await(seconds(20), [&] { return service.logged("offsets_and_dead_letters is not applied"); }))
      << service.log();
  EXPECT_TRUE(service.logged("LOOM_AUTO_MIGRATE=true")) << "nothing tells the user what to do:\n" << service.log();
  EXPECT_TRUE(service.running());
  migrate();
  ASSERT_TRUE(drained(topic));
  EXPECT_TRUE(every_one_once("numbers", 10));
}

/// With a PostgreSQL of its own, which can be stopped.
class DatabaseAwayTest : public ServiceTest {
 protected:
  DatabaseAwayTest() : ServiceTest(std::make_unique<PostgresServer>(), KafkaServer::shared()) {}
};

TEST_F(DatabaseAwayTest, ItWaitsForADatabaseThatIsNotThereAtStart) {
  const std::string topic = new_topic("numbers", 2);
  map(numbered_mapping(topic, "numbers"));
  database().run(numbered_table("numbers"));
  send_numbered(topic, 0, 500);
  own_server_->stop();
  auto& service = start();
  ASSERT_TRUE(await(seconds(20), [&] { return service.logged("the database is not ready"); })) << service.log();
  EXPECT_TRUE(service.running());
  own_server_->restart();
  ASSERT_TRUE(drained(topic, seconds(60)));
  EXPECT_TRUE(every_one_once("numbers", 500));
}

TEST_F(DatabaseAwayTest, TermEndsItWhileItWaitsForTheDatabase) {
  map(numbered_mapping(new_topic("numbers", 1), "numbers"));
  own_server_->stop();
  auto& service = start();
  ASSERT_TRUE(await(seconds(20), [&] { return service.logged("the database is not ready"); })) << service.log();
  const auto end = service.terminate();
  own_server_->restart();
  ASSERT_TRUE(end.has_value());
  EXPECT_EQ(end->exit_code, 0);
}

TEST_F(DatabaseAwayTest, TermEndsItInTimeWhenTheDatabaseHasGoneAway) {
  const std::string topic = new_topic("numbers", 2);
  map(numbered_mapping(topic, "numbers"));
  database().run(numbered_table("numbers"));
  auto& service = start();
  send_numbered(topic, 0, 500);
  ASSERT_TRUE(drained(topic));
  own_server_->stop();
  send_numbered(topic, 500, 1'000);
  ASSERT_TRUE(await(seconds(20), [&] { return service.logged("not stored"); })) << service.log();
  const auto end = service.terminate();
  own_server_->restart();
  ASSERT_TRUE(end.has_value()) << "it did not leave within 10 s";
  EXPECT_EQ(end->exit_code, 0);
  service.start();
  ASSERT_TRUE(drained(topic));
  EXPECT_TRUE(every_one_once("numbers", 1'000));
}

}  // namespace
}  // namespace loom::testing
