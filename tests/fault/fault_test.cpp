#include "fault_test.h"

#include <unistd.h>

#include <algorithm>
#include <cstdio>
#include <cstdlib>
#include <iostream>
#include <limits>
#include <regex>
#include <sstream>
#include <stdexcept>
#include <thread>

namespace loom::testing {

namespace {

constexpr std::chrono::milliseconds kLookEvery{20};

/// Room for the WAL of the seconds in which nobody writes it.
std::vector<std::string> roomy() { return {"wal_buffers=64MB", "shared_buffers=256MB", "max_wal_size=4GB"}; }

std::string environment_value(const char* name) {
  const char* given = std::getenv(name);
  return given == nullptr ? "" : given;
}

unsigned seed_of_the_day() {
  const std::string given = environment_value("LOOM_FAULT_SEED");
  return given.empty() ? std::random_device()() : static_cast<unsigned>(std::stoul(given));
}

std::string name_of_test() {
  const auto* info = ::testing::UnitTest::GetInstance()->current_test_info();
  return info == nullptr ? "" : std::string(info->test_suite_name()) + "." + info->name();
}

}  // namespace

FaultTest::FaultTest(KafkaServer& kafka, Database database, std::int32_t partitions)
    : ServiceTest(database == Database::own ? std::make_unique<PostgresServer>(roomy()) : nullptr, kafka),
      topic_(new_topic("numbers", partitions)),
      seed_(seed_of_the_day()) {
  prepare();
}

FaultTest::FaultTest(KafkaServer& kafka, const ServerAt& server, std::int32_t partitions)
    : ServiceTest(server, kafka), topic_(new_topic("numbers", partitions)), seed_(seed_of_the_day()) {
  prepare();
}

void FaultTest::prepare() {
  random_.seed(seed_);
  std::cout << "LOOM_FAULT_SEED=" << seed_ << std::endl;
  RecordProperty("LOOM_FAULT_SEED", std::to_string(seed_));
  map(numbered_mapping(topic_, "numbers"));
  database().run(numbered_table("numbers", bad_numbered_check()));
}

void FaultTest::TearDown() {
  if (HasFailure() && !recorded_) record(name_of_test(), 0);
  ServiceTest::TearDown();
}

// ---- How much

bool FaultTest::long_run() { return environment_value("LOOM_FAULT_LONG") == "1"; }

void FaultTest::pass(milliseconds time) const { std::this_thread::sleep_for(time); }

// ---- Replicas

ServiceProcess& FaultTest::start_with_name() { return start({{"LOOM_RDKAFKA_GROUP_INSTANCE_ID", prefix()}}); }

ServiceProcess& FaultTest::start_with_failpoints(const Environment& more, const std::string& name) {
  const std::string order = folder().path_of("order-" + std::to_string(orders_.size() + 1));
  Environment all = environment(more);
  all["FAULT_AT"] = order;
  all["FAULT_LOG"] = folder().path_of("fired");
  if (!name.empty()) all["LOOM_RDKAFKA_GROUP_INSTANCE_ID"] = prefix() + "-" + name;
  ServiceProcess& service = start_program(LOOM_PROGRAM_WITH_FAILPOINTS, all);
  orders_[&service] = order;
  return service;
}

void FaultTest::arm(const ServiceProcess& service, std::string_view point, int nth, std::string_view action) {
  const std::string& order = orders_.at(&service);
  std::ostringstream text;
  text << point << ':' << nth << ':' << action << '\n';
  // Renamed into place, so that it is never read by halves.
  const std::string written = folder().write("order", text.str());
  if (std::rename(written.c_str(), order.c_str()) != 0) throw std::runtime_error("cannot write " + order);
  EXPECT_TRUE(await(
      seconds(20), [&] { return access(order.c_str(), F_OK) != 0; }, milliseconds(1)))
      << "process " << service.pid() << " does not take its order";
}

int FaultTest::fired(std::string_view point) const {
  std::istringstream lines(read_text(folder().path_of("fired")));
  int times = 0;
  std::string name;
  pid_t process = 0;
  while (lines >> name >> process) times += name == point ? 1 : 0;
  return times;
}

::testing::AssertionResult FaultTest::killed(ServiceProcess& service, seconds within) const {
  const auto end = service.await_end(within);
  if (!end) return ::testing::AssertionFailure() << "process " << service.pid() << " still runs";
  if (end->signal == SIGKILL) return ::testing::AssertionSuccess();
  return ::testing::AssertionFailure() << "process " << service.pid() << " ended by itself, exit code "
                                       << end->exit_code.value_or(-1);
}

::testing::AssertionResult FaultTest::frozen(const ServiceProcess& service, seconds within) {
  const std::string path = "/proc/" + std::to_string(service.pid()) + "/stat";
  const auto stopped = [&] {
    const std::string stat = read_text(path);
    const std::size_t name_end = stat.rfind(')');
    return name_end != std::string::npos && stat.compare(name_end, 3, ") T") == 0;
  };
  if (await(within, stopped, milliseconds(5))) return ::testing::AssertionSuccess();
  return ::testing::AssertionFailure() << "process " << service.pid() << " is not stopped";
}

void FaultTest::stop_in_order(ServiceProcess& service, int signal) {
  service.send(signal);
  const auto end = service.await_end(seconds(10));
  EXPECT_TRUE(end.has_value()) << "process " << service.pid() << " did not leave within 10 s";
  if (end) {
    EXPECT_EQ(end->exit_code, 0) << "signal " << end->signal.value_or(0);
  } else {
    service.kill9();
  }
}

std::int64_t FaultTest::refused_as_stale(const ServiceProcess& service) {
  constexpr std::string_view kRefused = " refused as stale";
  const std::string log = service.log();
  std::int64_t all = 0;
  for (std::size_t at = log.find(kRefused); at != std::string::npos; at = log.find(kRefused, at + 1)) {
    const std::size_t number = log.rfind(' ', at - 1) + 1;
    all += std::stoll(log.substr(number, at - number));
  }
  return all;
}

bool FaultTest::await_partitions(const ServiceProcess& replica, std::size_t from) {
  static const std::regex kAssigned("[1-9]\\d* partitions? assigned");
  return await(seconds(30), [&] {
    const std::string log = replica.log();
    return std::regex_search(log.begin() + static_cast<std::ptrdiff_t>(std::min(from, log.size())), log.end(),
                             kAssigned);
  });
}

// ---- Faults

std::int64_t FaultTest::kill_and_start(ServiceProcess& service) {
  const std::int64_t messages = stored();
  const pid_t before = service.pid();
  EXPECT_TRUE(service.running()) << "it ended by itself";
  const ProcessEnd end = service.kill9();
  EXPECT_EQ(end.signal, SIGKILL);
  service.start();
  EXPECT_NE(service.pid(), before);
  return messages;
}

std::int64_t FaultTest::kill_and_start_database(milliseconds away) {
  // Without synchronous_commit a commit waits for nothing; what the WAL writer has not written by then dies with the
  // server. Stopped, it makes sure that there is such a commit: what is written survives a process.
  const pid_t wal_writer =
      std::stoi(database().value("SELECT pid FROM pg_stat_activity WHERE backend_type = 'walwriter'"));
  kill(wal_writer, SIGSTOP);
  pass(milliseconds(700));
  const std::int64_t before = stored();
  own_server_->kill9();
  pass(away);
  own_server_->restart();
  const std::int64_t after = stored();
  std::cout << "PostgreSQL killed at " << before << " messages, back with " << after << std::endl;
  return std::max<std::int64_t>(0, before - after);
}

void FaultTest::kill_and_start_broker(milliseconds away) {
  kafka().kill9();
  pass(away);
  kafka().restart();
  std::cout << "the broker was killed and is back" << std::endl;
}

// ---- What was seen

std::int64_t FaultTest::stored() const {
  // Without rows, and without the table before the first start: nothing.
  if (database().value("SELECT to_regclass('kafka_consumer_offsets')") == "NULL") return 0;
  return std::stoll(database().value("SELECT coalesce(sum(next_offset), 0) FROM kafka_consumer_offsets"));
}

bool FaultTest::await_stored(std::int64_t messages, seconds within) const {
  return await(
      within,
      [&] {
        try {
          return stored() >= messages;
        } catch (const std::runtime_error&) {
          return false;  // the server may be away
        }
      },
      kLookEvery);
}

FaultTest::milliseconds FaultTest::recovery(const Flow& flow, seconds within) {
  recoveries_.push_back(await_all_partitions(flow, within));
  return recoveries_.back();
}

FaultTest::milliseconds FaultTest::await_all_partitions(const Flow& flow, seconds within) {
  using Clock = std::chrono::steady_clock;
  const auto begin = Clock::now();
  EXPECT_TRUE(flow.flowing()) << "nothing flows any more that could show a recovery";
  std::vector<std::int64_t> ends;
  std::vector<std::int64_t> now;
  const bool done = await(
      within,
      [&] {
        try {
          if (ends.empty()) ends = log_ends(topic_);
          now = stored_offsets(topic_);
        } catch (const std::runtime_error&) {
          return false;
        }
        for (std::size_t i = 0; i < ends.size(); ++i) {
          if (now[i] <= ends[i]) return false;
        }
        return true;
      },
      kLookEvery);
  const auto took = std::chrono::duration_cast<milliseconds>(Clock::now() - begin);
  std::ostringstream still;
  for (std::size_t i = 0; !done && i < std::min(ends.size(), now.size()); ++i) {
    if (now[i] <= ends[i]) still << " partition " << i << " at " << now[i] << ", wanted past " << ends[i] << ';';
  }
  EXPECT_TRUE(done) << "no recovery within " << within.count() << " s:" << still.str();
  return took;
}

void FaultTest::settle(Flow& flow, seconds within) {
  if (flow.settings().to == std::numeric_limits<std::int64_t>::max()) {
    EXPECT_TRUE(flow.flowing()) << "messages stopped before the faults did";
    flow.stop();
  } else {
    flow.finish();
  }
  const std::int64_t expected = flow.settings().from + flow.sent();
  EXPECT_TRUE(drained(topic_, within));
  verdict_ = judge(database(), "numbers", expected, flow.settings().bad_every);
  EXPECT_TRUE(verdict_.clean()) << verdict_.describe();
  EXPECT_EQ(count("kafka_dead_letters"), verdict_.bad);
}

void FaultTest::settle(Flow& flow, std::int64_t expected) {
  settle(flow);
  EXPECT_EQ(verdict_.expected, expected);
}

void FaultTest::judge_sent(std::int64_t sent, std::int64_t taken) {
  verdict_ = judge(database(), "numbers", sent);
  EXPECT_EQ(verdict_.missing, taken) << verdict_.describe();
  EXPECT_EQ(verdict_.twice + verdict_.foreign + verdict_.wrong, 0) << verdict_.describe();
  EXPECT_EQ(count("kafka_dead_letters"), 0);
  verdict_.missing -= taken;
}

void FaultTest::judge_also(const std::string& table, std::int64_t sent) {
  const Verdict more = judge(database(), table, sent);
  EXPECT_TRUE(more.clean()) << table << ": " << more.describe();
  verdict_.expected += more.expected;
  verdict_.rows += more.rows;
  verdict_.missing += more.missing;
  verdict_.twice += more.twice;
  verdict_.foreign += more.foreign;
  verdict_.wrong += more.wrong;
}

void FaultTest::record(const std::string& fault, int injected, const std::string& note) {
  using Clock = std::chrono::steady_clock;
  recorded_ = true;
  const FaultRecord line{.fault = fault,
                         .test = name_of_test(),
                         .passed = !HasFailure(),
                         .long_run = long_run(),
                         .injected = injected,
                         .verdict = verdict_,
                         .recoveries = std::exchange(recoveries_, {}),
                         .seed = seed_,
                         .lasted = std::chrono::duration_cast<seconds>(Clock::now() - begin_),
                         .note = note};
  std::cout << to_json(line) << std::endl;
  report(line);
}

}  // namespace loom::testing
