#include "admin/group_reader.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "group_member.h"
#include "support/kafka_server.h"
#include "support/kafka_test_client.h"

namespace loom::lag {
namespace {

using namespace std::chrono_literals;
using loom::testing::GroupMember;
using loom::testing::KafkaServer;
using loom::testing::unique_name;
using ::testing::IsEmpty;
using ::testing::SizeIs;

class GroupReaderTest : public ::testing::Test {
 protected:
  GroupReaderTest() : topic(server.new_topic("reader", 2)) {
    for (std::int64_t i = 0; i < 10; ++i) server.produce(topic, {{"{}", "", 0, {}, 1'000'000 + i * 1000}});
  }

  KafkaServer& server = KafkaServer::shared();
  std::string topic;
  std::string group = unique_name("group");
  admin::KafkaAdmin admin{server.bootstrap(), admin::GroupReader::properties({}, group)};
  admin::GroupReader reader{admin, group, 10s};
};

TEST_F(GroupReaderTest, FindsTheTimestampOfARecord) {
  for (const std::int64_t offset : {3, 7, 3}) {
    const auto found = reader.records({{topic, 0, offset}}, 10s);
    ASSERT_THAT(found, SizeIs(1));
    EXPECT_EQ(found[0].answer, admin::RecordAt::Answer::found);
    EXPECT_EQ(found[0].timestamp_ms, 1'000'000 + offset * 1000);
  }
}

TEST_F(GroupReaderTest, FindsRecordsInLargeBatches) {
  constexpr std::int32_t kPartitions = 40;
  const std::string large = server.new_topic("large", kPartitions);
  std::vector<loom::testing::TestRecord> records;
  std::vector<admin::TopicPartitionOffset> places;
  for (std::int32_t partition = 0; partition < kPartitions; ++partition) {
    for (int i = 0; i < 30; ++i) records.push_back({std::string(10'000, 'x'), "", partition, {}, 5'000});
    places.push_back({large, partition, 15});
  }
  server.produce(large, records);
  const auto found = reader.records(places, 20s);
  ASSERT_THAT(found, SizeIs(kPartitions));
  for (const admin::RecordAt& one : found) EXPECT_EQ(one.timestamp_ms, 5'000);
}

TEST_F(GroupReaderTest, FindsNothingAtTheEndOfALog) {
  const auto found = reader.records({{topic, 0, 10}, {topic, 1, 0}}, 10s);
  ASSERT_THAT(found, SizeIs(2));
  EXPECT_EQ(found[0].answer, admin::RecordAt::Answer::end);
  EXPECT_EQ(found[1].answer, admin::RecordAt::Answer::end);
}

TEST_F(GroupReaderTest, OfDeletedRecordsItTakesTheFirstThatIsLeft) {
  server.delete_records(topic, 0, 5);
  const auto found = reader.records({{topic, 0, 2}}, 10s);
  EXPECT_EQ(found.at(0).timestamp_ms, 1'005'000);
}

TEST_F(GroupReaderTest, AMarkOfATransactionIsNoMessage) {
  server.produce_transaction(topic, {{"{}", "", 1, {}}}, false);
  const auto found = reader.records({{topic, 1, 0}}, 10s);
  EXPECT_EQ(found.at(0).answer, admin::RecordAt::Answer::end) << "an aborted message and its mark";
}

TEST_F(GroupReaderTest, APartitionThatIsNotThereCostsOnlyTheTime) {
  const auto begin = std::chrono::steady_clock::now();
  const auto found = reader.records({{topic, 0, 3}, {unique_name("nowhere"), 0, 0}}, 2s);
  EXPECT_LT(std::chrono::steady_clock::now() - begin, 4s);
  EXPECT_EQ(found.at(0).answer, admin::RecordAt::Answer::found);
  EXPECT_EQ(found.at(1).answer, admin::RecordAt::Answer::none);
}

TEST_F(GroupReaderTest, KnowsWhatTheGroupHasCommitted) {
  EXPECT_THAT(reader.committed({{topic, 0, 0}, {topic, 1, 0}}), IsEmpty());
  loom::testing::commit_in_kafka(server.bootstrap(), group, topic, {7});
  const auto found = reader.committed({{topic, 0, 0}, {topic, 1, 0}});
  ASSERT_THAT(found, SizeIs(1));
  EXPECT_EQ(found[0].partition, 0);
  EXPECT_EQ(found[0].offset, 7);
}

TEST_F(GroupReaderTest, KnowsWhoOwnsWhat) {
  EXPECT_TRUE(reader.assignment().settled);
  EXPECT_THAT(reader.assignment().owned, IsEmpty()) << "no such group";
  {
    const GroupMember member(server.bootstrap(), group, topic);
    const admin::GroupAssignment assignment = reader.assignment();
    EXPECT_TRUE(assignment.settled);
    ASSERT_THAT(assignment.owned, SizeIs(2));
    EXPECT_EQ(assignment.owned[0].topic, topic);
  }
  EXPECT_THAT(reader.assignment().owned, IsEmpty());
}

}  // namespace
}  // namespace loom::lag
