// The judge that other tests rely on: it must see what it is there to see.
#include "support/flow.h"
#include "support/service_test.h"

namespace loom::testing {
namespace {

class JudgeTest : public ServiceTest {
 protected:
  JudgeTest() {
    const std::string topic = new_topic("numbers", 2);
    map(numbered_mapping(topic, "numbers"));
    database().run(numbered_table("numbers"));
    send_numbered(topic, 0, 100);
    start();
    stored_ = drained(topic) && every_one_once("numbers", 100);
  }
  bool stored_ = false;
};

TEST_F(JudgeTest, SeesWhatIsMissingTwiceForeignOrWrong) {
  ASSERT_TRUE(stored_);
  database().run("DELETE FROM numbers WHERE number IN (3, 4)");
  database().run("INSERT INTO numbers SELECT * FROM numbers WHERE number IN (7, 8, 9)");
  database().run("UPDATE numbers SET note = note || '!' WHERE number = 20");
  database().run("UPDATE numbers SET reading = reading + 0.25 WHERE number = 21");
  database().run("UPDATE numbers SET number = 1000 WHERE number = 30");
  const Verdict verdict = judge(database(), "numbers", 100);
  EXPECT_FALSE(verdict.clean());
  EXPECT_EQ(verdict.rows, 101);
  EXPECT_EQ(verdict.missing, 3) << "3, 4 and 30";
  EXPECT_EQ(verdict.twice, 3);
  EXPECT_EQ(verdict.wrong, 2);
  EXPECT_EQ(verdict.foreign, 1);
  EXPECT_NE(verdict.describe().find("missing: number 3"), std::string::npos) << verdict.describe();
}

TEST_F(JudgeTest, SeesTwoRowsThatChangedPlaces) {
  ASSERT_TRUE(stored_);
  database().run("UPDATE numbers SET number = 51 - number WHERE number IN (25, 26)");
  EXPECT_EQ(judge(database(), "numbers", 100).wrong, 2);
}

/// Every tenth message is bad.
class DeadLetterJudgeTest : public ServiceTest {
 protected:
  static constexpr std::int64_t kSent = 700;
  static constexpr std::int64_t kBadEvery = 10;

  DeadLetterJudgeTest() {
    const std::string topic = new_topic("numbers", 2);
    map(numbered_mapping(topic, "numbers"));
    database().run(numbered_table("numbers", bad_numbered_check()));
    Flow flow(bootstrap(), topic, {.from = 0, .to = kSent, .rate = 1e6, .shares = {1, 1}, .bad_every = kBadEvery});
    flow.finish();
    start();
    stored_ = drained(topic);
  }
  [[nodiscard]] Verdict verdict() const { return judge(database(), "numbers", kSent, kBadEvery); }
  bool stored_ = false;
};

TEST_F(DeadLetterJudgeTest, IsContentWithExactlyTheBadOnes) {
  ASSERT_TRUE(stored_);
  const Verdict found = verdict();
  EXPECT_TRUE(found.clean()) << found.describe();
  EXPECT_EQ(found.bad, kSent / kBadEvery);
  EXPECT_EQ(found.dead_letters, found.bad);
  EXPECT_EQ(found.rows, kSent - found.bad);
}

TEST_F(DeadLetterJudgeTest, SeesDeadLettersThatAreMissingTwiceOrWrong) {
  ASSERT_TRUE(stored_);
  const std::string copy =
      "INSERT INTO kafka_dead_letters (consumer_group, topic, partition, \"offset\", key, value, reason, message)"
      " SELECT consumer_group, topic, partition, \"offset\", ";
  database().run("DELETE FROM kafka_dead_letters WHERE key = '5'");
  database().run(copy + "key, value, reason, message FROM kafka_dead_letters WHERE key = '15'");
  database().run(copy + "'16', value, reason, message FROM kafka_dead_letters WHERE key = '25'");
  database().run("UPDATE kafka_dead_letters SET reason = 'tombstone' WHERE key = '35'");
  database().run("UPDATE kafka_dead_letters SET value = value || 'x' WHERE key = '75'");
  database().run("INSERT INTO numbers (number) VALUES (85)");
  const Verdict found = verdict();
  EXPECT_FALSE(found.clean());
  EXPECT_EQ(found.missing, 1) << "5";
  EXPECT_EQ(found.twice, 1) << "15";
  EXPECT_EQ(found.dead_wrong, 3) << "16, 35 and 75";
  EXPECT_EQ(found.foreign, 1) << "85";
}

}  // namespace
}  // namespace loom::testing
