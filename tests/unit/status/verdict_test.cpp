#include "status/verdict.h"

#include <fmt/format.h>
#include <gmock/gmock.h>

#include <fstream>
#include <functional>
#include <sstream>
#include <string>
#include <vector>

#include "status/cause_words.h"

namespace loom::status {
namespace {

using batch::Cause;
using ::testing::HasSubstr;
using ::testing::Not;
using ::testing::StartsWith;

/// A replica that keeps up with its one topic.
Snapshot healthy() {
  static const pipeline::Counters kCounters;
  Snapshot seen;
  seen.state = "consuming";
  seen.uptime_seconds = 500;
  seen.health.database = {true, "", 500};
  seen.health.kafka = {true, "", 500};
  seen.assignment = {{"gps", 0, 10, 10, 0, false}};
  TopicStatus gps;
  gps.topic = "gps";
  gps.state = "running";
  gps.minute = {.seconds = 60, .messages = 1000, .stored = 1000, .rows = 1000};
  seen.topics = {gps};
  seen.messages = {20, 18};
  seen.minute = gps.minute;
  seen.pool = {.connections = 2, .busy = 1, .waiting = 0, .minimum = 1, .maximum = 5};
  seen.counters = &kCounters;
  lag::PartitionLag known;
  known.topic = "gps";
  known.begin = 0;
  known.committed = known.end = 10;
  known.lag = 0;
  known.seconds = 0;
  known.state = lag::State::ok;
  auto lag = std::make_shared<lag::GroupLag>();
  lag->partitions = {known};
  seen.lag = lag;
  return seen;
}

void set_lag(Snapshot& seen, std::int64_t messages, double age, lag::State state = lag::State::ok, double consumed = 0,
             double produced = 0) {
  auto lag = std::make_shared<lag::GroupLag>(*seen.lag);
  lag::PartitionLag& one = lag->partitions.front();
  one.end = *one.committed + messages;
  one.lag = messages;
  one.seconds = age;
  one.state = state;
  one.consumed_per_second = consumed;
  one.produced_per_second = produced;
  seen.lag = lag;
}

void set_trouble(Snapshot& seen, Cause cause, double since = 5, const std::string& says = "the server's words") {
  const Trouble trouble{.cause = cause, .since_seconds = since, .topics = {"gps"}, .says = says};
  seen.troubles = {trouble};
  seen.topics[0].trouble = trouble;
}

void stop(Snapshot& seen, const std::string& reason) {
  seen.topics[0].state = "stopped";
  seen.topics[0].reason = reason;
  seen.topics[0].next_try_seconds = 2;
}

struct Situation {
  const char* name;
  std::function<void(Snapshot&)> happens;
  Level level;
  const char* title;
  const char* text;   ///< a part of it
  const char* to_do;  ///< a part of it
  bool ready = true;
};

const std::vector<Situation>& situations() {
  static const std::vector<Situation> all{
      {"all is well", [](Snapshot&) {}, Level::ok, "OK", "keeping up - 20 messages/s", "Nothing."},
      {"quiet", [](Snapshot& s) { s.messages = {}; }, Level::ok, "OK", "nothing arrives at the moment", "Nothing."},
      {"no partition", [](Snapshot& s) { s.assignment.clear(); }, Level::ok, "OK", "standing by", "Nothing."},
      {"a little behind", [](Snapshot& s) { set_lag(s, 5, 0.4); }, Level::ok, "OK", ", 0.4 s behind", "Nothing."},
      {"the database is gone",
       [](Snapshot& s) {
         s.health.database = {false, "refused", 3, {Cause::away, "refused", 3}};
       },
       Level::bad, "DATABASE AWAY", "since 3 s - nothing is lost", "It says: refused", false},
      {"Kafka is gone",
       [](Snapshot& s) {
         s.health.kafka = {false, "no broker", 3, {Cause::away, "no broker", 3}};
       },
       Level::bad, "KAFKA AWAY", "since 3 s", "Bring Kafka back", false},
      {"the login is refused, so that the probe does not get in",
       [](Snapshot& s) {
         s.health.database = {false, "no", 3, {Cause::login_refused, "no", 3}};
         s.troubles = {{Cause::login_refused, 3, {}, "password authentication failed"}};
       },
       Level::bad, "LOGIN REFUSED", "password authentication failed - for 3 s, nothing is lost", "LOOM_DATABASE_URL",
       false},
      {"connections break, and the probe has none of it", [](Snapshot& s) { set_trouble(s, Cause::away); }, Level::bad,
       "DATABASE AWAY", "gps is not stored for 5 s", "Bring PostgreSQL back"},
      {"no connection left", [](Snapshot& s) { set_trouble(s, Cause::too_many_connections); }, Level::bad,
       "TOO MANY CONNECTIONS", "the server's words - gps is not stored for 5 s", "max_connections", false},
      {"read-only", [](Snapshot& s) { set_trouble(s, Cause::read_only); }, Level::bad, "DATABASE READ-ONLY", "gps",
       "target_session_attrs", false},
      {"disk full", [](Snapshot& s) { set_trouble(s, Cause::disk_full); }, Level::bad, "DISK FULL", "gps", "Make room",
       false},
      {"no memory", [](Snapshot& s) { set_trouble(s, Cause::out_of_memory); }, Level::bad, "DATABASE OUT OF MEMORY",
       "gps", "work_mem"},
      {"a lock", [](Snapshot& s) { set_trouble(s, Cause::locked); }, Level::bad, "TABLE LOCKED", "gps",
       "pg_terminate_backend"},
      {"a batch takes some seconds", [](Snapshot& s) { set_trouble(s, Cause::timeout); }, Level::warn,
       "DATABASE TOO SLOW", "gps", "pg_stat_activity"},
      {"no batch goes through", [](Snapshot& s) { set_trouble(s, Cause::timeout, 15); }, Level::bad,
       "DATABASE TOO SLOW", "gps", "pg_stat_activity"},
      {"deadlocks again and again", [](Snapshot& s) { set_trouble(s, Cause::conflict); }, Level::bad, "CONFLICTS",
       "gps", "other program"},
      {"anything else", [](Snapshot& s) { set_trouble(s, Cause::other); }, Level::bad, "DATABASE REFUSES", "gps",
       "server's log"},
      {"one deadlock", [](Snapshot& s) { set_trouble(s, Cause::conflict, 0.2); }, Level::ok, "OK", "keeping up",
       "Nothing."},
      {"a disk that has been full for a moment", [](Snapshot& s) { set_trouble(s, Cause::disk_full, 0.2); }, Level::ok,
       "OK", "keeping up", "Nothing."},
      {"a privilege was taken away",
       [](Snapshot& s) {
         set_trouble(s, Cause::no_privilege, 5, "42501 permission denied; role \"loom\" lacks INSERT on gps");
         stop(s, "42501 permission denied");
       },
       Level::bad, "PRIVILEGE MISSING", "lacks INSERT on gps", "GRANT"},
      {"a table is gone",
       [](Snapshot& s) {
         set_trouble(s, Cause::schema, 5, "there is no table `gps`");
         stop(s, "there is no table `gps`");
       },
       Level::bad, "TABLE DOES NOT FIT", "there is no table `gps` - gps is not stored for 5 s", "topic_mappings.yml"},
      {"stopped for what is not the database's", [](Snapshot& s) { stop(s, "too many bad messages"); }, Level::bad,
       "1 TOPIC STOPPED", "too many bad messages", "Mend what the reason names"},
      {"messages will be lost",
       [](Snapshot& s) {
         set_lag(s, 100, 10);
         auto lag = std::make_shared<lag::GroupLag>(*s.lag);
         lag->partitions[0].begin = 5;
         lag->partitions[0].retention_ratio = 0.9;
         s.lag = lag;
       },
       Level::bad, "ABOUT TO LOSE DATA", "gps partition 0: lag is 90 %", "retention.ms"},
      {"nobody reads", [](Snapshot& s) { set_lag(s, 100, 10, lag::State::stop); }, Level::bad, "NO OWNER",
       "gps partition 0", "Start a replica"},
      {"another replica's partition stands still", [](Snapshot& s) { set_lag(s, 100, 10, lag::State::stall); },
       Level::bad, "STALLED", "gps partition 0", "page of the replica that owns it"},
      {"went back", [](Snapshot& s) { set_lag(s, 100, 10, lag::State::rewind); }, Level::warn, "WENT BACK", "gps",
       "offsets reset"},
      {"behind, and catching up", [](Snapshot& s) { set_lag(s, 1000, 60, lag::State::ok, 110, 10); }, Level::warn,
       "BEHIND", "1,000 messages, 60 s; caught up in about 10 s", "Nothing"},
      {"falling behind", [](Snapshot& s) { set_lag(s, 1000, 60, lag::State::ok, 10, 30); }, Level::bad,
       "FALLING BEHIND", "growing by 20/s", "more replicas"},
      {"starting",
       [](Snapshot& s) {
         s.state = "starting";
         log::Recent error;
         error.message = "migration 001 is not applied";
         s.errors = {error};
       },
       Level::warn, "STARTING", "reading configuration, tables and offsets, up 8 min: migration 001 is not applied",
       "take seconds", false},
      {"the start is refused, before there is any topic",
       [](Snapshot& s) {
         s.state = "starting";
         s.troubles = {{Cause::no_privilege, 5, {}, "cannot migrate: permission denied for schema public"}};
       },
       Level::bad, "PRIVILEGE MISSING", "permission denied for schema public - for 5 s", "GRANT", false},
      {"joining",
       [](Snapshot& s) {
         s.state = "joining";
         s.uptime_seconds = 3;
       },
       Level::info, "STARTING", "waiting for the group", "", false},
      {"no topics yet", [](Snapshot& s) { s.state = "no_topics"; }, Level::info, "NO TOPICS", "none of the mapped", ""},
      {"leaving", [](Snapshot& s) { s.state = "leaving"; }, Level::info, "STOPPING", "leaves the group", "", false},
      {"the pool is full",
       [](Snapshot& s) {
         s.pool_full_seconds = 11;
         s.pool.waiting = 3;
       },
       Level::warn, "POOL EXHAUSTED", "all 5 connections are busy and 3 batches wait", "More replicas would make"},
      {"the pool was full for a moment", [](Snapshot& s) { s.pool_full_seconds = 3; }, Level::ok, "OK", "", ""},
      {"a reload is refused",
       [](Snapshot& s) {
         s.refused_reload = RefusedReload{40, {"m.yml:3: no column `x`", "another"}, true};
       },
       Level::warn, "RELOAD REFUSED", "m.yml:3: no column `x` (and 1 more) - the old configuration has stayed for 40 s",
       "tried again by itself"},
      {"a reload is refused for what only the file can mend",
       [](Snapshot& s) {
         s.refused_reload = RefusedReload{40, {"m.yml:3: bad"}, false};
       },
       Level::warn, "RELOAD REFUSED", "m.yml:3: bad", "Mend the file; GET /validate-config"},
      {"five of five messages failed",
       [](Snapshot& s) {
         s.minute = s.topics[0].minute = {.seconds = 2, .messages = 5, .stored = 5, .dead_letters = 5};
       },
       Level::warn, "DEAD LETTERS", "5 in the last 2 s, 100 % of the messages; gps: 5 of 5", "dead-letters replay"},
      {"of one small topic among much else",
       [](Snapshot& s) {
         s.topics[0].minute = {.seconds = 60, .messages = 5, .stored = 5, .dead_letters = 5};
         s.minute = {.seconds = 60, .messages = 100'000, .stored = 100'000, .rows = 99'995, .dead_letters = 5};
       },
       Level::warn, "DEAD LETTERS", "gps: 5 of 5", ""},
      {"a few dead letters", [](Snapshot& s) { s.minute.dead_letters = s.topics[0].minute.dead_letters = 10; },
       Level::ok, "OK", "", ""},
  };
  return all;
}

TEST(VerdictTest, SaysInEachSituationWhatItIsAndWhatToDo) {
  for (const Situation& situation : situations()) {
    Snapshot seen = healthy();
    situation.happens(seen);
    const Finding verdict = judge(seen).front();
    EXPECT_EQ(to_string(verdict.level), to_string(situation.level)) << situation.name;
    EXPECT_EQ(verdict.title, situation.title) << situation.name;
    EXPECT_THAT(verdict.text, HasSubstr(situation.text)) << situation.name;
    EXPECT_THAT(verdict.what_to_do, HasSubstr(situation.to_do)) << situation.name;
    EXPECT_EQ(why_not_ready(seen).empty(), situation.ready) << situation.name << ": " << why_not_ready(seen);
  }
}

TEST(VerdictTest, NothingKeepsUpWhileATopicIsStoppedOrNotStored) {
  for (const Situation& situation : situations()) {
    Snapshot seen = healthy();
    situation.happens(seen);
    set_lag(seen, 5, 1);
    bool waits = seen.topics[0].state == "stopped";
    for (const Trouble& trouble : seen.troubles) waits = waits || trouble.since_seconds >= 1;
    if (!waits) continue;
    EXPECT_THAT(outlook(seen), StartsWith("not ")) << situation.name;
    for (const Finding& finding : judge(seen)) {
      EXPECT_THAT(finding.text, Not(HasSubstr("keeping up"))) << situation.name;
      EXPECT_THAT(finding.text, Not(HasSubstr("caught up"))) << situation.name;
    }
  }
}

TEST(VerdictTest, TheOutlookGoesByTheLag) {
  Snapshot seen = healthy();
  EXPECT_EQ(outlook(seen), "0 s");
  set_lag(seen, 5, 1);
  EXPECT_EQ(outlook(seen), "keeps up");
  set_lag(seen, 5, 31);
  EXPECT_EQ(outlook(seen), "not in sight");
  set_lag(seen, 1000, 60, lag::State::ok, 110, 10);
  EXPECT_EQ(outlook(seen), "10 s");
  set_lag(seen, 1000, 60, lag::State::ok, 10, 30);
  EXPECT_EQ(outlook(seen), "not while it grows");
  seen.lag = std::make_shared<lag::GroupLag>();
  EXPECT_EQ(outlook(seen), "") << "not known";
}

TEST(VerdictTest, WithTheCauseToldLagIsItsConsequenceAndNobodyIsSentForMoreReplicas) {
  for (const Cause cause : batch::kCauses) {
    Snapshot seen = healthy();
    set_trouble(seen, cause, 60);
    set_lag(seen, 1000, 60, lag::State::stall, 0, 30);
    const auto findings = judge(seen);
    EXPECT_EQ(findings.front().title, words_of(cause).title);
    EXPECT_EQ(findings.back().title, "BEHIND");
    EXPECT_EQ(findings.back().what_to_do, "Mend that first.");
    for (const Finding& finding : findings) {
      EXPECT_NE(finding.title, "STALLED") << to_string(cause);
      EXPECT_THAT(finding.what_to_do, Not(HasSubstr("more replicas"))) << to_string(cause);
    }
  }
}

TEST(VerdictTest, TheDatabaseThatIsAwayIsSaidOnce) {
  Snapshot seen = healthy();
  seen.health.database = {false, "refused", 30, {Cause::away, "refused", 30}};
  set_trouble(seen, Cause::away, 30);
  set_lag(seen, 1000, 40, lag::State::stall);
  const auto findings = judge(seen);
  ASSERT_EQ(findings.size(), 2U);
  EXPECT_EQ(findings[0].title, "DATABASE AWAY");
  EXPECT_EQ(findings[1].title, "BEHIND");
}

TEST(VerdictTest, SeveralThingsAreSaidWorstFirst) {
  Snapshot seen = healthy();
  TopicStatus other = seen.topics[0];
  other.topic = "orders";
  seen.topics.push_back(other);
  stop(seen, "there is no table");
  seen.topics[0].trouble = Trouble{Cause::schema, 9, {"gps"}, "there is no table"};
  seen.topics[1].trouble = Trouble{Cause::disk_full, 5, {"orders"}, "53100 no space"};
  seen.troubles = {*seen.topics[1].trouble, *seen.topics[0].trouble};
  seen.refused_reload = RefusedReload{40, {"wrong"}, false};
  seen.topics[1].minute.dead_letters = seen.minute.dead_letters = 1;
  std::string titles;
  for (const Finding& finding : judge(seen)) titles += finding.title + "; ";
  EXPECT_EQ(titles, "DISK FULL; TABLE DOES NOT FIT; RELOAD REFUSED; DEAD LETTERS; ");
}

TEST(VerdictTest, TheServersOwnWordsAreCutBetweenCharacters) {
  Snapshot seen = healthy();
  std::string long_words;
  while (long_words.size() < 2000) long_words += "ä";
  set_trouble(seen, Cause::disk_full, 5, "x" + long_words);
  const std::string text = judge(seen).front().text;
  EXPECT_LT(text.size(), 500U);
  EXPECT_THAT(text, HasSubstr("ä... - gps"));
}

// The page says it in the same words as the service.
TEST(VerdictTest, OperationsHasEachCauseWithItsWords) {
  std::ifstream file(LOOM_SOURCE_DIR "/docs/operations.md");
  std::stringstream page;
  page << file.rdbuf();
  for (const Cause cause : batch::kCauses) {
    const CauseWords words = words_of(cause);
    EXPECT_THAT(page.str(), HasSubstr(fmt::format("| `{}` | `{}` |", to_string(cause), words.title)));
    EXPECT_THAT(page.str(), HasSubstr(fmt::format("| {} |", words.what_to_do)));
  }
}

}  // namespace
}  // namespace loom::status
