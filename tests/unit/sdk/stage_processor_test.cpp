#include <gmock/gmock.h>

#include <stdexcept>

#include "sdk/stage/processor.h"

namespace loom::kafka::stage {
namespace {

using std::chrono::hours;
using std::chrono::milliseconds;
using ::testing::Contains;
using ::testing::ElementsAre;
using ::testing::IsEmpty;
using ::testing::Optional;
using ::testing::Pair;

/// A processor whose work is the test's, and how often it was tried.
class StageProcessorTest : public ::testing::Test {
 protected:
  StageProcessorTest() {
    settings.retries = 2;
    settings.retry_first = settings.retry_cap = milliseconds(1);
  }

  std::optional<std::vector<Output>> process(Duration patience = hours(1)) {
    Record record;
    record.topic = "in";
    record.offset = 7;
    record.value = "value";
    return processor.process(record, "group", patience);
  }
  /// The topics that its outputs go to.
  std::optional<std::vector<std::string>> topics(Duration patience = hours(1)) {
    const auto outputs = process(patience);
    if (!outputs) return std::nullopt;
    std::vector<std::string> names;
    for (const Output& output : *outputs) names.push_back(output.topic);
    return names;
  }
  void send(const std::string& topic) { processor.send({.topic = topic, .value = "", .key = {}, .headers = {}}); }
  ProcessingMetrics metrics() { return tally.take("svc", std::chrono::steady_clock::now()); }

  StageSettings settings;
  Stop stop{Duration::zero()};  // overdue at once, but for a message
  Tally tally{std::chrono::steady_clock::now()};
  int tries = 0;
  std::function<void()> work = [] {};
  Processor processor{settings,
                      [this](const Record&) {
                        ++tries;
                        work();
                      },
                      stop, tally};
};

TEST_F(StageProcessorTest, OnlyWhatTheTryThatWorkedHasSentGoesOut) {
  work = [this] {
    send("try-" + std::to_string(tries));
    if (tries < 3) throw std::runtime_error("not yet");
  };
  EXPECT_THAT(topics(), Optional(ElementsAre("try-3")));
  const ProcessingMetrics told = metrics();
  EXPECT_EQ(told.messages_processed, 1);
  EXPECT_EQ(told.errors, 1);
}

TEST_F(StageProcessorTest, WhatOneMessageSentIsNotAnothers) {
  work = [this] { send("try-" + std::to_string(tries)); };
  EXPECT_THAT(topics(), Optional(ElementsAre("try-1")));
  EXPECT_THAT(topics(), Optional(ElementsAre("try-2")));
  EXPECT_EQ(metrics().errors, 0);
}

TEST_F(StageProcessorTest, AfterItsRetriesAMessageIsADeadLetterAndNothingThatItSentGoesOut) {
  work = [this] {
    send("out");
    throw std::runtime_error("never");
  };
  const auto outputs = process();
  ASSERT_TRUE(outputs && outputs->size() == 1);
  const Output& letter = outputs->front();
  EXPECT_TRUE(letter.dead_letter);
  EXPECT_EQ(letter.topic, "in.dlq");
  EXPECT_EQ(letter.value, "value");
  EXPECT_THAT(letter.headers, Contains(Pair("dlq.reason", "processing_failed")));
  EXPECT_THAT(letter.headers, Contains(Pair("dlq.group", "group")));
  EXPECT_THAT(letter.headers, Contains(Pair("dlq.message", "never")));
  EXPECT_EQ(tries, 3);
  EXPECT_EQ(metrics().errors, 1);
}

TEST_F(StageProcessorTest, TryLaterTakesNoRetries) {
  work = [this] {
    if (tries < 10) throw TryLater("the model is away");
    send("out");
  };
  EXPECT_THAT(topics(), Optional(ElementsAre("out")));
  EXPECT_EQ(tries, 10);
}

TEST_F(StageProcessorTest, WhatIsAwayForLongerThanThePatienceIsTakenAgain) {
  work = [this] {
    send("out");
    throw TryLater("the model is away");
  };
  EXPECT_EQ(process(Duration(-1)), std::nullopt);
  EXPECT_EQ(tries, 1);
  EXPECT_EQ(metrics().messages_processed, 0);

  work = [] {};
  EXPECT_THAT(topics(), Optional(IsEmpty())) << "nothing is left of the try before";
}

TEST_F(StageProcessorTest, TheEndIsNotHeldUpByPauses) {
  settings.retry_first = settings.retry_cap = hours(1);
  work = [this] {
    stop.request();
    throw std::runtime_error("not yet");
  };
  EXPECT_EQ(process(), std::nullopt);
  EXPECT_EQ(tries, 1);
}

TEST_F(StageProcessorTest, AMessageMayTakeLongerThanTheEndWaits) {
  bool overdue_meanwhile = true;
  work = [&] {
    stop.request();
    const TimePoint begin = std::chrono::steady_clock::now();
    while (std::chrono::steady_clock::now() == begin) std::this_thread::yield();
    overdue_meanwhile = stop.overdue();
  };
  EXPECT_TRUE(process());
  EXPECT_FALSE(overdue_meanwhile);
}

}  // namespace
}  // namespace loom::kafka::stage
