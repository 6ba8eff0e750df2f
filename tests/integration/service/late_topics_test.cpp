// Topics that are made after the service has started.
#include <algorithm>

#include "support/service_test.h"

namespace loom::testing {
namespace {

class LateTopicsTest : public ServiceTest {};

TEST_F(LateTopicsTest, FarMorePartitionsThanExpectedShareTheMemoryForPrefetchingAnew) {
  constexpr std::int32_t kPartitions = 40;
  const std::string topic = prefix() + ".late";
  map(numbered_mapping(topic, "numbers"));
  database().run(numbered_table("numbers"));
  ServiceProcess& service = start({{"LOOM_RDKAFKA_TOPIC_METADATA_REFRESH_INTERVAL_MS", "1000"}});
  ASSERT_TRUE(await(seconds(20), [&] { return service.logged("consuming 1 topic from"); }));
  ASSERT_EQ(new_topic("late", kPartitions), topic);
  send_numbered(topic, 0, 4'000);
  ASSERT_TRUE(await(seconds(30), [&] { return service.logged("partitions share the memory for prefetching"); }));
  send_numbered(topic, 4'000, 8'000);
  ASSERT_TRUE(drained(topic));
  EXPECT_TRUE(every_one_once("numbers", 8'000));
}

/// LOOM_KAFKA_AUTO_OFFSET_RESET=latest: what was there when the group began is not read; what appears later is, from
/// its first message.
class LatestTest : public ServiceTest {
 protected:
  LatestTest() { migrate(); }

  ServiceProcess& start_at_the_end() {
    return start(
        {{"LOOM_KAFKA_AUTO_OFFSET_RESET", "latest"}, {"LOOM_RDKAFKA_TOPIC_METADATA_REFRESH_INTERVAL_MS", "1000"}});
  }
  [[nodiscard]] bool await_assignment(const std::string& topic, std::size_t partitions) const {
    return await(seconds(30), [&] {
      const auto offsets = stored_offsets(topic);
      return static_cast<std::size_t>(
                 std::count_if(offsets.begin(), offsets.end(), [](std::int64_t at) { return at >= 0; })) == partitions;
    });
  }
};

TEST_F(LatestTest, WhatAppearsAfterTheFirstAssignmentBeginsAtItsStart) {
  const std::string topic = new_topic("old", 2);
  const std::string later = prefix() + ".later";
  const std::string matched = prefix() + ".tenant.new";
  map(numbered_mapping(topic, "numbers") + numbered_mapping(later, "later_numbers") +
      numbered_mapping("^" + prefix() + "\\.tenant\\..*", "tenant_numbers"));
  for (const char* const table : {"numbers", "later_numbers", "tenant_numbers"}) database().run(numbered_table(table));
  send_numbered(topic, 0, 100);
  auto& service = start_at_the_end();
  ASSERT_TRUE(await_assignment(topic, 2));
  send_numbered(topic, 100, 200);
  ASSERT_TRUE(drained(topic));
  EXPECT_EQ(count("numbers"), 100) << "what was there before is not wanted";

  kafka().grow_topic(topic, 4);
  change_producer();  // the old one does not know of the new partitions yet
  know_topic(topic, 4);
  ASSERT_EQ(new_topic("later", 2), later);
  ASSERT_EQ(new_topic("tenant.new", 2), matched);
  send_numbered(topic, 200, 400);
  send_numbered(later, 0, 100);
  send_numbered(matched, 0, 100);
  ASSERT_TRUE(drained(topic, seconds(60)));
  ASSERT_TRUE(drained(later, seconds(60)));
  ASSERT_TRUE(drained(matched, seconds(60)));
  EXPECT_EQ(count("numbers"), 300);
  EXPECT_TRUE(every_one_once("later_numbers", 100));
  EXPECT_TRUE(every_one_once("tenant_numbers", 100));
  EXPECT_EQ(service.terminate()->exit_code, 0);
}

TEST_F(LatestTest, ATopicThatIsMadeWhileNobodyRunsIsReadFromItsStart) {
  const std::string topic = new_topic("old", 1);
  const std::string later = prefix() + ".later";
  map(numbered_mapping(topic, "numbers") + numbered_mapping(later, "later_numbers"));
  for (const char* const table : {"numbers", "later_numbers"}) database().run(numbered_table(table));
  auto& service = start_at_the_end();
  ASSERT_TRUE(await_assignment(topic, 1));
  EXPECT_EQ(service.terminate()->exit_code, 0);
  ASSERT_EQ(new_topic("later", 3), later);
  send_numbered(later, 0, 90);
  service.start();
  ASSERT_TRUE(drained(later));
  EXPECT_TRUE(every_one_once("later_numbers", 90));
}

TEST_F(LatestTest, TwoReplicasThatBeginTogetherReadNothingOld) {
  const std::string topic = new_topic("old", 6);
  map(numbered_mapping(topic, "numbers"));
  database().run(numbered_table("numbers"));
  send_numbered(topic, 0, 600);
  start_at_the_end();
  start_at_the_end();
  ASSERT_TRUE(await_assignment(topic, 6));
  send_numbered(topic, 600, 1200);
  ASSERT_TRUE(drained(topic));
  EXPECT_EQ(count("numbers"), 600);
}

}  // namespace
}  // namespace loom::testing
