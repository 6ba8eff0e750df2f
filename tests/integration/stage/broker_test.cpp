// Stages whose broker goes away.
#include "stage_test.h"

namespace loom::testing {
namespace {

class StageBrokerTest : public StageTest, public ::testing::WithParamInterface<bool> {
 protected:
  StageBrokerTest() : StageBrokerTest(std::make_unique<KafkaServer>(KafkaServer::Kind::own)) {}

  kafka::StageSettings settings() const {
    kafka::StageSettings made = stage_settings(in_);
    made.exactly_once = GetParam();
    return made;
  }
  /// The sum of the group's offsets.
  std::int64_t committed() const {
    const auto offsets = committed_in_kafka(bootstrap(), settings().group_id, in_, 2);
    return offsets[0] + offsets[1];
  }
  RunningStage::Work forward() const {
    return [out = out_](const kafka::Record& message, const RunningStage::Send& send) {
      std::this_thread::sleep_for(milliseconds(1));  // so that turns are under way when the broker dies
      send(out, message.value.value_or(""));
    };
  }

 private:
  /// The broker outlives the fixture's clients.
  explicit StageBrokerTest(std::unique_ptr<KafkaServer> broker)
      : StageTest(nullptr, *broker), broker_(std::move(broker)), in_(new_topic("in", 2)), out_(new_topic("out", 2)) {}
  std::unique_ptr<KafkaServer> broker_;

 protected:
  const std::string in_;
  const std::string out_;
};

TEST_P(StageBrokerTest, AKilledBrokerThatComesBackLosesAndRepeatsNothing) {
  send_numbers(in_, 2, 0, 8'000);
  RunningStage stage(settings(), forward());
  for (int round = 1; round <= 2; ++round) {
    ASSERT_TRUE(await(seconds(150), [&] { return stage.ended() || committed() > std::int64_t{round} * 2'000; }));
    ASSERT_FALSE(stage.ended()) << stage.await_failure(seconds(1)).value_or("");
    kafka().kill9();
    std::this_thread::sleep_for(seconds(2));  // away for a while
    kafka().restart();
  }
  EXPECT_TRUE(caught_up(in_, 2, settings().group_id, seconds(120)));
  const auto values = values_in(bootstrap(), out_, 8'000);
  EXPECT_TRUE(GetParam() ? every_number_once(values, 8'000) : every_number(values, 8'000));
  EXPECT_LT(stage.finish(), seconds(10));
}

TEST_P(StageBrokerTest, StoppingWithTheBrokerAwayEndsInTime) {
  send_numbers(in_, 2, 0, 8'000);
  RunningStage stage(settings(), forward());
  ASSERT_TRUE(await(seconds(150), [&] { return stage.ended() || committed() > 1'000; }));
  ASSERT_FALSE(stage.ended()) << stage.await_failure(seconds(1)).value_or("");
  kafka().kill9();
  std::this_thread::sleep_for(seconds(1));  // so that it waits for the broker
  EXPECT_LT(stage.finish(), seconds(10));
  kafka().restart();
  RunningStage next(settings(), forward());
  EXPECT_TRUE(caught_up(in_, 2, settings().group_id, seconds(120)));
  const auto values = values_in(bootstrap(), out_, 8'000);
  EXPECT_TRUE(GetParam() ? every_number_once(values, 8'000) : every_number(values, 8'000));
}

INSTANTIATE_TEST_SUITE_P(Modes, StageBrokerTest, ::testing::Bool(), [](const auto& mode) {
  return mode.param ? std::string("ExactlyOnce") : std::string("AtLeastOnce");
});

}  // namespace
}  // namespace loom::testing
