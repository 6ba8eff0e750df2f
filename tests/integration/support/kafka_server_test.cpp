#include "support/kafka_server.h"

#include <gtest/gtest.h>

namespace loom::testing {
namespace {

TestRecord record(const std::string& value, std::int32_t partition) { return {value, "key", partition, {}}; }

TEST(KafkaServer, KeepsItsRecordsWhenKilled) {
  KafkaServer server;
  const std::string bootstrap = server.bootstrap();
  server.create_topic("kept", 2);
  server.produce("kept", {record("a", 0), record("b", 1), {std::nullopt, "", 1, {{"h", "v"}}}});
  server.kill9();
  server.restart();
  EXPECT_EQ(server.bootstrap(), bootstrap);
  EXPECT_EQ(server.end_offset("kept", 0), 1);
  EXPECT_EQ(server.end_offset("kept", 1), 2);
  server.produce("kept", {record("c", 0)});
  EXPECT_EQ(server.end_offset("kept", 0), 2);
}

TEST(KafkaServer, MakesGrowsAndDeletesTopics) {
  KafkaServer& server = KafkaServer::shared();
  const std::string topic = server.new_topic("growing", 1);
  server.grow_topic(topic, 3);
  server.produce(topic, {record("x", 2)});
  EXPECT_EQ(server.end_offset(topic, 2), 1);
  server.delete_topic(topic);
  EXPECT_THROW(server.delete_topic(topic), std::runtime_error);
}

TEST(KafkaServer, LeavesControlRecordsBehindTransactions) {
  KafkaServer& server = KafkaServer::shared();
  const std::string topic = server.new_topic("transactions", 1);
  server.produce_transaction(topic, {record("a", 0)}, true);
  EXPECT_TRUE(eventually([&] { return server.end_offset(topic, 0) == 2; }));
  server.produce_transaction(topic, {record("b", 0), record("c", 0)}, false);
  EXPECT_TRUE(eventually([&] { return server.end_offset(topic, 0) == 5; }));
}

}  // namespace
}  // namespace loom::testing
