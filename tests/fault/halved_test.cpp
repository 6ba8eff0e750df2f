// The database dies while a batch is taken apart for the messages that a trigger refuses.
#include <fmt/format.h>

#include "outage_test.h"

namespace loom::testing {
namespace {

constexpr const char* kRefused = "number % 97 = 5";

class HalvedTest : public OutageTest {
 protected:
  HalvedTest() : OutageTest(KafkaServer::shared()) {
    // A refusal takes a while, so that there is something to be met.
    database().run(
        std::string("CREATE FUNCTION refuse() RETURNS trigger LANGUAGE plpgsql AS $f$ BEGIN IF NEW.") + kRefused +
        " THEN PERFORM pg_sleep(0.005); RAISE 'refused' USING ERRCODE = 'P0002'; END IF; RETURN NEW; END $f$");
    database().run("CREATE TRIGGER refuse BEFORE INSERT ON numbers FOR EACH ROW EXECUTE FUNCTION refuse()");
  }

  [[nodiscard]] bool is_taking_apart() const {
    return count(
               "pg_stat_activity WHERE datname = current_database() AND query LIKE 'SET CONSTRAINTS ALL DEFERRED%'"
               " AND state = 'active'") > 0;
  }
};

TEST_F(HalvedTest, DeadLettersAreExactlyTheBadMessages) {
  begin(1'000);
  const int times = rounds(2, 20);
  for (int time = 0; time < times; ++time) {
    pass(milliseconds(random(200, 1'000)));
    ASSERT_TRUE(await(seconds(20), [&] { return is_taking_apart(); })) << "no batch is taken apart";
    own_server_->kill9();
    pass(milliseconds(random(0, 1'500)));
    own_server_->restart();
    resumes();
  }
  const std::int64_t sent = flow().stop();
  ASSERT_TRUE(drained(topic_, seconds(60)));
  EXPECT_EQ(count(std::string("numbers WHERE ") + kRefused), 0);
  const std::int64_t refused = (sent + 96 - 5) / 97;
  EXPECT_EQ(count("kafka_dead_letters WHERE sqlstate = 'P0002'"), refused);
  EXPECT_EQ(count("kafka_dead_letters"), refused) << "an outage makes no dead letters";
  EXPECT_EQ(count("(SELECT DISTINCT topic, partition, \"offset\" FROM kafka_dead_letters) AS each"), refused);

  // All are where they belong if those that were refused are all that is missing.
  database().run("DROP TRIGGER refuse ON numbers");
  const CommandResult replayed = command({"dead-letters", "replay", "--topic", topic_});
  EXPECT_EQ(replayed.exit_code, 0) << replayed.err;
  judge_sent(sent);
  record("SIGKILL of PostgreSQL while a batch is taken apart, 1 % refused by a trigger's own code", times,
         fmt::format("{} refused, each a dead letter, then replayed", refused));
}

}  // namespace
}  // namespace loom::testing
