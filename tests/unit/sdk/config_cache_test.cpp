#include "sdk/config/config_cache.h"

#include <gtest/gtest.h>

#include "loom/kafka/config_loader.h"

namespace loom::kafka {
namespace {

using std::chrono::hours;
using std::chrono::minutes;
using std::chrono::seconds;

ConsumerConfig row(std::int32_t max_poll_records) {
  ConsumerConfig config = default_config("svc");
  config.source = "row";
  config.max_poll_records = max_poll_records;
  return config;
}

class ConfigCacheTest : public ::testing::Test {
 protected:
  /// Of what is known without asking; 0: the database is to be asked.
  [[nodiscard]] std::int32_t records() const {
    const auto config = cache.fresh("svc", now);
    return config ? config->max_poll_records : 0;
  }

  ConfigCache cache{LoaderSettings().cache};
  TimePoint now{hours(1)};
};

TEST_F(ConfigCacheTest, ARowIsAskedForEveryFiveMinutes) {
  EXPECT_EQ(records(), 0);
  cache.remember(row(10), now);
  now += minutes(5) - seconds(1);
  EXPECT_EQ(records(), 10);
  now += seconds(1);
  EXPECT_EQ(records(), 0);
}

TEST_F(ConfigCacheTest, AForgottenRowIsAskedForAtOnce) {
  cache.forget("svc");
  cache.remember(row(10), now);
  cache.forget("svc");
  EXPECT_EQ(records(), 0);
}

TEST_F(ConfigCacheTest, WithTheDatabaseAwayTheLastRowStaysAndTheDatabaseIsAskedAgainAfterTenSeconds) {
  cache.remember(row(10), now);
  now += minutes(6);
  const ConfigCache::FallBack used = cache.fall_back("svc", now);
  EXPECT_TRUE(used.from_database);
  EXPECT_EQ(used.config, row(10));
  now += seconds(9);
  EXPECT_EQ(records(), 10) << "not asked again so soon";
  now += seconds(1);
  EXPECT_EQ(records(), 0);
}

TEST_F(ConfigCacheTest, WithoutARowTheDefaultsStandIn) {
  const ConfigCache::FallBack used = cache.fall_back("svc", now);
  EXPECT_FALSE(used.from_database);
  EXPECT_EQ(used.config, default_config("svc"));
  EXPECT_EQ(records(), default_config("svc").max_poll_records);
}

TEST_F(ConfigCacheTest, AShorterLifetimeHoldsForTheDefaultsToo) {
  ConfigCache brief{seconds(2)};
  brief.fall_back("svc", now);
  EXPECT_TRUE(brief.fresh("svc", now + seconds(1)));
  EXPECT_FALSE(brief.fresh("svc", now + seconds(2)));
}

}  // namespace
}  // namespace loom::kafka
