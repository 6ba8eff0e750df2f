// Tables that PostgreSQL divides by time: made, filled and looked after by the running program.
#include <fmt/format.h>

#include "support/service_test.h"

namespace loom::testing {
namespace {

class TimeTablesTest : public ServiceTest {
 protected:
  /// In how many partitions beside the DEFAULT one the table's rows lie.
  [[nodiscard]] std::string homes() const {
    return database().value(
        "SELECT count(DISTINCT tableoid) FROM numbers WHERE tableoid <> 'numbers_default'::regclass");
  }
  [[nodiscard]] static std::string mapping_of(const std::string& topic, const std::string& storage) {
    return numbered_mapping(topic, "numbers") +
           "      number: integer\n      reading: float\n      counted: integer\n      partition: integer\n"
           "      offset: integer\n    upsert_key: [number, taken_at]\n    " +
           storage + "\n";
  }
  const Environment makes_tables_{{"LOOM_AUTO_CREATE_TABLES", "true"}};
};

TEST_F(TimeTablesTest, LateRowsAreStoredAtOnceAndHavePartitionsOfTheirOwnAfterAStart) {
  const std::string topic = new_topic("numbers", 2);
  map(mapping_of(topic, "partition: {time: taken_at}"));
  send_numbered(topic, 0, 5'000);  // of a day long ago
  auto& first = start(makes_tables_);
  ASSERT_TRUE(drained(topic));
  EXPECT_TRUE(first.logged("each for a day of `taken_at`"));
  EXPECT_EQ(count("numbers_default"), 5'000);
  ASSERT_TRUE(first.terminate());
  send_numbered(topic, 5'000, 6'000);
  auto& second = start(makes_tables_);
  ASSERT_TRUE(drained(topic));
  EXPECT_TRUE(second.logged("numbers: made 1 partition"));
  EXPECT_EQ(homes(), "1");
  EXPECT_EQ(count("numbers_default"), 0) << "the second thousand found the partition that was made before it was read";
  EXPECT_TRUE(every_one_once("numbers", 6'000));
}

TEST_F(TimeTablesTest, RepeatsAreFoundInPartitionsAndInTheDefaultOne) {
  const std::string topic = new_topic("numbers", 1);
  map(mapping_of(topic, "partition: {time: taken_at, by: hour}"));
  start(makes_tables_);
  for (int again = 0; again < 2; ++again) send_numbered(topic, 0, 2'000);
  ASSERT_TRUE(drained(topic));
  EXPECT_EQ(count("numbers"), 2'000);
  EXPECT_EQ(count("kafka_dead_letters"), 0);
}

TEST_F(TimeTablesTest, AHypertableIsAPlainTableWithoutTimescaleDb) {
  const std::string topic = new_topic("numbers", 1);
  map(mapping_of(topic, "hypertable: {time: taken_at, chunk: 1 day, retain: 90 days}"));
  auto& service = start(makes_tables_);
  send_numbered(topic, 0, 1'000);
  ASSERT_TRUE(drained(topic));
  EXPECT_TRUE(every_one_once("numbers", 1'000));
  EXPECT_TRUE(service.logged("this database is without TimescaleDB"));
}

}  // namespace
}  // namespace loom::testing
