#include "outage_test.h"

#include <algorithm>
#include <functional>
#include <iostream>
#include <stdexcept>

namespace loom::testing {

namespace {

constexpr std::int64_t kUnderWay = 2'000;
const std::vector<unsigned> kEvenly{1, 1, 1, 1, 1, 1};

}  // namespace

void OutageTest::begin(double rate, const Environment& more) {
  if (service_ == nullptr) {
    service_ = &start(more);
    process_ = service_->pid();
  }
  flow_.emplace(bootstrap(), topic_, Flow::Settings{.from = next_number_, .rate = rate, .shares = kEvenly});
  ASSERT_TRUE(await_stored(next_number_ + kUnderWay)) << "nothing is stored even without a fault";
}

Environment OutageTest::through(TcpProxy& database_link) const {
  database_link.forward_to(own_server_->address());
  // Of a name that is there twice libpq takes the last.
  return {{"LOOM_DATABASE_URL", database().url() + " port=" + std::to_string(database_link.port())}};
}

OutageTest::milliseconds OutageTest::resumes(milliseconds limit) {
  using Clock = std::chrono::steady_clock;
  const auto begin = Clock::now();
  std::vector<std::int64_t> before;
  const bool done = await(std::max(limit, milliseconds(60'000)), [&] {
    try {
      if (before.empty()) before = stored_offsets(topic_);
      const std::vector<std::int64_t> now = stored_offsets(topic_);
      return std::equal(now.begin(), now.end(), before.begin(), std::greater<>());
    } catch (const std::runtime_error&) {
      return false;
    }
  });
  const auto took = std::chrono::duration_cast<milliseconds>(Clock::now() - begin);
  EXPECT_TRUE(done) << "it does not go on";
  EXPECT_LE(took.count(), limit.count()) << "it went on late";
  std::cout << "went on after " << took.count() << " ms" << std::endl;
  recovered_in(took);
  return took;
}

bool OutageTest::await_log(const std::string& text, std::size_t from, seconds within) {
  return await(within, [&] { return service_->log().find(text, from) != std::string::npos; });
}

void OutageTest::finish(const std::string& fault, int injected, const std::string& note) {
  settle(*flow_, rounds(seconds(60), seconds(600)));
  next_number_ = flow_->settings().from + flow_->sent();
  flow_.reset();
  EXPECT_TRUE(service_->running());
  EXPECT_EQ(service_->pid(), process_);
  record(fault, injected, note);
}

}  // namespace loom::testing
