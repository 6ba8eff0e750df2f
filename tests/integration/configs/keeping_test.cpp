// How long metrics are kept, and in what pieces (without TimescaleDB, which does that itself).
#include <fmt/format.h>
#include <gmock/gmock.h>

#include <atomic>
#include <chrono>
#include <mutex>
#include <thread>

#include "configs/configs_fixture.h"

namespace loom::testing {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;

class Keeping : public ConfigsTest {
 protected:
  [[nodiscard]] std::string day(int from_now) const { return day_from_now(database(), from_now); }
  void insert(int days_ago, const std::string& service = "s") const {
    run(fmt::format(
        "INSERT INTO consumer_processing_metrics (service_name, timestamp) VALUES ('{0}', now() - interval '{1} "
        "days'); INSERT INTO consumer_lag_history (service_name, timestamp) VALUES ('{0}', now() - interval '{1} "
        "days')",
        service, days_ago));
  }
  /// Which piece holds the rows of that age.
  [[nodiscard]] std::string piece_of(int days_ago) const {
    return value(
        fmt::format("SELECT string_agg(DISTINCT tableoid::regclass::text, ' ') FROM consumer_processing_metrics WHERE "
                    "timestamp BETWEEN now() - interval '{0} days 1 minute' AND now() - interval '{0} days'",
                    days_ago));
  }
  [[nodiscard]] bool exists(const std::string& table) const {
    return value("SELECT to_regclass('" + table + "')") != "NULL";
  }
  [[nodiscard]] std::vector<std::vector<std::string>> maintain(const std::string& arguments = "") const {
    return rows("SELECT made, dropped, deleted FROM maintain_consumer_metrics(" + arguments + ")");
  }
};

TEST_F(Keeping, PiecesOfTodayAndTheComingDaysAreThere) {
  for (const char* table : {"consumer_processing_metrics", "consumer_lag_history"}) {
    for (int days = 0; days <= 3; ++days)
      EXPECT_TRUE(exists(fmt::format("{}_{}", table, day(days)))) << table << ' ' << days;
  }
  insert(0);
  EXPECT_EQ(piece_of(0), "consumer_processing_metrics_" + day(0));
  EXPECT_THAT(maintain(), ElementsAre(ElementsAre("0", "0", "0"), ElementsAre("0", "0", "0")));
}

TEST_F(Keeping, RowsOfFortyDaysAgoVanish) {
  insert(40, "old");
  insert(29, "kept");
  run(fmt::format("SELECT make_consumer_metrics_day('consumer_processing_metrics', '{}')", day(-45)));
  insert(45, "old");
  EXPECT_EQ(piece_of(45), "consumer_processing_metrics_" + day(-45));
  EXPECT_THAT(maintain(), ElementsAre(ElementsAre("1", "1", "1"), ElementsAre("1", "0", "2")));
  EXPECT_FALSE(exists("consumer_processing_metrics_" + day(-45)));
  for (const char* table : {"consumer_processing_metrics", "consumer_lag_history"}) {
    EXPECT_THAT(rows(fmt::format("SELECT service_name FROM {}", table)), ElementsAre(ElementsAre("kept")));
  }
}

TEST_F(Keeping, ADayWithoutAPieceIsStoredAllTheSameAndSortedInLater) {
  insert(10);
  EXPECT_EQ(piece_of(10), "consumer_processing_metrics_default");
  EXPECT_THAT(maintain(), ElementsAre(ElementsAre("1", "0", "0"), ElementsAre("1", "0", "0")));
  EXPECT_EQ(piece_of(10), "consumer_processing_metrics_" + day(-10));
  insert(-9);  // a clock that is far ahead
  EXPECT_THAT(maintain(), ElementsAre(ElementsAre("0", "0", "0"), ElementsAre("0", "0", "0")));
  EXPECT_EQ(piece_of(-9), "consumer_processing_metrics_default");
}

TEST_F(Keeping, AMissingTomorrowIsMadeAgain) {
  run("DROP TABLE consumer_lag_history_" + day(1));
  insert(-1);
  EXPECT_THAT(maintain(), ElementsAre(ElementsAre("0", "0", "0"), ElementsAre("1", "0", "0")));
  EXPECT_EQ(value("SELECT count(*) FROM consumer_lag_history_" + day(1)), "1");
}

TEST_F(Keeping, ForAsLongAsIsAskedForButADayAtLeast) {
  insert(8, "old");
  insert(2, "two days");
  insert(0, "now");
  EXPECT_EQ(maintain("'7 days'").size(), 2U);
  EXPECT_THAT(rows("SELECT service_name FROM consumer_lag_history ORDER BY 1"),
              ElementsAre(ElementsAre("now"), ElementsAre("two days")));
  EXPECT_EQ(maintain("'0 seconds'").size(), 2U);
  EXPECT_THAT(rows("SELECT service_name FROM consumer_lag_history"), ElementsAre(ElementsAre("now")));
}

TEST_F(Keeping, HowLongIsARowsAffair) {
  insert(40, "forty days");
  insert(8, "eight days");
  run("UPDATE consumer_advice_thresholds SET keep_metrics = '60 days'");
  EXPECT_EQ(maintain().size(), 2U);
  EXPECT_EQ(value("SELECT count(*) FROM consumer_lag_history"), "2");
  run("UPDATE consumer_advice_thresholds SET keep_metrics = '7 days'");
  EXPECT_EQ(maintain().size(), 2U);
  EXPECT_EQ(value("SELECT count(*) FROM consumer_lag_history"), "0");
}

TEST_F(Keeping, WhatIsTooMuchForOneCallIsDoneByTheNext) {
  run("DROP TABLE consumer_lag_history CASCADE; CREATE TABLE consumer_lag_history (service_name text, timestamp "
      "timestamptz); INSERT INTO consumer_lag_history SELECT 's', now() - interval '40 days' FROM generate_series(1, "
      "25000)");
  insert(1, "kept");
  EXPECT_EQ(value("SELECT delete_old_consumer_metrics('consumer_lag_history', now() - interval '30 days', "
                  "clock_timestamp())"),
            "10000")
      << "without time it still makes a step";
  EXPECT_EQ(value("SELECT deleted FROM maintain_consumer_metrics() WHERE table_name = 'consumer_lag_history'"),
            "15000");
  EXPECT_THAT(rows("SELECT service_name FROM consumer_lag_history"), ElementsAre(ElementsAre("kept")));
}

TEST_F(Keeping, ADayWithMoreRowsThanAreMovedAtOnceStaysTogetherUntilItIsTooOld) {
  run("INSERT INTO consumer_lag_history (service_name, timestamp) SELECT 's', now() - interval '5 days' FROM "
      "generate_series(1, 200001)");
  insert(6);
  run("DROP TABLE consumer_lag_history_" + day(2));
  // What a call has no time for is the next one's.
  for (int call = 0; call < 20 && !exists("consumer_lag_history_" + day(-6)); ++call) (void)maintain();
  EXPECT_TRUE(exists("consumer_lag_history_" + day(-6)));
  EXPECT_TRUE(exists("consumer_lag_history_" + day(2))) << "the days to come never wait";
  EXPECT_FALSE(exists("consumer_lag_history_" + day(-5)));
  EXPECT_EQ(value("SELECT count(*) FROM consumer_lag_history_default"), "200001");
  int calls = 0;
  while (value("SELECT count(*) FROM consumer_lag_history_default") != "0" && ++calls <= 21) (void)maintain("'2 days'");
  EXPECT_LE(calls, 20) << "each call deletes ten thousand at least";
  EXPECT_EQ(value("SELECT count(*) FROM consumer_lag_history"), "0");
}

TEST_F(Keeping, WhileServicesReportAndSeveralMaintain) {
  std::atomic<bool> stop{false};
  std::atomic<int> reported{0};
  std::mutex mutex;
  std::vector<std::string> errors;
  const auto guarded = [&](const auto& work) {
    try {
      work();
    } catch (const std::exception& error) {
      const std::lock_guard lock(mutex);
      errors.emplace_back(error.what());
    }
  };
  std::vector<std::thread> threads;
  threads.reserve(5);
  for (int i = 0; i < 2; ++i) {
    threads.emplace_back([&] {
      // Of days with and without a piece, and of days that are dropped again and again.
      while (!stop) guarded([&] { insert(reported++ % 20); });
    });
  }
  threads.emplace_back([&] {
    while (!stop) guarded([&] { (void)rows("SELECT * FROM v_consumer_alerts"); });
  });
  std::atomic<int> done{0};
  for (int i = 0; i < 2; ++i) {
    threads.emplace_back([&] {
      const auto until = std::chrono::steady_clock::now() + std::chrono::seconds(30);
      for (int round = 0; round < 25 && std::chrono::steady_clock::now() < until; ++round) {
        const std::string refused = refusal("SELECT maintain_consumer_metrics('15 days')");
        if (refused.empty()) ++done;
        // Busy; anything else is wrong.
        if (!refused.empty() && refused.find("lock timeout") == std::string::npos)
          guarded([&] { throw std::runtime_error(refused); });
      }
    });
  }
  for (std::size_t i = 3; i < threads.size(); ++i) threads[i].join();
  stop = true;
  for (std::size_t i = 0; i < 3; ++i) threads[i].join();
  EXPECT_THAT(errors, IsEmpty());
  EXPECT_GT(done, 0);
  int recent = 0;
  for (int i = 0; i < reported; ++i) recent += i % 20 <= 10 ? 1 : 0;
  for (const char* table : {"consumer_processing_metrics", "consumer_lag_history"}) {
    EXPECT_EQ(value(fmt::format("SELECT count(*) FROM {} WHERE timestamp > now() - interval '11 days'", table)),
              std::to_string(recent));
  }
}

TEST_F(Keeping, IsNotForEverybody) {
  EXPECT_EQ(value("SELECT bool_or(has_function_privilege('pg_read_all_data', p.oid, 'EXECUTE')) FROM pg_proc p "
                  "WHERE p.proname IN ('maintain_consumer_metrics', 'make_consumer_metrics_day', "
                  "'delete_old_consumer_metrics', 'drop_old_consumer_metrics_chunks', 'too_many_consumer_metrics')"),
            "f");
}

TEST_F(Keeping, AnOlderTableInOnePieceLosesItsOldRowsToo) {
  run("DROP TABLE consumer_lag_history CASCADE; CREATE TABLE consumer_lag_history (service_name text, timestamp "
      "timestamptz)");
  insert(40);
  insert(1);
  EXPECT_THAT(maintain(), ElementsAre(ElementsAre("1", "0", "1"), ElementsAre("0", "0", "1")));
  EXPECT_EQ(value("SELECT count(*) FROM consumer_lag_history"), "1");
}

}  // namespace
}  // namespace loom::testing
