#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "offsets/tool.h"

namespace loom::offsets {
namespace {

using ::testing::HasSubstr;

constexpr std::int64_t kTime = 1'763'730'000'000'000;  // 2025-11-21T13:00:00Z

TEST(OffsetReportTest, APartitionIsRemarkedOnWhereItsOffsetIsOdd) {
  OffsetReport report{"g", {}};
  report.partitions.push_back({"t", 0, 50, 1, kTime, 10, 60, 48});
  report.partitions.push_back({"t", 1, 5, 0, kTime, 10, 60, std::nullopt});
  report.partitions.push_back({"t", 2, 61, 0, kTime, 10, 60, 61});
  report.partitions.push_back({"t", 3, std::nullopt, 0, std::nullopt, 10, 60, 30});
  report.partitions.push_back({"t", 4, 9, 0, kTime, std::nullopt, std::nullopt, std::nullopt});
  const std::string text = render_table(report);
  EXPECT_THAT(text, HasSubstr("0           50      1         10       60   10        48  2025-11-21T13:00:00Z\n"));
  EXPECT_THAT(text, HasSubstr("before the log's start\n"));
  EXPECT_THAT(text, HasSubstr("beyond the log's end\n"));
  EXPECT_THAT(text,
              HasSubstr("3            -      -         10       60   30        30  -                     not begun\n"));
  EXPECT_THAT(text, HasSubstr("not in Kafka\n"));
  EXPECT_THAT(render_json(report),
              HasSubstr(R"({"topic":"t","partition":4,"next_offset":9,"epoch":0,"log_start":null,)"));
  EXPECT_EQ(render_table(OffsetReport{"g", {}}), "group g has no offsets\n");
}

TEST(OffsetReportTest, AResetShowsBeforeAndAfter) {
  ResetReport report{"g", true, {{"t", 0, 50, 40, 3}, {"t", 1, std::nullopt, 7, 1}}, {"a note"}};
  EXPECT_EQ(render_table(report),
            "group g\n"
            "TOPIC  PARTITION  BEFORE  AFTER  EPOCH\n"
            "t              0      50     40      3\n"
            "t              1       -      7      1\n"
            "note: a note\n"
            "nothing was changed: --dry-run\n");
  EXPECT_EQ(render_json(report),
            R"({"group":"g","dry_run":true,"changes":[{"topic":"t","partition":0,"before":50,"after":40,"epoch":3},)"
            R"({"topic":"t","partition":1,"before":null,"after":7,"epoch":1}],"notes":["a note"]})"
            "\n");
}

}  // namespace
}  // namespace loom::offsets
