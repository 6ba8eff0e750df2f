#include "stage_test.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

namespace loom::testing {

RunningStage::RunningStage(kafka::StageSettings settings, Work work)
    : BaseKafkaConsumer(std::move(settings)), work_(std::move(work)) {
  thread_ = std::thread([this] {
    try {
      run();
    } catch (...) {
      failure_ = std::current_exception();
    }
    ended_ = true;
  });
}

RunningStage::~RunningStage() {
  stop();
  if (thread_.joinable()) thread_.join();
}

std::chrono::milliseconds RunningStage::finish() {
  const auto start = std::chrono::steady_clock::now();
  stop();
  if (thread_.joinable()) thread_.join();
  if (failure_) std::rethrow_exception(failure_);
  return std::chrono::duration_cast<std::chrono::milliseconds>(std::chrono::steady_clock::now() - start);
}

std::optional<std::string> RunningStage::await_failure(std::chrono::milliseconds within) {
  if (!await(within, [&] { return ended(); })) return std::nullopt;
  if (thread_.joinable()) thread_.join();
  if (!failure_) return "";
  try {
    std::rethrow_exception(failure_);
  } catch (const std::exception& error) {
    return error.what();
  }
}

void RunningStage::process_message(const kafka::Record& message) {
  work_(message, [this](const std::string& topic, const std::string& value) { send_to_topic(topic, value); });
}

kafka::StageSettings StageTest::stage_settings(const std::string& input) const {
  kafka::StageSettings settings;
  settings.service_name = prefix() + "-stage";
  settings.group_id = group() + "-stage";
  settings.topics = {input};
  settings.bootstrap_servers = bootstrap();
  settings.instance = "one";
  settings.retry_first = milliseconds(10);
  settings.rdkafka = {{"session.timeout.ms", "6000"}, {"heartbeat.interval.ms", "500"}};
  return settings;
}

Environment StageTest::stage_environment(const Environment& more) const {
  Environment all{{"LOOM_DATABASE_URL", database().url()},     {"LOOM_KAFKA_BOOTSTRAP_SERVERS", bootstrap()},
                  {"LOOM_KAFKA_GROUP_ID", group() + "-stage"}, {"LOOM_STAGE_INSTANCE", "one"},
                  {"LOOM_RDKAFKA_SESSION_TIMEOUT_MS", "6000"}, {"LOOM_RDKAFKA_HEARTBEAT_INTERVAL_MS", "500"}};
  for (const auto& [name, value] : more) all[name] = value;
  return all;
}

void StageTest::send_numbers(const std::string& topic, std::int32_t partitions, int from, int to) {
  for (int number = from; number < to; ++number) {
    producer().send(topic,
                    {.value = std::to_string(number), .key = {}, .partition = number % partitions, .headers = {}});
  }
  producer().flush();
}

::testing::AssertionResult StageTest::caught_up(const std::string& topic, std::int32_t partitions,
                                                const std::string& of_group, seconds within) {
  std::vector<std::int64_t> committed;
  const std::vector<std::int64_t> ends = log_ends(topic);
  const bool done = await(
      within,
      [&] {
        committed = committed_in_kafka(bootstrap(), of_group, topic, partitions);
        return committed == ends;
      },
      milliseconds(100));
  if (done) return ::testing::AssertionSuccess();
  return ::testing::AssertionFailure() << of_group << " has committed ["
                                       << fmt::format("{}", fmt::join(committed, ", ")) << "] of ["
                                       << fmt::format("{}", fmt::join(ends, ", ")) << "] in " << topic;
}

std::map<std::string, int> values_in(const std::string& bootstrap, const std::string& topic, std::size_t expected) {
  std::map<std::string, int> values;
  std::vector<ReadRecord> records = read_topic(bootstrap, topic, expected, std::chrono::seconds(40));
  // What there is too much of shall be seen as well.
  for (int within = 2; records.size() == expected && within <= 8; within *= 2) {
    const auto all = read_topic(bootstrap, topic, 2 * expected + 1'000, std::chrono::seconds(within));
    if (all.size() < expected) continue;  // a slow machine: give it longer
    records = all;
    break;
  }
  for (const ReadRecord& record : records) ++values[record.value.value_or("(none)")];
  return values;
}

namespace {

::testing::AssertionResult judged(const std::map<std::string, int>& values, int expected, bool once) {
  std::vector<std::string> missing;
  std::vector<std::string> twice;
  int more = 0;
  for (int number = 0; number < expected; ++number) {
    const auto found = values.find(std::to_string(number));
    if (found == values.end()) {
      missing.push_back(std::to_string(number));
    } else if (found->second > 1) {
      more += found->second - 1;
      twice.push_back(std::to_string(number));
    }
  }
  const bool foreign = values.size() + missing.size() != static_cast<std::size_t>(expected);
  if (missing.empty() && !foreign && (!once || twice.empty())) {
    return ::testing::AssertionSuccess() << more << " repeated";
  }
  constexpr std::size_t kShown = 10;
  const std::string first_missing = fmt::format(
      "{}", fmt::join(missing.begin(), missing.begin() + static_cast<long>(std::min(kShown, missing.size())), ", "));
  const std::string first_twice = fmt::format(
      "{}", fmt::join(twice.begin(), twice.begin() + static_cast<long>(std::min(kShown, twice.size())), ", "));
  return ::testing::AssertionFailure() << missing.size() << " missing (" << first_missing << "), " << twice.size()
                                       << " more than once (" << first_twice << ")"
                                       << (foreign ? ", some that nobody sent" : "");
}

}  // namespace

::testing::AssertionResult every_number_once(const std::map<std::string, int>& values, int expected) {
  return judged(values, expected, true);
}

::testing::AssertionResult every_number(const std::map<std::string, int>& values, int expected) {
  return judged(values, expected, false);
}

}  // namespace loom::testing
