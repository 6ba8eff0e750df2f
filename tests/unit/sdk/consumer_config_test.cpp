#include "loom/kafka/consumer_config.h"

#include <gmock/gmock.h>
#include <librdkafka/rdkafka.h>

#include <array>
#include <functional>
#include <limits>
#include <memory>

namespace loom::kafka {

// What a failing case shows.
static void PrintTo(const Translation& translation, std::ostream* out) {
  *out << "turns of " << translation.records_per_turn;
  for (const auto& [property, value] : translation.properties) *out << ' ' << property << '=' << value;
  for (const auto& warning : translation.warnings) *out << "\n  warning: " << warning;
}

namespace {

using ::testing::AllOf;
using ::testing::Contains;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;

/// One that needs no change.
ConsumerConfig plain() {
  ConsumerConfig config = default_config("a-service");
  config.request_timeout_ms = 40'000;
  return config;
}

/// librdkafka's verdict on a whole translation; "" when it makes a client of it.
std::string refusal(const Translation& translation) {
  std::array<char, 512> error{};
  std::unique_ptr<rd_kafka_conf_t, decltype(&rd_kafka_conf_destroy)> conf(rd_kafka_conf_new(), rd_kafka_conf_destroy);
  rd_kafka_conf_set(conf.get(), "group.id", "g", nullptr, 0);
  rd_kafka_conf_set(conf.get(), "log_level", "0", nullptr, 0);
  for (const auto& [property, value] : translation.properties) {
    if (rd_kafka_conf_set(conf.get(), property.c_str(), value.c_str(), error.data(), error.size()) !=
        RD_KAFKA_CONF_OK) {
      return error.data();
    }
  }
#ifndef __SANITIZE_THREAD__  // it does not know the C11 threads that librdkafka starts, and crashes in them
  rd_kafka_t* client = rd_kafka_new(RD_KAFKA_CONSUMER, conf.get(), error.data(), error.size());
  if (client == nullptr) return error.data();
  static_cast<void>(conf.release());
  rd_kafka_destroy(client);
#endif
  return "";
}

struct PropertyCase {
  const char* name;
  std::function<void(ConsumerConfig&)> change;
  std::vector<std::pair<std::string, std::string>> properties;  ///< that it must become
  const char* warning = "";                                     ///< a part of it; none when empty
};
void PrintTo(const PropertyCase& one, std::ostream* out) { *out << one.name; }

class TranslateProperty : public ::testing::TestWithParam<PropertyCase> {};

TEST_P(TranslateProperty, BecomesWhatLibrdkafkaTakes) {
  ConsumerConfig config = plain();
  GetParam().change(config);
  const Translation translation = translate(config);
  for (const auto& property : GetParam().properties) EXPECT_THAT(translation.properties, Contains(property));
  if (*GetParam().warning == '\0') {
    EXPECT_THAT(translation.warnings, IsEmpty());
  } else {
    EXPECT_THAT(translation.warnings, ElementsAre(HasSubstr(GetParam().warning)));
  }
  EXPECT_EQ(refusal(translation), "") << ::testing::PrintToString(translation);
}

const std::vector<PropertyCase>& cases() {
  constexpr auto kHighest = std::numeric_limits<std::int32_t>::max();
  static const std::vector<PropertyCase> all{
      {"session", [](auto& c) { c.session_timeout_ms = 60'000; }, {{"session.timeout.ms", "60000"}}},
      {"session_too_long",
       [](auto& c) {
         c.session_timeout_ms = 4'000'000;
         c.max_poll_interval_ms = 5'000'000;
       },
       {{"session.timeout.ms", "3600000"}, {"max.poll.interval.ms", "5000000"}},
       "session_timeout_ms is 4000000, taken as 3600000"},
      {"heartbeat", [](auto& c) { c.heartbeat_interval_ms = 3'000; }, {{"heartbeat.interval.ms", "3000"}}},
      {"heartbeat_that_misses_the_session",
       [](auto& c) { c.heartbeat_interval_ms = 20'000; },
       {{"heartbeat.interval.ms", "10000"}},
       "heartbeat_interval_ms is 20000, taken as 10000"},
      {"poll_interval", [](auto& c) { c.max_poll_interval_ms = 1'200'000; }, {{"max.poll.interval.ms", "1200000"}}},
      {"poll_interval_below_the_session",
       [](auto& c) {
         c.session_timeout_ms = 120'000;
         c.max_poll_interval_ms = 60'000;
       },
       {{"max.poll.interval.ms", "120000"}, {"session.timeout.ms", "120000"}},
       "max_poll_interval_ms is 60000, taken as 120000"},
      {"poll_interval_too_long",
       [](auto& c) { c.max_poll_interval_ms = 100'000'000; },
       {{"max.poll.interval.ms", "86400000"}},
       "max_poll_interval_ms is 100000000"},
      {"request_timeout", [](auto& c) { c.request_timeout_ms = 300'000; }, {{"socket.timeout.ms", "300000"}}},
      {"request_timeout_too_long",
       [](auto& c) { c.request_timeout_ms = 605'000; },
       {{"socket.timeout.ms", "300000"}},
       "request_timeout_ms is 605000, taken as 300000"},
      {"retry_backoff",
       [](auto& c) { c.retry_backoff_ms = 1'000; },
       {{"retry.backoff.ms", "1000"}, {"fetch.error.backoff.ms", "1000"}}},
      {"retry_backoff_of_nothing",
       [](auto& c) { c.retry_backoff_ms = 0; },
       {{"retry.backoff.ms", "1"}},
       "retry_backoff_ms is 0"},
      {"fetch_wait", [](auto& c) { c.fetch_max_wait_ms = 1'000; }, {{"fetch.wait.max.ms", "1000"}}},
      {"fetch_wait_as_long_as_a_request",
       [](auto& c) { c.fetch_max_wait_ms = 40'000; },
       {{"fetch.wait.max.ms", "39000"}, {"socket.timeout.ms", "40000"}},
       "fetch_max_wait_ms is 40000, taken as 39000"},
      {"fetch_min", [](auto& c) { c.fetch_min_bytes = 1'024; }, {{"fetch.min.bytes", "1024"}}},
      {"fetch_min_of_nothing",
       [](auto& c) { c.fetch_min_bytes = 0; },
       {{"fetch.min.bytes", "1"}},
       "fetch_min_bytes is 0"},
      {"fetch_max", [](auto& c) { c.fetch_max_bytes = 10'485'760; }, {{"fetch.max.bytes", "10485760"}}},
      {"fetch_max_below_a_message",
       [](auto& c) { c.fetch_max_bytes = 65'536; },
       {{"fetch.max.bytes", "1000000"}},
       "fetch_max_bytes is 65536, taken as 1000000"},
      {"fetch_max_highest",
       [](auto& c) { c.fetch_max_bytes = kHighest; },
       {{"fetch.max.bytes", "2147483135"}},
       "fetch_max_bytes is 2147483647"},
      {"partition_fetch",
       [](auto& c) { c.max_partition_fetch_bytes = 52'428'800; },
       {{"max.partition.fetch.bytes", "52428800"}}},
      {"partition_fetch_highest",
       [](auto& c) { c.max_partition_fetch_bytes = kHighest; },
       {{"max.partition.fetch.bytes", "1000000000"}},
       "max_partition_fetch_bytes is 2147483647"},
      {"reset_earliest", [](auto& c) { c.auto_offset_reset = "earliest"; }, {{"auto.offset.reset", "earliest"}}},
      {"reset_latest", [](auto& c) { c.auto_offset_reset = "latest"; }, {{"auto.offset.reset", "latest"}}},
      {"reset_none", [](auto& c) { c.auto_offset_reset = "none"; }, {{"auto.offset.reset", "error"}}},
      {"reset_unknown",
       [](auto& c) { c.auto_offset_reset = "newest"; },
       {{"auto.offset.reset", "earliest"}},
       "auto_offset_reset is \"newest\""},
      {"auto_commit", [](auto& c) { c.enable_auto_commit = true; }, {{"enable.auto.commit", "true"}}},
      {"no_auto_commit", [](auto& c) { c.enable_auto_commit = false; }, {{"enable.auto.commit", "false"}}},
      {"auto_commit_interval",
       [](auto& c) { c.auto_commit_interval_ms = 1'000; },
       {{"auto.commit.interval.ms", "1000"}}},
      {"auto_commit_interval_that_means_never",
       [](auto& c) { c.auto_commit_interval_ms = 0; },
       {{"auto.commit.interval.ms", "1"}},
       "auto_commit_interval_ms is 0"},
      {"range",
       [](auto& c) { c.partition_assignment_strategy = "range"; },
       {{"partition.assignment.strategy", "range"}}},
      {"roundrobin",
       [](auto& c) { c.partition_assignment_strategy = "roundrobin"; },
       {{"partition.assignment.strategy", "roundrobin"}}},
      {"cooperative_sticky",
       [](auto& c) { c.partition_assignment_strategy = "cooperative-sticky"; },
       {{"partition.assignment.strategy", "cooperative-sticky"}}},
      {"sticky",
       [](auto& c) { c.partition_assignment_strategy = "sticky"; },
       {{"partition.assignment.strategy", "cooperative-sticky"}},
       "taken as cooperative-sticky"},
      {"strategy_unknown",
       [](auto& c) { c.partition_assignment_strategy = "lottery"; },
       {{"partition.assignment.strategy", "range"}},
       "\"lottery\", taken as range"},
  };
  return all;
}

INSTANTIATE_TEST_SUITE_P(Each, TranslateProperty, ::testing::ValuesIn(cases()),
                         [](const auto& one) { return one.param.name; });

TEST(Translate, MaxPollRecordsBecomesTheTurnAndNoProperty) {
  ConsumerConfig config = plain();
  config.max_poll_records = 500;
  const Translation translation = translate(config);
  EXPECT_EQ(translation.records_per_turn, 500);
  EXPECT_EQ(translation.properties, translate(plain()).properties);
}

TEST(Translate, ATurnHasAtLeastOneRecordAndAtMostFiveThousand) {
  ConsumerConfig config = plain();
  config.max_poll_records = 0;
  EXPECT_EQ(translate(config).records_per_turn, 1);
  config.max_poll_records = 9'000;
  EXPECT_EQ(translate(config).records_per_turn, 5'000);
  EXPECT_THAT(translate(config).warnings, ElementsAre(HasSubstr("max_poll_records is 9000, taken as 5000")));
}

TEST(Translate, TheDefaultsNeedOneChange) {
  const Translation translation = translate(default_config("a-service"));
  EXPECT_THAT(translation.warnings, ElementsAre(AllOf(HasSubstr("request_timeout_ms"), HasSubstr("305000"))));
  EXPECT_EQ(refusal(translation), "");
}

// However wrong a row is, a service must come up with it.
TEST(Translate, LibrdkafkaTakesWhateverTheRowSays) {
  constexpr auto kLowest = std::numeric_limits<std::int32_t>::min();
  constexpr auto kHighest = std::numeric_limits<std::int32_t>::max();
  std::uint64_t seed = 20'261'121;
  const auto next = [&seed] { return seed = seed * 6364136223846793005U + 1442695040888963407U, seed >> 33U; };
  const std::array<std::int32_t, 10> values{kLowest, -1, 0, 1, 2, 1'000, 6'000, 60'000, 90'000'000, kHighest};
  const auto value = [&] { return values[next() % values.size()]; };
  for (int round = 0; round < 300; ++round) {
    ConsumerConfig config;
    for (auto* field : {&config.max_poll_records, &config.session_timeout_ms, &config.heartbeat_interval_ms,
                        &config.max_poll_interval_ms, &config.request_timeout_ms, &config.retry_backoff_ms,
                        &config.fetch_min_bytes, &config.fetch_max_wait_ms, &config.fetch_max_bytes,
                        &config.max_partition_fetch_bytes, &config.auto_commit_interval_ms}) {
      *field = value();
    }
    const Translation translation = translate(config);
    ASSERT_EQ(refusal(translation), "") << "round " << round << ' ' << ::testing::PrintToString(translation);
  }
}

TEST(SameClient, LivesOnWithAnotherTurnOnly) {
  const ConsumerConfig before = plain();
  ConsumerConfig after = before;
  after.max_poll_records = 7;
  EXPECT_TRUE(same_client(before, after));
  after = before;
  after.source = "row";
  EXPECT_TRUE(same_client(before, after));
  after.session_timeout_ms = 45'000;
  EXPECT_FALSE(same_client(before, after));
}

TEST(SameClient, DoesNotOutliveItsStrategyOrItsGroup) {
  const ConsumerConfig before = plain();
  ConsumerConfig after = before;
  after.partition_assignment_strategy = "cooperative-sticky";
  EXPECT_FALSE(same_client(before, after));
  after = before;
  after.consumer_group_id = "another";
  EXPECT_FALSE(same_client(before, after));
  // Two names of one thing.
  ConsumerConfig sticky = before;
  sticky.partition_assignment_strategy = "sticky";
  ConsumerConfig cooperative = before;
  cooperative.partition_assignment_strategy = "cooperative-sticky";
  EXPECT_TRUE(same_client(sticky, cooperative));
}

}  // namespace
}  // namespace loom::kafka
