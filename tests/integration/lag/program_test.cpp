// The lag command beside the running program.
#include <fmt/format.h>
#include <gmock/gmock.h>
#include <simdjson.h>

#include <csignal>
#include <sstream>

#include "support/service_test.h"

namespace loom::testing {
namespace {

using ::testing::ContainsRegex;
using ::testing::HasSubstr;
using ::testing::Not;

class LagProgramTest : public ServiceTest {
 protected:
  LagProgramTest() : topic_(new_topic("numbers", 2)) {
    map(numbered_mapping(topic_, "numbers"));
    database().run(numbered_table("numbers"));
  }

  /// `lag --watch --json`, until the test ends.
  ServiceProcess& watch() {
    watch_ = std::make_unique<ServiceProcess>(LOOM_PROGRAM, std::vector<std::string>{"lag", "--watch", "--json"},
                                              environment(), folder().path_of("watch.log"));
    watch_->start();
    return *watch_;
  }
  /// A partition's state in the last whole line that it wrote.
  [[nodiscard]] std::string state() const {
    const std::string all = watch_->log();
    const auto end = all.rfind('\n');
    if (end == std::string::npos) return "";
    const auto begin = all.rfind('\n', end - 1);
    const std::string line = all.substr(begin == std::string::npos ? 0 : begin + 1, end - (begin + 1));
    simdjson::dom::parser parser;
    simdjson::dom::element root;
    std::string_view state;
    if (parser.parse(line).get(root) != simdjson::SUCCESS) return "";
    if (root["state"].get(state) != simdjson::SUCCESS) return "";
    return std::string(state);
  }
  void TearDown() override {
    if (HasFailure() && watch_) fmt::print(stderr, "{}\n", watch_->log());
    ServiceTest::TearDown();
  }

  std::string topic_;
  std::unique_ptr<ServiceProcess> watch_;
};

TEST_F(LagProgramTest, AFrozenReplicaStalls) {
  auto& service = start({{"LOOM_RDKAFKA_SESSION_TIMEOUT_MS", "120000"}});
  send_numbered(topic_, 0, 100);
  ASSERT_TRUE(drained(topic_));
  watch();
  EXPECT_TRUE(await(seconds(30), [&] { return state() == "ok"; }));
  service.send(SIGSTOP);
  send_numbered(topic_, 100, 200);
  EXPECT_TRUE(await(seconds(60), [&] { return state() == "stall"; }));
  service.send(SIGCONT);
  EXPECT_TRUE(await(seconds(60), [&] { return state() == "ok"; }));
  EXPECT_TRUE(every_one_once("numbers", 200));
}

TEST_F(LagProgramTest, AKilledReplicaStops) {
  auto& service = start();
  send_numbered(topic_, 0, 100);
  ASSERT_TRUE(drained(topic_));
  service.kill9();
  send_numbered(topic_, 100, 200);
  watch();
  EXPECT_TRUE(await(seconds(60), [&] { return state() == "stop"; }));
  const auto end = watch_->terminate();
  ASSERT_TRUE(end.has_value());
  EXPECT_EQ(end->exit_code, 0);
}

TEST_F(LagProgramTest, TheCommandShowsATableOrALineOfJson) {
  start();
  send_numbered(topic_, 0, 100);
  ASSERT_TRUE(drained(topic_));
  const CommandResult table = command({"lag"});
  EXPECT_EQ(table.exit_code, 0) << table.err;
  EXPECT_THAT(table.out, HasSubstr("BEHIND"));
  EXPECT_THAT(table.out, ContainsRegex(topic_ + " +0 +50 +50 +0 +0.0s +ok"));
  EXPECT_THAT(table.out, Not(HasSubstr("\x1b"))) << "not to a terminal";
  const CommandResult json = command({"lag", "--json"});
  EXPECT_EQ(json.exit_code, 0) << json.err;
  simdjson::dom::parser parser;
  simdjson::dom::element root;
  ASSERT_EQ(parser.parse(json.out).get(root), simdjson::SUCCESS) << json.out;
  EXPECT_EQ(int64_t(root["total_lag"]), 0);
  EXPECT_EQ(std::string_view(root["partitions"].at(0)["from"]), "database");
}

}  // namespace
}  // namespace loom::testing
