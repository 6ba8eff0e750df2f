#include "registry/schema_cache.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <atomic>
#include <condition_variable>
#include <map>
#include <mutex>
#include <vector>

#include "support/await.h"

namespace loom::registry {
namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;
using ::testing::HasSubstr;
using Reach = RegistryState::Reach;

decode::SchemaId numbered(std::uint64_t id) { return {.number = id, .guid = {}}; }

FetchedSchema schema_of(const std::string& text) {
  return {.outcome = Outcome::ok, .text = text, .references = {}, .problem = {}};
}
FetchedSchema failure_of(Outcome outcome, const std::string& problem, seconds retry_after = {}) {
  return {.outcome = outcome, .text = {}, .references = {}, .problem = problem, .retry_after = retry_after};
}

/// A registry in memory: what it says to each id, and whether it says anything.
class FakeFetcher final : public SchemaFetcher {
 public:
  struct Shared {
    std::mutex mutex;
    std::condition_variable changed;
    std::map<std::uint64_t, FetchedSchema> answers;
    std::optional<FetchedSchema> all;
    std::vector<std::pair<std::uint64_t, TimePoint>> asked;
    bool held = false;
    bool stopped = false;

    void say(std::uint64_t id, FetchedSchema answer) {
      const std::lock_guard lock(mutex);
      answers[id] = std::move(answer);
    }
    void say_to_all(std::optional<FetchedSchema> answer) {
      const std::lock_guard lock(mutex);
      all = std::move(answer);
    }
    void hold() {
      const std::lock_guard lock(mutex);
      held = true;
    }
    std::vector<std::pair<std::uint64_t, TimePoint>> asked_for() {
      const std::lock_guard lock(mutex);
      return asked;
    }
  };
  explicit FakeFetcher(std::shared_ptr<Shared> shared) : shared_(std::move(shared)) {}
  FetchedSchema fetch(const decode::SchemaId& id) override {
    std::unique_lock lock(shared_->mutex);
    shared_->asked.emplace_back(id.number, std::chrono::steady_clock::now());
    shared_->changed.wait(lock, [this] { return !shared_->held || shared_->stopped; });
    if (shared_->all) return *shared_->all;
    const auto answer = shared_->answers.find(id.number);
    return answer == shared_->answers.end() ? failure_of(Outcome::unknown, "not there") : answer->second;
  }
  void stop() override {
    const std::lock_guard lock(shared_->mutex);
    shared_->stopped = true;
    shared_->changed.notify_all();
  }

 private:
  std::shared_ptr<Shared> shared_;
};

class SchemaCacheTest : public ::testing::Test {
 protected:
  SchemaCacheTest() {
    settings.limits.second_look = milliseconds(100);
    settings.limits.problem_time = milliseconds(400);
    settings.retry_first = milliseconds(50);
    settings.retry_cap = milliseconds(200);
    start();
  }
  void start() {
    cache.reset();
    registry = std::make_shared<FakeFetcher::Shared>();
    cache = std::make_unique<SchemaCache>(std::make_unique<FakeFetcher>(registry), clock, settings);
  }
  bool wait(std::uint64_t id, milliseconds timeout = seconds(5)) {
    const decode::SchemaId ids[] = {numbered(id)};
    return cache->wait(ids, timeout);
  }

  SystemClock clock;
  SchemaCacheSettings settings;
  std::shared_ptr<FakeFetcher::Shared> registry;
  std::unique_ptr<SchemaCache> cache;
};

TEST_F(SchemaCacheTest, WhoAsksIsNotHeldUpAndGetsTheSchemaLater) {
  registry->say(7, schema_of("\"string\""));
  registry->hold();
  const auto before = std::chrono::steady_clock::now();
  EXPECT_TRUE(cache->find(numbered(7)).wanted);
  EXPECT_TRUE(cache->find(numbered(7)).wanted);
  EXPECT_LT(std::chrono::steady_clock::now() - before, seconds(1));
  EXPECT_EQ(cache->state().waiting, 1U);
  {
    const std::lock_guard lock(registry->mutex);
    registry->held = false;
    registry->changed.notify_all();
  }
  ASSERT_TRUE(wait(7));
  const auto answer = cache->find(numbered(7));
  ASSERT_NE(answer.schema, nullptr);
  EXPECT_EQ(answer.schema->text, "\"string\"");
  EXPECT_NE(answer.schema->avro, nullptr);
  EXPECT_EQ(answer.schema, cache->find(numbered(7)).schema);
  EXPECT_EQ(registry->asked_for().size(), 1U);
  const RegistryState state = cache->state();
  EXPECT_EQ(state.reach, Reach::reachable);
  EXPECT_EQ(state.requests_of(Outcome::ok), 1U);
  EXPECT_EQ(state.schemas, 1U);
  EXPECT_EQ(state.bytes, 8U);
  EXPECT_EQ(state.waiting, 0U);
}

TEST_F(SchemaCacheTest, AnUnknownIdIsAskedForTwiceAndAgainAfterAWhile) {
  ASSERT_TRUE(wait(3));
  EXPECT_EQ(cache->find(numbered(3)).problem, "not there");
  const auto asked = registry->asked_for();
  ASSERT_EQ(asked.size(), 2U);
  EXPECT_GE(asked[1].second - asked[0].second, milliseconds(100));
  EXPECT_EQ(cache->state().reach, Reach::reachable);
  registry->say(3, schema_of("\"int\""));
  EXPECT_TRUE(loom::testing::await(seconds(5), [&] { return cache->find(numbered(3)).schema != nullptr; }));
}

TEST_F(SchemaCacheTest, AnOutageKeepsEveryIdWantedAndIsTriedEverLessOften) {
  registry->say_to_all(failure_of(Outcome::away, "connection refused"));
  registry->say(1, schema_of("\"int\""));
  registry->say(2, schema_of("\"long\""));
  EXPECT_TRUE(cache->find(numbered(1)).wanted);
  EXPECT_TRUE(cache->find(numbered(2)).wanted);
  EXPECT_FALSE(wait(1, milliseconds(700)));
  const RegistryState state = cache->state();
  EXPECT_EQ(state.reach, Reach::away);
  EXPECT_EQ(state.last_problem, "connection refused");
  EXPECT_EQ(state.waiting, 2U);
  EXPECT_EQ(state.requests_of(Outcome::unknown), 0U);
  const auto asked = registry->asked_for();
  ASSERT_GE(asked.size(), 3U);
  EXPECT_LE(asked.size(), 12U);
  for (std::size_t i = 1; i < asked.size(); ++i) EXPECT_GE(asked[i].second - asked[i - 1].second, milliseconds(50));
  EXPECT_GE(asked.back().second - asked[asked.size() - 2].second, milliseconds(95));
  registry->say_to_all(std::nullopt);
  EXPECT_TRUE(wait(1));
  EXPECT_TRUE(wait(2));
  EXPECT_EQ(cache->state().reach, Reach::reachable);
  EXPECT_EQ(cache->find(numbered(2)).schema->text, "\"long\"");
}

TEST_F(SchemaCacheTest, AskingAgainDoesNotShortenTheWait) {
  settings.retry_first = milliseconds(300);
  settings.retry_cap = milliseconds(600);
  start();
  registry->say_to_all(failure_of(Outcome::away, "gone"));
  const auto until = std::chrono::steady_clock::now() + milliseconds(250);
  while (std::chrono::steady_clock::now() < until) {
    EXPECT_TRUE(cache->find(numbered(1)).wanted);
    EXPECT_TRUE(cache->find(numbered(2)).wanted);
  }
  EXPECT_EQ(registry->asked_for().size(), 1U);
}

TEST_F(SchemaCacheTest, ARefusedLoginIsAnOutageOfItsOwnKind) {
  registry->say_to_all(failure_of(Outcome::refused, "401"));
  EXPECT_FALSE(wait(1, milliseconds(200)));
  EXPECT_EQ(cache->state().reach, Reach::refused);
  EXPECT_TRUE(cache->find(numbered(1)).wanted);
}

TEST_F(SchemaCacheTest, TheRegistryIsLeftAloneForAsLongAsItAsks) {
  registry->say_to_all(failure_of(Outcome::away, "429", seconds(1)));
  EXPECT_FALSE(wait(1, milliseconds(900)));
  EXPECT_EQ(registry->asked_for().size(), 1U);
}

TEST_F(SchemaCacheTest, OneIdThatFailsDoesNotHoldUpTheOthers) {
  registry->say(1, failure_of(Outcome::away, "500"));
  registry->say(2, schema_of("\"long\""));
  EXPECT_TRUE(cache->find(numbered(1)).wanted);
  EXPECT_TRUE(wait(2));
  EXPECT_TRUE(cache->find(numbered(1)).wanted);
}

TEST_F(SchemaCacheTest, ASchemaThatCannotBeReadIsAProblem) {
  registry->say(1, schema_of("unreadable"));
  registry->say(2, failure_of(Outcome::unusable, "more than 10 bytes"));
  ASSERT_TRUE(wait(1));
  ASSERT_TRUE(wait(2));
  EXPECT_THAT(cache->find(numbered(1)).problem, HasSubstr("schema 1 cannot be read: "));
  EXPECT_EQ(cache->find(numbered(2)).problem, "more than 10 bytes");
  EXPECT_EQ(cache->state().reach, Reach::reachable);
}

TEST_F(SchemaCacheTest, WhoWaitsIsCalledUntilTheSubscriptionEnds) {
  std::atomic<int> calls{0};
  auto subscription = cache->subscribe([&] { ++calls; });
  registry->say(1, schema_of("\"int\""));
  ASSERT_TRUE(wait(1));
  EXPECT_TRUE(loom::testing::await(seconds(5), [&] { return calls == 1; }));
  ASSERT_TRUE(wait(2));
  EXPECT_TRUE(loom::testing::await(seconds(5), [&] { return calls == 2; }));
  subscription.reset();
  registry->say(3, schema_of("\"long\""));
  ASSERT_TRUE(wait(3));
  std::this_thread::sleep_for(milliseconds(50));
  EXPECT_EQ(calls, 2);
}

TEST_F(SchemaCacheTest, ItEndsWhileTheRegistrySaysNothing) {
  registry->hold();
  EXPECT_TRUE(cache->find(numbered(1)).wanted);
  EXPECT_TRUE(loom::testing::await(seconds(5), [&] { return registry->asked_for().size() == 1; }));
  cache.reset();
  EXPECT_TRUE(registry->stopped);
}

}  // namespace
}  // namespace loom::registry
