// What slow, many and stubborn clients cannot do to a server that others ask how the service is.
#include <gmock/gmock.h>

#include <algorithm>
#include <chrono>
#include <condition_variable>
#include <memory>
#include <mutex>
#include <string>
#include <vector>

#include "http/client.h"
#include "http/server.h"
#include "raw_client.h"

namespace loom::http {
namespace {

// Health is answered within this time whoever else is connected; a sanitizer makes everything slow.
#ifdef LOOM_SANITIZED
constexpr std::chrono::seconds kPatience{30};
#else
constexpr std::chrono::seconds kPatience{3};
#endif

using std::chrono::milliseconds;
using std::chrono::seconds;
using std::chrono::steady_clock;
using ::testing::HasSubstr;

constexpr std::size_t kHuge = 32'000'000;
constexpr const char* kAskLarge = "GET /large HTTP/1.1\r\nConnection: close\r\n\r\n";

/// A route that hangs until it is let go.
class Gate {
 public:
  void open() {
    const std::lock_guard lock(mutex_);
    open_ = true;
    changed_.notify_all();
  }
  Answer pass() {
    std::unique_lock lock(mutex_);
    ++inside_;
    changed_.notify_all();
    changed_.wait(lock, [this] { return open_; });
    return {200, "text/plain", "passed"};
  }
  void await_somebody() {
    std::unique_lock lock(mutex_);
    changed_.wait(lock, [this] { return inside_ > 0; });
  }

 private:
  std::mutex mutex_;
  std::condition_variable changed_;
  int inside_ = 0;
  bool open_ = false;
};

class CrowdedServerTest : public ::testing::Test {
 protected:
  void TearDown() override { gate_.open(); }  // the server waits for its routes

  void serve(const Limits& limits = {}) {
    const std::string large(8'000'000, 'x');  // more than the sockets' buffers take
    const std::vector<Route> routes{
        {Route::Method::get, "/healthz",
         [] {
           return Answer{200, "text/plain", "alive"};
         }},
        {Route::Method::get, "/large",
         [large] {
           return Answer{200, "text/plain", large};
         }},
        {Route::Method::get, "/huge",
         [] {
           return Answer{200, "text/plain", std::string(kHuge, 'x')};
         }},
        {Route::Method::post, "/reload", [this] { return gate_.pass(); }},
    };
    server_ = std::make_unique<Server>(ServerSettings{.host = "127.0.0.1", .port = 0, .limits = limits}, routes);
  }
  std::unique_ptr<RawClient> connect(const std::string& say = "") {
    auto client = std::make_unique<RawClient>(server_->port());
    EXPECT_TRUE(client->connected());
    EXPECT_TRUE(client->say(say));
    return client;
  }
  void expect_health() {
    const Fetched health = fetch({.host = "127.0.0.1", .port = server_->port(), .path = "/healthz"}, kPatience);
    EXPECT_EQ(health.status, 200) << health.problem;
  }

  Gate gate_;
  std::unique_ptr<Server> server_;
};

TEST_F(CrowdedServerTest, ACrowdOfIdleAndSlowClientsDoesNotHoldUpHealth) {
  serve();
  std::vector<std::unique_ptr<RawClient>> crowd;
  for (int i = 0; i < 400; ++i) {
    const char* say = i % 3 == 0 ? "" : i % 3 == 1 ? "GET /hea" : kAskLarge;  // and never reads the answer
    crowd.push_back(connect(say));
    if (i % 100 == 99) expect_health();
  }
}

TEST_F(CrowdedServerTest, WhoHasWaitedLongestMakesRoom) {
  serve({.connections_most = 4});
  std::vector<std::unique_ptr<RawClient>> crowd;
  for (int i = 0; i < 4; ++i) {
    crowd.push_back(connect("GET /healthz HTTP/1.1\r\n\r\n"));
    ASSERT_THAT(crowd.back()->hear(kPatience, "alive"), HasSubstr("alive"));
  }
  expect_health();
  EXPECT_TRUE(crowd[0]->is_cut_off(kPatience));
  for (int i = 1; i < 4; ++i) EXPECT_FALSE(crowd[static_cast<std::size_t>(i)]->is_cut_off(milliseconds(1))) << i;
}

TEST_F(CrowdedServerTest, AConnectionThatIsNotUsedIsCutOff) {
  serve({.idle_most = milliseconds(200)});
  const auto since = steady_clock::now();
  const auto silent = connect();
  const auto kept = connect("GET /healthz HTTP/1.1\r\n\r\n");
  EXPECT_TRUE(silent->is_cut_off(kPatience));
  EXPECT_GE(steady_clock::now() - since, milliseconds(200));
  EXPECT_TRUE(kept->is_cut_off(kPatience));
}

// A deadline that began again with each byte would let this client stay for as long as it likes.
TEST_F(CrowdedServerTest, ARequestHasATimeForAllOfIt) {
  serve({.idle_most = seconds(100), .request_most = milliseconds(300)});
  const auto since = steady_clock::now();
  const auto dripping = connect("GET /healthz HTTP/1.1\r\nX-Slow: ");
  while (!dripping->is_cut_off(milliseconds(20)) && steady_clock::now() - since < kPatience) {
    if (!dripping->say("x")) break;
  }
  EXPECT_TRUE(dripping->is_cut_off(milliseconds(100)));
  EXPECT_GE(steady_clock::now() - since, milliseconds(300));
}

// It reads on, a little at a time, and would need half a minute for all.
TEST_F(CrowdedServerTest, AnAnswerHasATimeForAllOfIt) {
  serve({.answer_most = milliseconds(300)});
  const auto sipping = connect("GET /huge HTTP/1.1\r\n\r\n");
  std::size_t heard = sipping->hear(kPatience, "x").size();
  EXPECT_GT(heard, 0U);
  const auto since = steady_clock::now();
  while (steady_clock::now() - since < milliseconds(600)) heard += sipping->sip().size();
  heard += sipping->hear(kPatience).size();
  EXPECT_TRUE(sipping->closed());
  EXPECT_LT(heard, kHuge);
}

TEST_F(CrowdedServerTest, WhatStillComesOfAnAnsweredRequestIsThrownAwayForAWhile) {
  serve({.rest_most = milliseconds(300)});
  const auto talking = connect("PUT /healthz HTTP/1.1\r\nContent-Length: 1000000000\r\n\r\n");
  ASSERT_THAT(talking->hear(kPatience), HasSubstr("405 "));  // as far as the server's end of sending
  const auto since = steady_clock::now();
  const std::string much(100'000, 'x');
  while (talking->say(much) && steady_clock::now() - since < kPatience) continue;
  EXPECT_LT(steady_clock::now() - since, kPatience);
}

TEST_F(CrowdedServerTest, AnswersThatNobodyTakesAreBoundedByTheirBytes) {
  serve({.untaken_bytes_most = 20'000'000});
  std::vector<std::unique_ptr<RawClient>> deaf;
  for (int i = 0; i < 4; ++i) {
    deaf.push_back(connect(kAskLarge));
    ASSERT_THAT(deaf.back()->hear(kPatience, "x"), HasSubstr("200 OK"));
  }
  std::size_t cut_off = 0;
  for (const auto& one : deaf) {
    std::size_t heard = 0;
    while (!one->closed()) heard += one->hear(kPatience, "no such").size();
    if (heard < 7'900'000) ++cut_off;
  }
  EXPECT_EQ(cut_off, 2U) << "of 4 answers of 8 MB there is room for 2";
  expect_health();
}

TEST_F(CrowdedServerTest, ARouteThatHangsHoldsUpOnlyThoseWhoAskForTheSame) {
  serve({.waiting_most = 2});
  const std::string ask = "POST /reload HTTP/1.1\r\nConnection: close\r\n\r\n";
  const auto first = connect(ask);
  gate_.await_somebody();
  expect_health();
  std::vector<std::unique_ptr<RawClient>> line;
  line.reserve(3);
  for (int i = 0; i < 3; ++i) line.push_back(connect(ask));
  // Which of them has no place in the line is the kernel's choice.
  std::string refused;
  const auto since = steady_clock::now();
  for (std::size_t i = 0; refused.empty() && steady_clock::now() - since < kPatience; ++i) {
    refused = line[i % line.size()]->hear(milliseconds(20));
  }
  EXPECT_THAT(refused, HasSubstr("503 Service Unavailable"));
  expect_health();
  gate_.open();
  EXPECT_THAT(first->hear(kPatience), ::testing::EndsWith("passed"));
  const auto passed =
      std::count_if(line.begin(), line.end(), [](const auto& one) { return one->hear(kPatience).ends_with("passed"); });
  EXPECT_EQ(passed, 2);
}

TEST_F(CrowdedServerTest, HealthIsAnsweredWhenAllOthersWaitForARouteThatHangs) {
  serve({.connections_most = 8, .waiting_most = 100});
  std::vector<std::unique_ptr<RawClient>> waiting;
  for (int i = 0; i < 30; ++i) {
    waiting.push_back(connect("POST /reload HTTP/1.1\r\n\r\n"));
    if (i % 10 == 9) expect_health();
  }
  gate_.open();
  expect_health();
}

}  // namespace
}  // namespace loom::http
