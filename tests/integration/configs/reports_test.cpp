// Migration 042: what clients of any language report through.
#include <gmock/gmock.h>

#include "configs/configs_fixture.h"

namespace loom::testing {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;

class ReportsTest : public ConfigsTest {};

TEST_F(ReportsTest, ARateThatIsNoNumberCountsAsNothing) {
  run("SELECT record_consumer_metrics('s', 7, 'NaN', 'Infinity', '-Infinity', 2, 3)");
  run("SELECT record_consumer_metrics('s', 8, 1.5, 2.5, 3.5)");
  EXPECT_THAT(
      rows("SELECT messages_processed, messages_per_second, processing_time_ms, memory_usage_mb, errors, rebalances "
           "FROM consumer_processing_metrics WHERE service_name = 's' ORDER BY messages_processed"),
      ElementsAre(ElementsAre("7", "0", "0", "0", "2", "3"), ElementsAre("8", "1.5", "2.5", "3.5", "0", "0")));
}

TEST_F(ReportsTest, OneStatementRecordsEveryPartitionsLag) {
  run("SELECT record_consumer_lag('s', 'g', '{a,a,b}', '{0,1,0}', '{5,10,9000000000}', '{7,4,9000000001}')");
  EXPECT_THAT(rows("SELECT topic, partition, current_offset, end_offset, lag FROM v_current_consumer_lag "
                   "WHERE service_name = 's' AND consumer_group_id = 'g' ORDER BY topic, partition"),
              ElementsAre(ElementsAre("a", "0", "5", "7", "2"), ElementsAre("a", "1", "10", "4", "0"),
                          ElementsAre("b", "0", "9000000000", "9000000001", "1")));
}

TEST_F(ReportsTest, OfArraysThatDoNotMatchNothingIsRecorded) {
  EXPECT_THAT(refusal("SELECT record_consumer_lag('s', 'g', '{a,b}', '{0}', '{5,6}', '{7,8}')"),
              HasSubstr("2 topics, 1 partitions, 2 current and 2 end offsets"));
  EXPECT_EQ(value("SELECT count(*) FROM consumer_lag_history"), "0");
  run("SELECT record_consumer_lag('s', 'g', '{}', '{}', '{}', '{}')");
  EXPECT_EQ(value("SELECT count(*) FROM consumer_lag_history"), "0");
}

TEST_F(ReportsTest, TheMostUrgentAdviceComesFirst) {
  run("INSERT INTO pipeline_consumer_configs (service_name, max_poll_records) VALUES ('calm', 2000), ('busy', 10), "
      "('late', 10)");
  run("UPDATE pipeline_consumer_configs SET updated_at = now() - interval '50 minutes'");
  for (const char* service : {"calm", "busy", "late"}) {
    run(std::string("SELECT record_consumer_metrics('") + service + "', 100, 10, 1, 50)");
  }
  run("SELECT record_consumer_lag('calm', 'g', '{a}', '{0}', '{5}', '{5}')");
  run("SELECT record_consumer_lag('busy', 'g', '{a}', '{0}', '{0}', '{5000}')");
  run("SELECT record_consumer_lag('late', 'g', '{a}', '{0}', '{0}', '{50000}')");
  EXPECT_THAT(rows("SELECT service_name, priority, recommended_config FROM consumer_recommendations()"),
              ElementsAre(ElementsAre("late", "critical", R"({"max_poll_records": 50})"),
                          ElementsAre("busy", "high", R"({"max_poll_records": 50})"),
                          ElementsAre("calm", "low", R"({"max_poll_records": 1000})")));
}

}  // namespace
}  // namespace loom::testing
