// What a stage tells the database, and what the database tells the stage.
#include "stage_test.h"

namespace loom::testing {
namespace {

class StageReportsTest : public StageTest {
 protected:
  StageReportsTest() : in_(new_topic("in", 2)) {}
  const std::string in_;
};

TEST_F(StageReportsTest, MetricsAndLagAreWrittenDown) {
  migrate();
  kafka::StageSettings settings = stage_settings(in_);
  settings.database_url = database().url();
  settings.report_every = seconds(1);
  send_numbers(in_, 2, 0, 40);
  RunningStage stage(settings, [&](const kafka::Record& message, const RunningStage::Send&) {
    std::this_thread::sleep_for(milliseconds(5));  // has to be seen in the metrics
    if (message.value == "7") throw std::runtime_error("no");
  });
  const std::string of_it = " WHERE service_name = '" + settings.service_name + "'";
  EXPECT_TRUE(await(seconds(30), [&] {
    return database().value("SELECT coalesce(sum(messages_processed), 0) FROM consumer_processing_metrics" + of_it) ==
           "40";
  })) << database().value("SELECT coalesce(sum(messages_processed), 0) FROM consumer_processing_metrics" + of_it);
  EXPECT_EQ(database().value("SELECT sum(errors) FROM consumer_processing_metrics" + of_it), "1");
  EXPECT_EQ(database().value("SELECT max(processing_time_ms) > 4 FROM consumer_processing_metrics" + of_it), "t");
  EXPECT_EQ(database().value("SELECT min(memory_usage_mb) > 1 FROM consumer_processing_metrics" + of_it), "t");
  EXPECT_TRUE(await_count("consumer_lag_history" + of_it + " AND consumer_group_id = '" + settings.group_id +
                              "' AND topic = '" + in_ + "' AND current_offset = 20 AND end_offset = 20",
                          2));
  EXPECT_LT(stage.finish(), seconds(10));
}

TEST_F(StageReportsTest, ADatabaseThatIsAwayStopsNothing) {
  const std::string out = new_topic("out", 1);
  kafka::StageSettings settings = stage_settings(in_);
  settings.database_url = "postgresql://nobody@127.0.0.1:1/none";
  settings.report_every = seconds(1);
  RunningStage stage(settings, [&](const kafka::Record& message, const RunningStage::Send& send) {
    send(out, message.value.value_or(""));
  });
  for (int number = 0; number < 300; number += 50) {
    send_numbers(in_, 2, number, number + 50);
    ASSERT_TRUE(caught_up(in_, 2, settings.group_id, seconds(20)));
  }
  EXPECT_TRUE(every_number_once(values_in(bootstrap(), out, 300), 300));
  EXPECT_LT(stage.finish(), seconds(10));
}

TEST_F(StageReportsTest, AChangedRowTakesEffectWithoutLosingOrRepeatingAMessage) {
  migrate();
  kafka::StageSettings settings = stage_settings(in_);
  settings.database_url = database().url();
  settings.config_cache = seconds(1);
  settings.exactly_once = true;
  settings.rdkafka.clear();  // it would win over the row
  const std::string out = new_topic("out", 1);
  database().run(
      "INSERT INTO pipeline_consumer_configs (service_name, consumer_group_id, max_poll_records, "
      "session_timeout_ms, max_poll_interval_ms) VALUES ('" +
      settings.service_name + "', '" + settings.group_id + "', 7, 6000, 60000)");
  RunningStage stage(settings, [&](const kafka::Record& message, const RunningStage::Send& send) {
    send(out, message.value.value_or(""));
  });
  send_numbers(in_, 2, 0, 100);
  ASSERT_TRUE(caught_up(in_, 2, settings.group_id));
  // Only a client that left and joined anew is a member under another id.
  const auto members = [&] { return command({"lag", "--group", settings.group_id, "--json"}).out; };
  database().run(
      "UPDATE pipeline_consumer_configs SET max_poll_records = 50, session_timeout_ms = 8000, "
      "partition_assignment_strategy = 'sticky'");
  for (int number = 100; number < 2'000; number += 100) {
    send_numbers(in_, 2, number, number + 100);
    ASSERT_TRUE(caught_up(in_, 2, settings.group_id)) << members();
  }
  EXPECT_TRUE(every_number_once(values_in(bootstrap(), out, 2'000), 2'000));
  EXPECT_LT(stage.finish(), seconds(10));
}

}  // namespace
}  // namespace loom::testing
