#include "app/changed_settings.h"

#include <gmock/gmock.h>

namespace loom::app {
namespace {

using settings::Config;
using ::testing::ElementsAre;
using ::testing::IsEmpty;
using ::testing::UnorderedElementsAre;

TEST(ChangedSettings, NamesWhatAReloadTakesAndWhatWaitsForAStart) {
  const Config from;
  Config to;
  to.batch_size = 500;
  to.topics = {"orders"};
  to.topics_exclude = {"^test"};
  to.database.pool_max = 7;
  to.rdkafka["fetch.wait.max.ms"] = "50";
  to.database.url = "postgresql://elsewhere/db";
  to.http_port = 9001;
  const ChangedSettings changed = changed_settings(from, to);
  EXPECT_THAT(changed.taken, UnorderedElementsAre("LOOM_KAFKA_BATCH_SIZE", "LOOM_DB_MAX_POOL_SIZE", "LOOM_RDKAFKA_*",
                                                  "LOOM_TOPICS", "LOOM_TOPICS_EXCLUDE"));
  EXPECT_THAT(changed.restart, UnorderedElementsAre("LOOM_DATABASE_URL", "LOOM_HTTP_PORT"));
}

TEST(ChangedSettings, SaysNothingOfEqualOnes) {
  EXPECT_THAT(changed_settings({}, {}).taken, IsEmpty());
  EXPECT_THAT(changed_settings({}, {}).restart, IsEmpty());
}

TEST(ChangedSettings, WhatWaitsForAStartKeepsItsValue) {
  Config from;
  from.database.consumer_group = "ours";
  Config to;
  to.database.consumer_group = "theirs";
  to.batch_size = 500;
  const Config in_use = with_fixed_settings(from, to);
  EXPECT_EQ(in_use.group_id(), "ours");
  EXPECT_EQ(in_use.batch_size, 500U);
  EXPECT_THAT(changed_settings(in_use, to).restart, ElementsAre("LOOM_KAFKA_GROUP_ID"));
}

}  // namespace
}  // namespace loom::app
