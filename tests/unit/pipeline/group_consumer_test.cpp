#include "pipeline/group_consumer.h"

#include <gtest/gtest.h>

#include "support/await.h"

#ifndef __SANITIZE_THREAD__  // it does not know the C11 threads that librdkafka starts, and crashes in them

namespace loom::pipeline {
namespace {

using std::chrono::seconds;

class NoSink final : public batch::Sink {
 public:
  void submit(std::unique_ptr<batch::Batch> batch, Reply reply) override { reply({std::move(batch), {}}); }
};

class NoPlans final : public PlanProvider {
 public:
  void request(PlanRequest /*request*/, std::function<void(PlanAnswer)> answer) override { answer({}); }
};

/// A member of a group whose broker never answers: no topic is ever assigned to it.
class GroupConsumerTest : public ::testing::Test {
 protected:
  static ConsumerSettings settings() {
    ConsumerSettings settings;
    settings.client.bootstrap_servers = "127.0.0.1:1";
    settings.client.group_id = "group";
    settings.topics = {"readings"};
    return settings;
  }

  SystemClock clock_;
  Counters counters_;
  MemoryBudget memory_{std::size_t{1} << 20U};
  Failpoints failpoints_;
  NoSink sink_;
  NoPlans plans_;
  sink::OffsetStore offsets_{"postgresql://nobody@127.0.0.1:1/none", "group"};
  GroupConsumer consumer_{settings(),
                          {.clock = clock_, .counters = counters_, .memory = memory_, .failpoints = failpoints_},
                          sink_,
                          plans_,
                          offsets_};
};

TEST_F(GroupConsumerTest, ANewClientThatCannotSubscribeEndsTheMemberAndNotTheProcess) {
  consumer_.start();
  EXPECT_FALSE(consumer_.failed());
  ConsumerSettings refused = settings();
  refused.client.properties["client.id"] = "another";
  refused.topics = {"^("};  // no regular expression
  consumer_.reconfigure(refused);
  EXPECT_TRUE(loom::testing::await(seconds(20), [&] { return consumer_.failed(); }));
  consumer_.stop();
}

TEST_F(GroupConsumerTest, SettingsThatNoClientTakesLeaveTheOldOneInPlace) {
  consumer_.start();
  ConsumerSettings refused = settings();
  refused.client.properties["session.timeout.ms"] = "never";
  refused.origin = "the refused settings";
  consumer_.reconfigure(refused);
  EXPECT_TRUE(loom::testing::await(seconds(20), [&] {
    const auto in_use = consumer_.view().settings;
    const auto origin = in_use.find("from");
    return origin != in_use.end() && origin->second == refused.origin;
  }));
  EXPECT_FALSE(consumer_.failed());
  consumer_.stop();
}

}  // namespace
}  // namespace loom::pipeline

#endif
