// Replicas of a stage that are killed and frozen while messages flow: the example, so a program like any user's.
#include <fmt/format.h>

#include <iostream>

#include "stage_test.h"

namespace loom::testing {
namespace {

constexpr std::int32_t kPartitions = 6;

/// A place that the one region holds; the number is its trace.
std::string address(int number) {
  return fmt::format(R"({{"trace_id": "{}", "device_id": "d{}", "timestamp": "2025-06-01T12:00:00Z",)"
                     R"( "data": {{"latitude": 1, "longitude": 1}}}})",
                     number, number % 7);
}

/// Addresses that flow into a topic, from a thread of their own.
class Addresses {
 public:
  Addresses(std::string bootstrap, std::string topic) : bootstrap_(std::move(bootstrap)), topic_(std::move(topic)) {
    thread_ = std::thread([this] { run(); });
  }
  ~Addresses() { stop(); }
  Addresses(const Addresses&) = delete;
  Addresses& operator=(const Addresses&) = delete;

  [[nodiscard]] int sent() const { return sent_; }
  /// No more; how many there are.
  int stop() {
    stopping_ = true;
    if (thread_.joinable()) thread_.join();
    return sent_;
  }

 private:
  void run() {
    TestProducer producer(bootstrap_);
    auto next = std::chrono::steady_clock::now();
    while (!stopping_) {
      for (int i = 0; i < 20; ++i) {
        const int number = sent_;
        producer.send(topic_, {.value = address(number), .key = {}, .partition = number % kPartitions, .headers = {}});
        ++sent_;
      }
      next += std::chrono::milliseconds(20);
      std::this_thread::sleep_until(next);
    }
    producer.flush();
  }

  const std::string bootstrap_;
  const std::string topic_;
  std::atomic<int> sent_{0};
  std::atomic<bool> stopping_{false};
  std::thread thread_;
};

class KilledStageTest : public StageTest {
 protected:
  KilledStageTest() : in_(new_topic("in", kPartitions)), out_(new_topic("out", kPartitions)) {
    database().run_file(LOOM_SOURCE_DIR "/examples/georegion-detector/georegions.sql");
    database().run("INSERT INTO georegions VALUES ('all', 'Everywhere', 'earth', 0, 0, 30000000)");
    migrate();
  }

  ServiceProcess& start_replica(const std::string& name, bool exactly_once) {
    return start_program(LOOM_GEOREGION_DETECTOR,
                         stage_environment({{"GEOREGION_INPUT_TOPIC", in_},
                                            {"GEOREGION_OUTPUT_TOPIC", out_},
                                            {"LOOM_STAGE_INSTANCE", name},
                                            {"LOOM_STAGE_EXACTLY_ONCE", exactly_once ? "true" : "false"}}));
  }
  std::string stage_group() const { return group() + "-stage"; }
  std::int64_t committed() const {
    std::int64_t sum = 0;
    for (const std::int64_t offset : committed_in_kafka(bootstrap(), stage_group(), in_, kPartitions)) {
      sum += std::max<std::int64_t>(offset, 0);
    }
    return sum;
  }
  /// Waits until they have done so many more.
  bool await_progress(std::int64_t more) const {
    const std::int64_t from = committed();
    return await(
        seconds(60), [&] { return committed() >= from + more; }, milliseconds(100));
  }
  /// Waits until what was sent up to now is done, in every partition.
  ::testing::AssertionResult caught_up_with(const Addresses& flow) {
    const int sent = flow.sent();
    std::vector<std::int64_t> offsets;
    const bool done = await(
        seconds(60),
        [&] {
          offsets = committed_in_kafka(bootstrap(), stage_group(), in_, kPartitions);
          return std::all_of(offsets.begin(), offsets.end(), [&](std::int64_t at) { return at >= sent / kPartitions; });
        },
        milliseconds(100));
    if (done) return ::testing::AssertionSuccess();
    return ::testing::AssertionFailure() << ::testing::PrintToString(offsets) << " of " << sent;
  }
  /// How often each message's output is there, once so many are; and a moment for more.
  std::map<std::string, int> traces(int expected) const {
    std::map<std::string, int> found;
    const auto count = static_cast<std::size_t>(expected);
    // A replica that was killed amid a transaction holds up the readers behind it until the brokers end it: after 30 s,
    // and they look for such every 10 s.
    auto records = read_topic(bootstrap(), out_, count, seconds(60));
    if (auto all = read_topic(bootstrap(), out_, 2 * count, seconds(8)); all.size() > records.size()) {
      records = std::move(all);
    }
    for (const auto& record : records) {
      const std::string& json = record.value.value_or("");
      constexpr std::string_view kField = R"("trace_id":")";
      const std::size_t at = json.find(kField) + kField.size();
      ++found[json.substr(at, json.find('"', at) - at)];
    }
    return found;
  }

  const std::string in_;
  const std::string out_;
};

TEST_F(KilledStageTest, ExactlyOnceOneOfThreeIsKilledAndEveryOutputIsThereOnce) {
  auto& one = start_replica("one", true);
  auto& two = start_replica("two", true);
  auto& three = start_replica("three", true);
  Addresses flow(bootstrap(), in_);
  ASSERT_TRUE(await_progress(1'000)) << one.log();
  for (int round = 0; round < 3; ++round) {
    two.kill9();
    ASSERT_TRUE(await_progress(500)) << one.log();
    two.start();
    ASSERT_TRUE(await_progress(500)) << one.log();
  }
  three.kill9();  // and never back
  ASSERT_TRUE(await_progress(3'000)) << one.log();
  const int sent = flow.stop();
  ASSERT_TRUE(caught_up(in_, kPartitions, stage_group(), seconds(90))) << one.log() << two.log();
  EXPECT_TRUE(every_number_once(traces(sent), sent)) << one.log() << two.log();
  std::cout << sent << " messages, 4 kills\n";
  EXPECT_EQ(one.terminate().value_or(ProcessEnd{}).exit_code, 0);
  EXPECT_EQ(two.terminate().value_or(ProcessEnd{}).exit_code, 0);
}

TEST_F(KilledStageTest, ExactlyOnceAFrozenReplicaThatWakesUpRepeatsNothing) {
  auto& one = start_replica("one", true);
  auto& two = start_replica("two", true);
  Addresses flow(bootstrap(), in_);
  ASSERT_TRUE(await_progress(1'000)) << one.log();
  for (int round = 0; round < 2; ++round) {
    two.send(SIGSTOP);
    // Its partitions, too: its session is over, and another one has them.
    ASSERT_TRUE(caught_up_with(flow)) << one.log();
    two.send(SIGCONT);
    ASSERT_TRUE(await_progress(1'500)) << one.log();
  }
  const int sent = flow.stop();
  ASSERT_TRUE(caught_up(in_, kPartitions, stage_group(), seconds(90))) << one.log() << two.log();
  EXPECT_TRUE(every_number_once(traces(sent), sent)) << one.log() << two.log();
  std::cout << sent << " messages\n";
}

TEST_F(KilledStageTest, AtLeastOnceOneOfThreeIsKilledAndNothingIsLost) {
  auto& one = start_replica("one", false);
  auto& two = start_replica("two", false);
  start_replica("three", false);
  Addresses flow(bootstrap(), in_);
  ASSERT_TRUE(await_progress(1'000)) << one.log();
  two.kill9();
  ASSERT_TRUE(await_progress(1'000)) << one.log();
  two.start();
  ASSERT_TRUE(await_progress(2'000)) << one.log();
  const int sent = flow.stop();
  ASSERT_TRUE(caught_up(in_, kPartitions, stage_group(), seconds(90))) << one.log() << two.log();
  const auto result = every_number(traces(sent), sent);
  EXPECT_TRUE(result);
  std::cout << sent << " messages, " << result.message() << '\n';
}

}  // namespace
}  // namespace loom::testing
