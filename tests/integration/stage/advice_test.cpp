// Advice taken: a stage that falls behind, the metrics that it recorded itself, what they advise, and what that does.
#include "stage_test.h"

namespace loom::testing {
namespace {

class StageAdviceTest : public StageTest {
 protected:
  StageAdviceTest() : in_(new_topic("in", 2)), settings_(stage_settings(in_)) {
    migrate();
    settings_.database_url = database().url();
    settings_.report_every = seconds(1);
    settings_.config_cache = seconds(1);
    settings_.exactly_once = true;  // a transaction per turn: small turns are what makes it slow
    settings_.rdkafka.clear();      // it would win over the row
    database().run(
        "INSERT INTO pipeline_consumer_configs (service_name, consumer_group_id, max_poll_records, "
        "session_timeout_ms, max_poll_interval_ms) VALUES ('" +
        settings_.service_name + "', '" + settings_.group_id + "', 1, 6000, 60000)");
  }

  [[nodiscard]] std::string of_it() const { return " WHERE service_name = '" + settings_.service_name + "'"; }
  [[nodiscard]] std::string advice() {
    return database().value(
        "SELECT string_agg(priority || ': ' || recommended_config || ' ' || reason, '; ') FROM "
        "v_consumer_recommendations" +
        of_it());
  }
  /// What the stage itself last wrote down.
  [[nodiscard]] std::int64_t recorded_lag() {
    return std::stoll(database().value("SELECT coalesce(sum(lag), -1) FROM v_current_consumer_lag" + of_it()));
  }
  [[nodiscard]] int records() {
    return std::stoi(database().value("SELECT max_poll_records FROM pipeline_consumer_configs" + of_it()));
  }

  const std::string in_;
  kafka::StageSettings settings_;
};

TEST_F(StageAdviceTest, ASlowStageIsToldToTakeMoreAtATimeAndCatchesUpWhenItDoes) {
  constexpr int kWaiting = 6'000;
  const std::string out = new_topic("out", 1);
  send_numbers(in_, 2, 0, kWaiting);
  RunningStage stage(settings_, [&](const kafka::Record& message, const RunningStage::Send& send) {
    send(out, message.value.value_or(""));
  });
  ASSERT_TRUE(await(seconds(100), [&] { return advice().find("max_poll_records") != std::string::npos; }))
      << "no advice: " << advice() << ", lag " << recorded_lag();
  const std::int64_t before = recorded_lag();
  EXPECT_GT(before, 1'000) << "it was not behind when the advice was given";
  ASSERT_EQ(command({"configs", "recommend", "--apply"}).exit_code, 0);
  EXPECT_GT(records(), 1);
  std::cout << "lag " << before << ", advised: " << records() << " records at a time" << std::endl;
  EXPECT_TRUE(await(seconds(150), [&] { return recorded_lag() >= 0 && recorded_lag() < before / 2; }))
      << "the lag did not fall: " << recorded_lag();
  ASSERT_TRUE(caught_up(in_, 2, settings_.group_id, seconds(150)));
  EXPECT_TRUE(every_number_once(values_in(bootstrap(), out, kWaiting), kWaiting));
  EXPECT_LT(stage.finish(), seconds(10));
}

}  // namespace
}  // namespace loom::testing
