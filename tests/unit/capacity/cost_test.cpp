#include "capacity/cost.h"

#include <gtest/gtest.h>

#include <functional>

#include "loads.h"

namespace loom::capacity {
namespace {

/// The cost of the usual load with something changed.
Cost with(const std::function<void(Load&)>& change) {
  Load load = usual();
  change(load);
  return cost_of(completed(load));
}

const Cost& plain() {
  static const Cost cost = with([](Load& /*load*/) {});
  return cost;
}

TEST(Cost, AKeyCostsTheDatabaseMoreThanItsRow) {
  const Cost none = with([](Load& load) { load.key = Key::none; });
  EXPECT_LT(none.consumer_us, plain().consumer_us);
  EXPECT_LT(none.database_us, plain().database_us / 1.5);
  EXPECT_EQ(none.index_bytes, 0);
  EXPECT_EQ(none.table_bytes, plain().table_bytes);
  EXPECT_LT(none.wal_bytes, plain().wal_bytes);
}

TEST(Cost, WiderMessagesCostMoreInEveryWay) {
  const Cost wide = with([](Load& load) { load.message_bytes = 1000; });
  EXPECT_GT(wide.consumer_us, plain().consumer_us);
  EXPECT_GT(wide.database_us, plain().database_us);
  EXPECT_GT(wide.wal_bytes, plain().wal_bytes);
  EXPECT_GT(wide.table_bytes, plain().table_bytes);
  EXPECT_GT(wide.sent_bytes, plain().sent_bytes);
  EXPECT_NEAR(wide.kafka_bytes, plain().kafka_bytes * 1000 / 300, 1e-9);
  EXPECT_EQ(wide.index_bytes, plain().index_bytes);
}

TEST(Cost, RowsOfOneMessageCostLessThanMessagesOfOneRow) {
  const auto narrow = [](Load& load) {
    load.columns = 5;
    load.row_bytes = 50;
  };
  const Cost list = with([&](Load& load) {
    narrow(load);
    load.message_bytes = 3000;
    load.rows = 50;
  });
  const Cost single = with([&](Load& load) {
    narrow(load);
    load.message_bytes = 100;
  });
  EXPECT_LT(list.consumer_us, 50 * single.consumer_us);
  EXPECT_NEAR(list.database_us, 50 * single.database_us, 1e-6);
  EXPECT_NEAR(list.table_bytes, 50 * single.table_bytes, 1e-6);
}

TEST(Cost, KeysInNoOrderCostMoreAndFullPagesInTheWal) {
  const Cost random = with([](Load& load) { load.random_keys = true; });
  EXPECT_GT(random.database_us, plain().database_us);
  EXPECT_EQ(plain().full_page_bytes, 0);
  EXPECT_GT(random.full_page_bytes, 0);
}

TEST(Cost, OfALargeIndexNearlyEachRowTouchesAPageOfItsOwn) {
  const Cost days = with([](Load& load) { load.random_keys = true; });
  const Cost year = with([](Load& load) {
    load.random_keys = true;
    load.retain_days = 365;
  });
  EXPECT_GT(year.full_page_bytes, days.full_page_bytes);
  EXPECT_LT(year.full_page_bytes, 8192);
  // A small one is touched whole between two checkpoints, however fast rows come.
  const auto half_an_hour = [](double rate) {
    return with([rate](Load& load) {
      load.random_keys = true;
      load.table_days = 0.02;
      load.rate = rate;
    });
  };
  EXPECT_LT(half_an_hour(10'000).full_page_bytes, days.full_page_bytes / 5);
  EXPECT_EQ(half_an_hour(10'000).full_page_bytes, half_an_hour(1'000'000).full_page_bytes);
}

TEST(Cost, AnIndexBeyondSharedBuffersCostsCpuToo) {
  const auto of_days = [](double days) {
    return with([days](Load& load) {
      load.random_keys = true;
      load.key_bytes = 16;
      load.table_days = days;
    });
  };
  // A day of 10,000 a second makes 36 GB, of which 16 GiB are in shared_buffers.
  EXPECT_EQ(of_days(0.1).database_us, of_days(0.2).database_us);
  EXPECT_GT(of_days(1).database_us, of_days(0.2).database_us + 1);
  EXPECT_GT(of_days(30).database_us, of_days(1).database_us);
  EXPECT_EQ(of_days(30).consumer_us, of_days(0.1).consumer_us);
}

TEST(Cost, RowsThatAreLeftOutTakeNoRoom) {
  const auto ignored = [](double repeats) {
    return with([repeats](Load& load) {
      load.key = Key::ignore;
      load.repeats = repeats;
    });
  };
  EXPECT_EQ(ignored(0).database_us, plain().database_us);
  EXPECT_GE(ignored(1).database_us, plain().database_us);
  EXPECT_EQ(ignored(1).table_bytes, 0);
  EXPECT_EQ(ignored(1).index_bytes, 0);
  EXPECT_EQ(ignored(1).wal_bytes, 0);
  EXPECT_NEAR(ignored(0.5).table_bytes, plain().table_bytes / 2, 1e-9);
}

TEST(Cost, RowsThatAreOverwrittenTakeWalAndNoNewRoom) {
  const Cost updated = with([](Load& load) {
    load.key = Key::update;
    load.repeats = 1;
  });
  EXPECT_GT(updated.database_us, plain().database_us);
  EXPECT_GT(updated.consumer_us, plain().consumer_us);
  EXPECT_GT(updated.wal_bytes, plain().wal_bytes / 2);
  EXPECT_EQ(updated.table_bytes, 0);
}

TEST(Cost, APageHoldsWholeRows) {
  const auto of_bytes = [](double bytes) { return with([bytes](Load& load) { load.row_bytes = bytes; }).table_bytes; };
  // 28, 168 and 8: forty fit into 8,168.
  EXPECT_DOUBLE_EQ(of_bytes(163), 8192.0 / 40);
  EXPECT_DOUBLE_EQ(of_bytes(168), 8192.0 / 40);
  EXPECT_GT(of_bytes(169), 8192.0 / 40);
}

TEST(Cost, WideRowsAreCompressed) {
  const auto of_bytes = [](double bytes) { return with([bytes](Load& load) { load.row_bytes = bytes; }); };
  EXPECT_LT(of_bytes(2200).table_bytes, of_bytes(2000).table_bytes);
  EXPECT_LT(of_bytes(2200).wal_bytes, of_bytes(2000).wal_bytes);
  EXPECT_GT(of_bytes(2200).database_us, 2 * of_bytes(2000).database_us);
  EXPECT_LT(of_bytes(40'000).table_bytes, 20'000);
}

}  // namespace
}  // namespace loom::capacity
