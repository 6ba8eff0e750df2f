// What a stage promises of its messages, in both modes.
#include <gmock/gmock.h>

#include <random>

#include "stage_test.h"

namespace loom::testing {
namespace {

using ::testing::HasSubstr;

class StageTurnsTest : public StageTest, public ::testing::WithParamInterface<bool> {
 protected:
  StageTurnsTest() : in_(new_topic("in", 2)), out_(new_topic("out", 2)) {}

  kafka::StageSettings settings() const {
    kafka::StageSettings made = stage_settings(in_);
    made.exactly_once = GetParam();
    return made;
  }
  RunningStage::Work forward() const {
    return [out = out_](const kafka::Record& message, const RunningStage::Send& send) {
      send(out, message.value.value_or(""));
    };
  }

  /// So many bytes that stay as many on their way.
  static std::string incompressible(std::size_t size) {
    std::mt19937 random(1);  // the same each time
    std::string bytes(size, ' ');
    for (char& byte : bytes) byte = static_cast<char>(random());
    return bytes;
  }

  const std::string in_;
  const std::string out_;
};

TEST_P(StageTurnsTest, EveryMessageBecomesItsOutputOnce) {
  send_numbers(in_, 2, 0, 1'000);
  RunningStage stage(settings(), forward());
  EXPECT_TRUE(caught_up(in_, 2, settings().group_id));
  EXPECT_TRUE(every_number_once(values_in(bootstrap(), out_, 1'000), 1'000));
  EXPECT_LT(stage.finish(), seconds(10));
}

TEST_P(StageTurnsTest, APoisonMessageBecomesADeadLetterAfterItsRetriesAndTheRestGoesOn) {
  send_numbers(in_, 2, 0, 20);
  producer().send(in_, {.value = "poison", .key = "k", .partition = 1, .headers = {{"trace_id", "t-1"}}});
  producer().flush();
  send_numbers(in_, 2, 20, 40);
  std::atomic<int> tries{0};
  RunningStage stage(settings(), [&](const kafka::Record& message, const RunningStage::Send& send) {
    send(out_, message.value.value_or(""));  // and nothing of it when it fails
    if (message.value == "poison" && ++tries > 0) throw std::runtime_error("it cannot be swallowed");
  });
  EXPECT_TRUE(caught_up(in_, 2, settings().group_id));
  EXPECT_TRUE(every_number_once(values_in(bootstrap(), out_, 40), 40));
  EXPECT_EQ(tries, settings().retries + 1);
  stage.finish();

  const auto letters = read_topic(bootstrap(), in_ + ".dlq", 1);
  ASSERT_EQ(letters.size(), 1U);
  EXPECT_EQ(letters[0].value, "poison");
  EXPECT_EQ(letters[0].key, "k");
  EXPECT_EQ(letters[0].partition, 1);
  EXPECT_EQ(letters[0].header("trace_id"), "t-1");
  EXPECT_EQ(letters[0].header("dlq.topic"), in_);
  EXPECT_EQ(letters[0].header("dlq.partition"), "1");
  EXPECT_EQ(letters[0].header("dlq.offset"), "10");
  EXPECT_FALSE(letters[0].header("dlq.timestamp").empty());
  EXPECT_EQ(letters[0].header("dlq.group"), settings().group_id);
  EXPECT_EQ(letters[0].header("dlq.reason"), "processing_failed");
  EXPECT_EQ(letters[0].header("dlq.message"), "it cannot be swallowed");
}

TEST_P(StageTurnsTest, AMessageThatWorksAtALaterTryIsNoDeadLetter) {
  send_numbers(in_, 2, 0, 10);
  std::atomic<int> tries{0};
  RunningStage stage(settings(), [&](const kafka::Record& message, const RunningStage::Send& send) {
    if (message.value == "4" && ++tries <= 3) throw std::runtime_error("not yet");
    send(out_, message.value.value_or(""));
  });
  EXPECT_TRUE(every_number_once(values_in(bootstrap(), out_, 10), 10));
  stage.finish();
  EXPECT_FALSE(topic_exists(bootstrap(), in_ + ".dlq"));
}

TEST_P(StageTurnsTest, WhatNeedsSomethingThatIsAwayWaitsForItAndIsNoDeadLetter) {
  send_numbers(in_, 2, 0, 50);
  std::atomic<bool> there{false};
  std::atomic<int> tries{0};
  RunningStage stage(settings(), [&](const kafka::Record& message, const RunningStage::Send& send) {
    if (message.value == "30" && !there && ++tries > 0) throw kafka::TryLater("the model is loading");
    send(out_, message.value.value_or(""));
  });
  ASSERT_TRUE(await(seconds(20), [&] { return tries > settings().retries + 1; })) << tries;
  there = true;
  EXPECT_TRUE(every_number_once(values_in(bootstrap(), out_, 50), 50));
  stage.finish();
  EXPECT_FALSE(topic_exists(bootstrap(), in_ + ".dlq"));
}

TEST_P(StageTurnsTest, AnOutputThatNoBrokerTakesMakesItsMessageADeadLetterAndNoOther) {
  // One partition, so that it travels with others, which the brokers refuse along with it.
  const std::string narrow = prefix() + ".narrow";
  create_topic_with(bootstrap(), narrow, {{"max.message.bytes", "10000"}});
  send_numbers(in_, 2, 0, 10);
  RunningStage stage(settings(), [&](const kafka::Record& message, const RunningStage::Send& send) {
    send(narrow, message.value == "3" ? incompressible(50'000) : message.value.value_or(""));
  });
  EXPECT_TRUE(caught_up(in_, 2, settings().group_id));
  stage.finish();
  const auto values = values_in(bootstrap(), narrow, 9);
  EXPECT_EQ(values.size(), 9U);
  EXPECT_EQ(values.count("3"), 0U);
  const auto letters = read_topic(bootstrap(), in_ + ".dlq", 2, seconds(5));
  ASSERT_EQ(letters.size(), 1U);
  EXPECT_EQ(letters[0].value, "3");
  EXPECT_EQ(letters[0].header("dlq.reason"), "output_refused");
  EXPECT_THAT(letters[0].header("dlq.message"), HasSubstr(narrow));
}

TEST_P(StageTurnsTest, StoppingFinishesTheMessageAtHandAndCommitsWhatIsDone) {
  send_numbers(in_, 2, 0, 2'000);
  std::atomic<int> processed{0};
  RunningStage stage(settings(), [&](const kafka::Record& message, const RunningStage::Send& send) {
    std::this_thread::sleep_for(milliseconds(20));  // a stage that works slowly, so that a turn is under way
    send(out_, message.value.value_or(""));
    ++processed;
  });
  ASSERT_TRUE(await(seconds(30), [&] { return processed > 130; }));
  EXPECT_LT(stage.finish(), seconds(10));
  const auto committed = committed_in_kafka(bootstrap(), settings().group_id, in_, 2);
  EXPECT_EQ(std::max<std::int64_t>(committed[0], 0) + std::max<std::int64_t>(committed[1], 0), processed);
  EXPECT_EQ(read_topic(bootstrap(), out_, static_cast<std::size_t>(processed) + 1, seconds(3)).size(),
            static_cast<std::size_t>(processed));

  RunningStage next(settings(), forward());
  EXPECT_TRUE(caught_up(in_, 2, settings().group_id));
  EXPECT_TRUE(every_number_once(values_in(bootstrap(), out_, 2'000), 2'000));
}

TEST_P(StageTurnsTest, TwoGroupsEachGetAll) {
  const std::string other_out = new_topic("other-out", 1);
  kafka::StageSettings other = settings();
  other.group_id += "-other";
  other.service_name += "-other";
  RunningStage one(settings(), forward());
  RunningStage two(other, [&](const kafka::Record& message, const RunningStage::Send& send) {
    send(other_out, message.value.value_or(""));
  });
  send_numbers(in_, 2, 0, 500);
  EXPECT_TRUE(every_number_once(values_in(bootstrap(), out_, 500), 500));
  EXPECT_TRUE(every_number_once(values_in(bootstrap(), other_out, 500), 500));
}

TEST_P(StageTurnsTest, MembersOfAGroupShareTheMessages) {
  std::atomic<int> by_one{0};
  std::atomic<int> by_other{0};
  const auto counting = [this](std::atomic<int>& count) {
    return [this, &count](const kafka::Record& message, const RunningStage::Send& send) {
      ++count;
      send(out_, message.value.value_or(""));
    };
  };
  kafka::StageSettings second = settings();
  second.instance = "two";
  RunningStage one(settings(), counting(by_one));
  RunningStage other(second, counting(by_other));
  int sent = 0;
  ASSERT_TRUE(await(seconds(60),
                    [&] {
                      send_numbers(in_, 2, sent, sent + 20);
                      sent += 20;
                      return by_one > 0 && by_other > 0;
                    }))
      << by_one << " and " << by_other;
  EXPECT_TRUE(caught_up(in_, 2, settings().group_id));
  EXPECT_TRUE(every_number_once(values_in(bootstrap(), out_, static_cast<std::size_t>(sent)), sent));
}

INSTANTIATE_TEST_SUITE_P(Modes, StageTurnsTest, ::testing::Bool(), [](const auto& mode) {
  return mode.param ? std::string("ExactlyOnce") : std::string("AtLeastOnce");
});

using StageTransactionsTest = StageTest;

TEST_F(StageTransactionsTest, AnotherReplicaOfTheSameNameShutsTheFirstOut) {
  const std::string in = new_topic("in", 2);
  const std::string out = new_topic("out", 1);
  kafka::StageSettings settings = stage_settings(in);
  settings.exactly_once = true;
  const auto forward = [&](const kafka::Record& message, const RunningStage::Send& send) {
    send(out, message.value.value_or(""));
  };
  RunningStage first(settings, forward);
  send_numbers(in, 2, 0, 10);
  ASSERT_TRUE(caught_up(in, 2, settings.group_id));
  RunningStage second(settings, forward);
  int sent = 10;
  std::optional<std::string> failure;
  ASSERT_TRUE(await(seconds(60), [&] {
    send_numbers(in, 2, sent, sent + 2);
    sent += 2;
    failure = first.await_failure(milliseconds(100));
    return failure.has_value();
  }));
  EXPECT_THAT(*failure, HasSubstr("exactly once cannot go on"));
  EXPECT_FALSE(second.ended());
  EXPECT_TRUE(caught_up(in, 2, settings.group_id));
  EXPECT_TRUE(every_number_once(values_in(bootstrap(), out, static_cast<std::size_t>(sent)), sent));
}

TEST_F(StageTransactionsTest, WhatAnotherTransactionAbortedIsNotProcessed) {
  const std::string in = new_topic("in", 1);
  const std::string out = new_topic("out", 1);
  kafka::StageSettings settings = stage_settings(in);
  settings.exactly_once = true;
  const auto numbers = [](int from, int to) {
    std::vector<TestRecord> records;
    for (int number = from; number < to; ++number) {
      records.push_back({.value = std::to_string(number), .key = {}, .partition = 0, .headers = {}});
    }
    return records;
  };
  kafka().produce_transaction(in, numbers(0, 10), true);
  kafka().produce_transaction(in, numbers(100, 110), false);
  kafka().produce_transaction(in, numbers(10, 20), true);
  RunningStage stage(settings, [&](const kafka::Record& message, const RunningStage::Send& send) {
    send(out, message.value.value_or(""));
  });
  EXPECT_TRUE(every_number_once(values_in(bootstrap(), out, 20), 20));
}

}  // namespace
}  // namespace loom::testing
