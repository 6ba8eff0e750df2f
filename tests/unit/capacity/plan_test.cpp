#include "capacity/plan.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <functional>
#include <string>

#include "loads.h"

namespace loom::capacity {
namespace {

using ::testing::AllOf;
using ::testing::ElementsAre;
using ::testing::Field;
using ::testing::HasSubstr;
using ::testing::IsEmpty;

Plan planned(const std::function<void(Load&)>& change) {
  Load load = usual();
  change(load);
  EXPECT_THAT(problems(load), IsEmpty());
  return make_plan(load);
}

auto passed(const std::string& limit, const std::string& advice) {
  return AllOf(Field(&PassedLimit::limit, HasSubstr(limit)), Field(&PassedLimit::advice, HasSubstr(advice)));
}

TEST(Plan, OneDatabaseCarriesTheUsualLoad) {
  const Plan plan = make_plan(usual());
  EXPECT_EQ(plan.databases, 1);
  EXPECT_THAT(plan.passed, IsEmpty());
  EXPECT_EQ(plan.each.rate, 10'000);
  EXPECT_GE(plan.each.replicas, 2);
  EXPECT_GE(plan.each.partitions, plan.each.replicas_most);
}

TEST(Plan, ConnectionsAreThoseOfAllReplicasAndSomeForOthers) {
  const Plan plan = make_plan(usual());
  EXPECT_EQ(plan.each.max_connections, plan.each.replicas_most * (plan.each.pool + 5) + 10);
}

TEST(Plan, TwiceTheRateTakesTwiceTheCores) {
  const Plan once = make_plan(usual());
  const Plan twice = planned([](Load& load) { load.rate *= 2; });
  EXPECT_DOUBLE_EQ(twice.each.database_cores, 2 * once.each.database_cores);
  EXPECT_DOUBLE_EQ(twice.each.consumer_cores, 2 * once.each.consumer_cores);
  EXPECT_DOUBLE_EQ(twice.each.table_day, 2 * once.each.table_day);
}

TEST(Plan, LessHeadroomTakesMoreReplicasAndPartitions) {
  const auto with_headroom = [](double headroom) {
    return planned([headroom](Load& load) {
      load.rate = 2'000'000;
      load.database_cores = 1000;
      load.disk_megabytes = 1e6;
      load.network_gbit = 1000;
      load.headroom = headroom;
    });
  };
  EXPECT_EQ(with_headroom(1).databases, 1);
  EXPECT_GT(with_headroom(0.25).each.replicas, with_headroom(1).each.replicas);
  EXPECT_GT(with_headroom(0.25).each.partitions, with_headroom(1).each.partitions);
}

TEST(Plan, TopicsOfAGroupShareTheirDeploymentsLoad) {
  const Plan plan = planned([](Load& load) {
    load.rate = 1'000'000;
    load.topics = 40;
  });
  ASSERT_GT(plan.databases, 1);
  EXPECT_DOUBLE_EQ(plan.each.rate * plan.databases, 1'000'000);
  EXPECT_GE(plan.each.topics * plan.databases, 40);
  EXPECT_LT(plan.each.database_cores / 0.5, 16);
  EXPECT_THAT(plan.passed.front(), passed("one database", "LOOM_TOPICS_EXCLUDE"));
}

TEST(Plan, OneTopicThatIsMoreThanADatabaseHasToBeSpread) {
  const Plan plan = planned([](Load& load) { load.rate = 5'000'000; });
  ASSERT_GT(plan.databases, 1);
  EXPECT_EQ(plan.each.topics, 1);
  EXPECT_THAT(plan.passed.front(), passed("one database", "one topic is too few"));
  EXPECT_THAT(plan.passed.front().advice, HasSubstr("Citus"));
}

TEST(Plan, TheLimitThatIsPassedIsNamed) {
  EXPECT_THAT(planned([](Load& load) {
                load.database_cores = 1;
                load.rate = 400'000;
              }).passed,
              ::testing::Contains(passed("CPU of one database", "Citus")));
  EXPECT_THAT(planned([](Load& load) { load.network_gbit = 0.02; }).passed,
              ::testing::Contains(passed("network of one database", "too few")));
  EXPECT_THAT(planned([](Load& load) { load.disk_megabytes = 2; }).passed,
              ElementsAre(passed("disk of one database", "too few")));
}

TEST(Plan, AnIndexWithoutOrderHasToFitIntoMemory) {
  const auto kept = [](double days) {
    return planned([days](Load& load) {
      load.rate = 5'000;
      load.random_keys = true;
      load.key_bytes = 16;
      load.retain_days = days;
      load.disk_megabytes = 1e5;
    });
  };
  EXPECT_THAT(kept(1).passed, IsEmpty());
  EXPECT_THAT(kept(365).passed, ElementsAre(passed("memory of one database", "hypertable")));
  const Plan ordered = planned([](Load& load) { load.retain_days = 365; });
  EXPECT_THAT(ordered.passed, IsEmpty());
  const Plan by_day = planned([](Load& load) {
    load.rate = 5'000;
    load.random_keys = true;
    load.retain_days = 365;
    load.table_days = 1;
  });
  EXPECT_THAT(by_day.passed, IsEmpty());
}

TEST(Plan, TooFewReplicasAreSaid) {
  const Plan plan = planned([](Load& load) {
    load.rate = 3'000'000;
    load.topics = 10;
    load.replicas_most = 2;
    load.key = Key::none;
    load.database_cores = 1000;
    load.disk_megabytes = 1e6;
    load.network_gbit = 1000;
  });
  EXPECT_EQ(plan.databases, 1);
  EXPECT_EQ(plan.each.replicas, 2);
  EXPECT_EQ(plan.each.replicas_most, 2);
  EXPECT_THAT(plan.passed, ElementsAre(passed("replicas: ", "--replica-cores")));
}

TEST(Plan, ManyConnectionsAskForAPooler) {
  const Plan plan = planned([](Load& load) {
    load.rate = 100;
    load.topics = 400;
    load.replicas_most = 60;
  });
  EXPECT_LE(plan.each.pool, 20);
  EXPECT_THAT(plan.passed, ElementsAre(passed("connections of one database", "PgBouncer")));
}

TEST(Plan, ABusyTopicHasSixPartitionsAndAQuietOneThree) {
  EXPECT_EQ(planned([](Load& load) { load.rate = 100; }).each.partitions_of_topic, 3);
  EXPECT_EQ(planned([](Load& load) { load.rate = 50'000; }).each.partitions_of_topic, 6);
  EXPECT_EQ(planned([](Load& load) { load.topics = 45; }).each.partitions, 135);
}

TEST(Plan, APartitionIsNotAskedForMoreThanItCarries) {
  for (const double rate : {1e3, 1e5, 1e6, 3e6, 1e7}) {
    const Plan plan = planned([rate](Load& load) {
      load.rate = rate;
      load.topics = 3;
      load.key = Key::none;
    });
    EXPECT_LE(plan.each.rate / plan.each.partitions, 0.5 * plan.each.partition_rate * 1.0000001) << rate;
  }
}

TEST(Plan, WhatIsOlderThanAWeekIsCompressed) {
  const Plan whole = planned([](Load& load) { load.retain_days = 27; });
  const Plan compressed = planned([](Load& load) {
    load.retain_days = 27;
    load.compress_ratio = 10;
  });
  EXPECT_NEAR(whole.each.kept, 27 * (whole.each.table_day + whole.each.index_day), 1);
  EXPECT_NEAR(compressed.each.kept, 9 * (whole.each.table_day + whole.each.index_day), 1);
  const Plan short_time = planned([](Load& load) {
    load.retain_days = 2;
    load.compress_ratio = 10;
  });
  EXPECT_NEAR(short_time.each.kept, 2 * (whole.each.table_day + whole.each.index_day), 1);
}

}  // namespace
}  // namespace loom::capacity
