// Topics that are made after the service has started.
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
  ASSERT_TRUE(await(seconds(20), [&] { return service.logged("consuming 1 topics"); }));
  ASSERT_EQ(new_topic("late", kPartitions), topic);
  send_numbered(topic, 0, 4'000);
  ASSERT_TRUE(await(seconds(30), [&] { return service.logged("partitions share the memory for prefetching"); }));
  send_numbered(topic, 4'000, 8'000);
  ASSERT_TRUE(drained(topic));
  EXPECT_TRUE(every_one_once("numbers", 8'000));
}

}  // namespace
}  // namespace loom::testing
