// Each rule of the advice at its threshold, and what applying it does. docs/configs.md has the rules in words.
#include <fmt/format.h>
#include <gmock/gmock.h>

#include "configs/configs_fixture.h"
#include "support/temporary_folder.h"

namespace loom::testing {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;

/// A service's settings, what it reported, and the advice for that: "rule: config", or nothing.
struct Case {
  const char* what;
  int records = 100;
  int session_ms = 30'000;
  int poll_ms = 300'000;
  int fetch = 52'428'800;
  int partition_fetch = 1'048'576;
  std::vector<std::int64_t> lag{};  ///< looks, oldest first
  std::vector<double> memory{};     ///< samples, oldest first; none: one of 100 MB
  double ms = 1;
  int rebalances = 0;
  std::vector<std::string> advice{};
};

class Advice : public ConfigsTest {
 protected:
  /// The settings have been in force for longer than anybody looks back.
  void settle(const std::string& service, const Case& one) const {
    run(fmt::format(
        "INSERT INTO pipeline_consumer_configs (service_name, max_poll_records, session_timeout_ms, "
        "max_poll_interval_ms, fetch_max_bytes, max_partition_fetch_bytes, updated_at) VALUES ('{}', {}, {}, "
        "{}, {}, {}, now() - interval '2 hours')",
        service, one.records, one.session_ms, one.poll_ms, one.fetch, one.partition_fetch));
  }
  void report(const std::string& service, const Case& one) const {
    const std::vector<double> memory = one.memory.empty() ? std::vector<double>{100} : one.memory;
    for (std::size_t i = 0; i < memory.size(); ++i) {
      run(fmt::format(
          "INSERT INTO consumer_processing_metrics (service_name, timestamp, messages_processed, "
          "processing_time_ms, memory_usage_mb, rebalances) VALUES ('{}', now() - interval '{} seconds', 10, "
          "{}, {}, {})",
          service, 30 * (memory.size() - i), one.ms, memory[i], i == 0 ? one.rebalances : 0));
    }
    for (std::size_t i = 0; i < one.lag.size(); ++i) {
      run(fmt::format(
          "INSERT INTO consumer_lag_history (service_name, timestamp, consumer_group_id, topic, partition, "
          "current_offset, end_offset, lag) VALUES ('{}', now() - interval '{} seconds', 'g', 't', 0, 50, {}, {})",
          service, 30 * (one.lag.size() - i), 50 + one.lag[i], one.lag[i]));
    }
  }
  [[nodiscard]] std::vector<std::string> advice_of(const std::string& service) const {
    std::vector<std::string> advice;
    for (const auto& row : rows("SELECT rule || ' ' || priority || ' ' || recommended_config FROM v_consumer_advice "
                                "WHERE service_name = '" +
                                service + "' ORDER BY rule")) {
      advice.push_back(row[0]);
    }
    return advice;
  }
  void check(const std::vector<Case>& cases) {
    for (const Case& one : cases) {
      const std::string service = fmt::format("service-{}", ++services_);
      settle(service, one);
      report(service, one);
      EXPECT_EQ(advice_of(service), one.advice) << one.what;
    }
  }

 private:
  int services_ = 0;
};

TEST_F(Advice, MoreRecordsWhenFarBehindWithSmallPolls) {
  check({
      {.what = "lag of 1,000", .lag = {1000}},
      {.what = "lag of 1,001", .lag = {1001}, .advice = {R"(more_records high {"max_poll_records": 500})"}},
      {.what = "lag that was", .lag = {50'000, 1000}},
      {.what = "lag over 10,000", .lag = {10'001}, .advice = {R"(more_records critical {"max_poll_records": 500})"}},
      {.what = "polls of 499",
       .records = 499,
       .lag = {1001},
       .advice = {R"(more_records high {"max_poll_records": 1000})"}},
      {.what = "polls of 500", .records = 500, .lag = {1001}},
      {.what = "no more than the poll interval has time for",
       .records = 20,
       .lag = {1001},
       .ms = 10'000,
       .advice = {R"(more_records high {"max_poll_records": 24})"}},
      {.what = "no time for more", .records = 24, .lag = {1001}, .ms = 10'000},
  });
}

TEST_F(Advice, LongerSessionWhenAMessageTakesNearlyAsLong) {
  check({
      {.what = "80 %", .records = 1, .ms = 24'000},
      {.what = "over 80 %",
       .records = 1,
       .ms = 24'001,
       .advice = {R"(longer_session high {"session_timeout_ms": 49000})"}},
      {.what = "over 100 %",
       .records = 1,
       .ms = 30'001,
       .advice = {R"(longer_session critical {"session_timeout_ms": 61000})"}},
      {.what = "the poll interval stays above it",
       .records = 1,
       .session_ms = 290'000,
       .ms = 240'000,
       .advice = {R"(longer_session high {"session_timeout_ms": 480000, "max_poll_interval_ms": 960000})"}},
      {.what = "as long as brokers allow",
       .records = 1,
       .session_ms = 1'800'000,
       .poll_ms = 9'000'000,
       .ms = 1'700'000},
  });
}

TEST_F(Advice, LongerPollIntervalWhenAPollTakesNearlyAsLong) {
  check({
      {.what = "80 %", .ms = 2400},
      {.what = "over 80 %", .ms = 2401, .advice = {R"(longer_poll_interval high {"max_poll_interval_ms": 481000})"}},
      {.what = "over 100 %",
       .ms = 3001,
       .advice = {R"(longer_poll_interval critical {"max_poll_interval_ms": 601000})"}},
  });
}

TEST_F(Advice, FewerRecordsWhenHardlyBehindWithLargePolls) {
  check({
      {.what = "lag of 10", .records = 1001, .lag = {10}},
      {.what = "lag of 9", .records = 1001, .lag = {9}, .advice = {R"(fewer_records low {"max_poll_records": 1000})"}},
      {.what = "much larger polls",
       .records = 5000,
       .lag = {0},
       .advice = {R"(fewer_records low {"max_poll_records": 2500})"}},
      {.what = "polls of 1,000", .records = 1000, .lag = {0}},
      {.what = "not only now", .records = 1001, .lag = {40, 0}},
      {.what = "lag not known", .records = 1001, .lag = {}},
  });
}

TEST_F(Advice, SmallerFetchesWhenMemoryRises) {
  const std::string halved =
      R"(smaller_fetches medium {"fetch_max_bytes": 26214400, "max_partition_fetch_bytes": 524288})";
  check({
      {.what = "by 50 MB", .memory = {100, 100, 100, 150, 150, 150}},
      {.what = "by 51 MB", .memory = {100, 100, 100, 151, 151, 151}, .advice = {halved}},
      {.what = "by 20 %", .memory = {400, 400, 400, 480, 480, 480}},
      {.what = "by more than 20 %", .memory = {400, 400, 400, 481, 481, 481}, .advice = {halved}},
      {.what = "5 samples", .memory = {100, 100, 100, 900, 900}},
      {.what = "it falls", .memory = {900, 900, 900, 100, 100, 100}},
      {.what = "as small as can be",
       .fetch = 1'048'576,
       .partition_fetch = 262'144,
       .memory = {100, 100, 100, 900, 900, 900}},
  });
}

TEST_F(Advice, LongerSessionAndPollIntervalWhenTheGroupIsDealtOutAgainAndAgain) {
  check({
      {.what = "3", .rebalances = 3},
      {.what = "4",
       .rebalances = 4,
       .advice = {R"(fewer_rebalances high {"session_timeout_ms": 60000, "max_poll_interval_ms": 600000})"}},
      {.what = "as long as brokers allow", .session_ms = 1'800'000, .poll_ms = 86'400'000, .rebalances = 4},
  });
}

TEST_F(Advice, IsAlsoForServicesWithoutARow) {
  report("minicpm-vision", {.what = "", .lag = {2000}, .ms = 10});
  report("unheard-of", {.what = "", .lag = {2000}, .ms = 10});
  EXPECT_THAT(advice_of("minicpm-vision"), ElementsAre(R"(more_records high {"max_poll_records": 5})"));
  EXPECT_THAT(advice_of("unheard-of"), ElementsAre(R"(more_records high {"max_poll_records": 500})"));
}

TEST_F(Advice, FollowsItsThresholds) {
  const Case one{.what = "", .lag = {200}};
  settle("s", one);
  report("s", one);
  EXPECT_THAT(advice_of("s"), IsEmpty());
  run("UPDATE consumer_advice_thresholds SET lag_high = 199");
  EXPECT_THAT(advice_of("s"), ElementsAre(R"(more_records high {"max_poll_records": 500})"));
  EXPECT_THAT(refusal("INSERT INTO consumer_advice_thresholds (only_row) VALUES (false)"), HasSubstr("violates"));
}

TEST_F(Advice, AppliedIsWrittenToldAndNotGivenAgain) {
  const Case slow{.what = "", .records = 10, .lag = {2000}, .ms = 25'000, .rebalances = 4};
  settle("slow", slow);
  report("slow", slow);
  report("new", {.what = "", .lag = {2000}});
  const std::string ask = "SELECT service_name, setting, before, after FROM apply_consumer_recommendations";
  const auto changes = ElementsAre(ElementsAre("new", "max_poll_records", "100", "500"),
                                   // Two rules name these: the larger value holds.
                                   ElementsAre("slow", "max_poll_interval_ms", "300000", "600000"),
                                   ElementsAre("slow", "session_timeout_ms", "30000", "60000"));
  EXPECT_THAT(rows(ask + "(NULL, true)"), changes);
  EXPECT_EQ(value("SELECT count(*) FROM pipeline_consumer_configs"), "1") << "a dry run";
  EXPECT_THAT(rows(ask + "('nobody')"), IsEmpty());
  EXPECT_THAT(rows(ask + "()"), changes);
  EXPECT_EQ(value("SELECT max_poll_records FROM pipeline_consumer_configs WHERE service_name = 'new'"), "500");
  EXPECT_EQ(value("SELECT max_poll_interval_ms FROM pipeline_consumer_configs WHERE service_name = 'slow'"), "600000");
  // What was reported before is about settings that are no longer in force.
  EXPECT_THAT(rows("SELECT * FROM v_consumer_recommendations"), IsEmpty());
  EXPECT_THAT(rows(ask + "()"), IsEmpty());
  report("new", {.what = "", .lag = {2000}});
  EXPECT_THAT(advice_of("new"), IsEmpty()) << "half a minute before the change";
}

TEST_F(Advice, IsWordedForPeople) {
  const Case behind{.what = "", .lag = {2000}};
  settle("behind", behind);
  report("behind", behind);
  EXPECT_THAT(rows("SELECT recommendation, priority, reason FROM v_consumer_alerts WHERE service_name = 'behind'"),
              ElementsAre(ElementsAre("Raise max_poll_records from 100 to 500", "high",
                                      "lag of 2000 messages is over 1000, and a poll takes only 100")));
  const Case full{.what = "", .records = 1000, .lag = {20'000}};
  settle("full", full);
  report("full", full);
  EXPECT_THAT(rows("SELECT recommendation, priority FROM v_consumer_alerts WHERE service_name = 'full'"),
              ElementsAre(ElementsAre(
                  "Add replicas, up to one per partition, or partitions: larger polls would not help", "critical")));
}

TEST_F(Advice, AlertsSayWhatNoSettingMends) {
  const auto alerts_of = [this](const std::string& service) {
    return rows("SELECT alert, priority FROM v_consumer_alerts WHERE service_name = '" + service + "'");
  };
  run("INSERT INTO consumer_processing_metrics (service_name, messages_processed, errors) VALUES ('one-percent', 99, "
      "1), "
      "('more', 98, 2)");
  EXPECT_THAT(alerts_of("one-percent"), IsEmpty());
  EXPECT_THAT(alerts_of("more"), ElementsAre(ElementsAre("errors", "high")));
  run("INSERT INTO consumer_processing_metrics (service_name, timestamp) VALUES ('quiet', now() - interval '6 "
      "minutes'), "
      "('alive', now() - interval '4 minutes')");
  EXPECT_THAT(alerts_of("quiet"), ElementsAre(ElementsAre("silent", "high")));
  EXPECT_THAT(alerts_of("alive"), IsEmpty());
  run("INSERT INTO consumer_lag_history (service_name, lag) VALUES ('on-target', 100), ('over-target', 101)");
  EXPECT_THAT(alerts_of("on-target"), IsEmpty());
  EXPECT_THAT(alerts_of("over-target"), ElementsAre(ElementsAre("lag", "medium")));
}

TEST_F(Advice, LagHasALevelByTopic) {
  run("INSERT INTO consumer_lag_history (service_name, consumer_group_id, topic, partition, current_offset, "
      "end_offset, lag, "
      "timestamp) VALUES ('s', 'g', 'fine', 0, 0, 100, 100, now()), ('s', 'g', 'late', 0, 0, 60, 60, now()), "
      "('s', 'g', 'late', 1, 0, 41, 41, now()), ('s', 'g', 'lost', 0, 0, 1001, 1001, now()), "
      "('s', 'g', 'lost', 0, 0, 7, 7, now() - interval '1 minute'), ('s', 'g', 'gone', 0, 0, 9999, 9999, now() - "
      "interval '2 hours')");
  EXPECT_THAT(rows("SELECT topic, partitions, total_lag, alert_level FROM v_consumer_lag_alerts ORDER BY topic"),
              ElementsAre(ElementsAre("fine", "1", "100", "ok"), ElementsAre("late", "2", "101", "warning"),
                          ElementsAre("lost", "1", "1001", "critical")));
  EXPECT_EQ(value("SELECT avg_lag || ' ' || max_lag || ' ' || current_lag FROM v_consumer_performance_monitor"),
            "705 1202 1202");
}

TEST_F(Advice, ConfigMonitoringTellsHowTheSettingsDo) {
  const Case good{.what = "", .lag = {5}};
  const Case bad{.what = "", .lag = {2000}};
  for (const char* name : {"good", "bad", "absent"}) settle(name, good);
  report("good", good);
  report("bad", bad);
  EXPECT_THAT(rows("SELECT service_name, effectiveness, recommendations FROM v_consumer_config_monitoring ORDER BY 1"),
              ElementsAre(ElementsAre("absent", "not reporting", "0"), ElementsAre("bad", "needs tuning", "1"),
                          ElementsAre("good", "good", "0")));
}

TEST_F(Advice, HistoryHasEachReportWithItsLag) {
  run("INSERT INTO consumer_processing_metrics (service_name, timestamp) VALUES ('s', now()), ('s', now() - interval "
      "'10 minutes')");
  run("INSERT INTO consumer_lag_history (service_name, topic, partition, lag, timestamp) VALUES ('s', 't', 0, 3, "
      "now()), "
      "('s', 't', 1, 4, now() - interval '30 seconds'), ('s', 't', 1, 9, now() - interval '60 seconds')");
  EXPECT_THAT(rows("SELECT lag FROM v_consumer_performance_history WHERE service_name = 's' ORDER BY timestamp"),
              ElementsAre(ElementsAre("NULL"), ElementsAre("7")));
}

TEST_F(Advice, TheDocumentHasEachThresholdWithItsValue) {
  const std::string document = read_text(LOOM_SOURCE_DIR "/docs/configs.md");
  const Rows columns =
      rows("SELECT key, value FROM consumer_advice_thresholds t, jsonb_each_text(to_jsonb(t)) WHERE key <> 'only_row'");
  ASSERT_GT(columns.size(), 10U);
  for (const auto& row : columns) {
    EXPECT_THAT(document, HasSubstr(fmt::format("| `{}` | {} |", row[0], row[1])));
  }
}

}  // namespace
}  // namespace loom::testing
