// Producers with transactions: what they abort is not there, and what their ends leave in the log is no lag.
#include "support/service_test.h"

namespace loom::testing {
namespace {

using TransactionsTest = ServiceTest;

std::vector<TestRecord> numbered_records(std::int64_t from, std::int64_t to) {
  std::vector<TestRecord> records;
  for (std::int64_t number = from; number < to; ++number) {
    records.push_back(
        {.value = numbered_message(number), .key = {}, .partition = static_cast<int>(number % 2), .headers = {}});
  }
  return records;
}

TEST_F(TransactionsTest, AbortedMessagesAreNotStoredAndLeaveNoLag) {
  const std::string topic = new_topic("transactions", 2);
  map(numbered_mapping(topic, "numbers"));
  database().run(numbered_table("numbers"));
  start();
  kafka().produce_transaction(topic, numbered_records(0, 20), true);
  kafka().produce_transaction(topic, numbered_records(1000, 1020), false);
  kafka().produce_transaction(topic, numbered_records(20, 40), true);
  // At the end of each partition: 40 messages, 20 aborted ones, and three control records a partition; and still no
  // lag.
  kafka().produce_transaction(topic, numbered_records(1020, 1030), false);

  // By partition 35 messages, and 4 records that end the transactions.
  const std::vector<std::int64_t> ends{39, 39};
  await(seconds(30), [&] {
    try {
      return stored_offsets(topic) == ends;
    } catch (const std::runtime_error&) {
      return false;  // nothing was migrated yet
    }
  });
  EXPECT_EQ(stored_offsets(topic), ends);
  EXPECT_TRUE(drained(topic));
  EXPECT_TRUE(every_one_once("numbers", 40));
  EXPECT_EQ(count("kafka_dead_letters"), 0);
  const auto lag = command({"lag", "--group", group(), "--json"});
  EXPECT_NE(lag.out.find("\"total_lag\":0"), std::string::npos) << lag.out;
}

TEST_F(TransactionsTest, TransactionsAmongPlainMessagesLoseNeither) {
  const std::string topic = new_topic("transactions", 2);
  map(numbered_mapping(topic, "numbers"));
  database().run(numbered_table("numbers"));
  start();
  kafka().produce_transaction(topic, numbered_records(0, 500), true);
  send_numbered(topic, 500, 600);
  kafka().produce_transaction(topic, numbered_records(5000, 5100), false);
  send_numbered(topic, 600, 700);
  ASSERT_TRUE(drained(topic));
  EXPECT_TRUE(every_one_once("numbers", 700));
}

}  // namespace
}  // namespace loom::testing
