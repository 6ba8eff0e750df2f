#include "capacity/load.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <limits>

#include "loads.h"

namespace loom::capacity {
namespace {

using ::testing::AllOf;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::SizeIs;

TEST(Load, TheUsualOneHasNoProblems) { EXPECT_THAT(problems(usual()), IsEmpty()); }

TEST(Load, EachWrongValueIsNamedWithItsOptionAndItsRange) {
  Load load = usual();
  load.rate = -5;
  load.headroom = 1.5;
  load.topics = 2.5;
  EXPECT_THAT(problems(load), ElementsAre(AllOf(HasSubstr("--rate is -5"), HasSubstr("from 0.001 to 1000000000")),
                                          AllOf(HasSubstr("--topics is 2.5"), HasSubstr("whole number")),
                                          AllOf(HasSubstr("--headroom is 1.5"), HasSubstr("from 0.05 to 1"))));
}

TEST(Load, WhatIsNoNumberIsRefused) {
  Load load = usual();
  load.message_bytes = std::numeric_limits<double>::quiet_NaN();
  load.retain_days = std::numeric_limits<double>::infinity();
  EXPECT_THAT(problems(load), ElementsAre(HasSubstr("--bytes is nan"), HasSubstr("--retain is inf")));
}

TEST(Load, EveryValueIsLookedAt) {
  Load load;
  load.rate = load.message_bytes = load.rows = load.topics = load.headroom = load.replica_cores = -1;
  load.database_cores = load.database_memory_gib = load.network_gbit = load.disk_megabytes = -1;
  load.retain_days = load.compress_ratio = -1;
  load.columns = load.row_bytes = load.key_bytes = load.repeats = load.replicas_most = load.table_days = -1;
  EXPECT_THAT(problems(load), SizeIs(18));
}

TEST(Load, WithoutAKeyNothingCanBeSaidOfKeys) {
  Load load = usual();
  load.key = Key::none;
  load.key_bytes = 8;
  load.random_keys = true;
  EXPECT_THAT(problems(load),
              ElementsAre(HasSubstr("--key-bytes needs a key"), HasSubstr("--random-keys needs a key")));
}

TEST(Load, RepeatsNeedAStrategyThatMeetsThem) {
  Load load = usual();
  load.repeats = 0.1;
  EXPECT_THAT(problems(load), ElementsAre(HasSubstr("--repeats needs --key ignore or update")));
  load.key = Key::update;
  EXPECT_THAT(problems(load), IsEmpty());
}

TEST(Load, ATableHasNoMoreDaysThanAreKept) {
  Load load = usual();
  load.table_days = 31;
  EXPECT_THAT(problems(load), ElementsAre("--table-days is 31, more than the 30 of --retain"));
  EXPECT_EQ(completed(usual()).table_days, 30);
}

TEST(Load, AMessageOfLoomsTopicsBecomesTheirRow) {
  const Load load = completed(usual());
  EXPECT_EQ(load.columns, 11);
  EXPECT_NEAR(load.row_bytes.value(), 171, 1);
  EXPECT_EQ(load.repeats, 0);
}

TEST(Load, WhatIsGivenStays) {
  Load load = usual();
  load.columns = 4;
  load.row_bytes = 50;
  load.key = Key::update;
  load.key_bytes = 8;
  load.repeats = 1;
  const Load whole = completed(load);
  EXPECT_EQ(whole.columns, 4);
  EXPECT_EQ(whole.row_bytes, 50);
  EXPECT_EQ(whole.key_bytes, 8);
  EXPECT_EQ(whole.repeats, 1);
}

TEST(Load, ManyRowsOfAMessageShareItsBytes) {
  Load load = usual();
  load.rows = 10;
  EXPECT_EQ(completed(load).columns, 2);
  EXPECT_NEAR(completed(load).row_bytes.value(), 17.1, 0.1);
}

}  // namespace
}  // namespace loom::capacity
