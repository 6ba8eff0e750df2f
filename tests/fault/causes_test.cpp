// Each cause for which the database takes nothing, put in place for real where that is possible: how soon do /status,
// the verdict, /metrics and /readyz say it, and how soon is it over?
#include <fmt/format.h>

#include <functional>
#include <iostream>
#include <optional>

#include "support/held_session.h"
#include "support/http.h"
#include "support/service_test.h"
#include "support/small_disk.h"

namespace loom::testing {
namespace {

using nlohmann::json;

struct Fault {
  std::string cause;
  std::string title;  ///< of the verdict
  std::string says;   ///< a part of the server's words
  bool not_ready = false;
  std::function<void()> begin;
  std::function<void()> end;
};

/// Seconds until each of the service's answers had it.
struct Seen {
  std::optional<double> trouble;
  std::optional<double> verdict;
  std::optional<double> metric;
  std::optional<double> ready;

  [[nodiscard]] bool all() const { return trouble && verdict && metric && ready; }
  [[nodiscard]] double last() const { return std::max({*trouble, *verdict, *metric, *ready}); }
};

class CausesTest : public ServiceTest {
 protected:
  static constexpr double kSaidWithin = 5;
  static constexpr const char* kRole = "causes_service";

  CausesTest()
      : ServiceTest(std::make_unique<PostgresServer>(), KafkaServer::shared()), topic_(new_topic("numbers", 1)) {}

  /// The service under a role of its own, and a table whose trigger fails as the table `fault` says.
  void begin() {
    migrate();
    database().run(numbered_table("numbers"));
    database().run(fmt::format(
        "CREATE TABLE fault (code text, hangs boolean); INSERT INTO fault VALUES (NULL, false);"
        "CREATE FUNCTION fail() RETURNS trigger LANGUAGE plpgsql AS $$ DECLARE f fault; BEGIN SELECT * INTO f FROM "
        "fault;"
        " WHILE f.hangs LOOP PERFORM pg_sleep(0.05); SELECT * INTO f FROM fault; END LOOP;"
        " IF f.code IS NOT NULL THEN RAISE EXCEPTION 'as the test wants' USING ERRCODE = f.code; END IF; RETURN NULL;"
        " END $$;"
        "CREATE TRIGGER fail BEFORE INSERT ON numbers FOR EACH STATEMENT EXECUTE FUNCTION fail();"
        "CREATE ROLE {0} LOGIN; GRANT ALL ON ALL TABLES IN SCHEMA public TO {0};"
        "GRANT ALL ON ALL SEQUENCES IN SCHEMA public TO {0}",
        kRole));
    map(numbered_mapping(topic_, "numbers"));
    const std::string url = fmt::format("postgresql://{}@{}/{}", kRole, own_server_->address(),
                                        database().value("SELECT current_database()"));
    http_.emplace(start({{"LOOM_DATABASE_URL", url},
                         {"LOOM_AUTO_MIGRATE", "false"},
                         {"LOOM_HTTP_HOST", "127.0.0.1"},
                         {"LOOM_HTTP_PORT", "0"}}));
    ASSERT_TRUE(keep_sending_until(seconds(30), [this] { return status().at("totals").at("rows") > 0; }))
        << http_->get("/status").body;
  }

  /// Messages come all the time, a few at once.
  bool keep_sending_until(milliseconds within, const std::function<bool()>& done) {
    return await(
        within,
        [&] {
          send_numbered(topic_, sent_, sent_ + 50);
          sent_ += 50;
          return done();
        },
        milliseconds(50));
  }
  [[nodiscard]] json status() const { return http_->get("/status").json(); }

  /// Looks at all four answers until each has it, or has it no more.
  Seen watch(const Fault& fault, bool there) {
    const auto begin = std::chrono::steady_clock::now();
    Seen seen;
    const auto note = [&](std::optional<double>& when, bool as_wanted) {
      if (as_wanted && !when) {
        when = std::chrono::duration<double>(std::chrono::steady_clock::now() - begin).count();
      }
    };
    const std::string series = fmt::format("kafka_to_db_trouble{{cause=\"{}\"}} {}\n", fault.cause, there ? 1 : 0);
    json last;
    const bool all = keep_sending_until(seconds(20), [&] {
      last = status();
      bool has_it = false;
      for (const json& one : last.at("troubles")) {
        has_it = has_it || (one.at("cause") == fault.cause &&
                            one.at("says").get<std::string>().find(fault.says) != std::string::npos);
      }
      note(seen.trouble, has_it == there);
      note(seen.verdict, last.at("verdict").at("title") == (there ? fault.title : "OK"));
      note(seen.metric, http_->get("/metrics").body.find(series) != std::string::npos);
      const HttpAnswer ready = http_->get("/readyz");
      // What is one topic's leaves it as it was.
      const bool says_why = there && fault.not_ready && fault.cause != "away";
      note(seen.ready, ready.status == (there && fault.not_ready ? 503 : 200) &&
                           (!says_why || ready.json().at("reason").get<std::string>().starts_with(fault.cause + ": ")));
      return seen.all();
    });
    EXPECT_TRUE(all) << (there ? "not said: " : "still said: ") << last.at("verdict").dump(1)
                     << last.at("troubles").dump(1) << http_->get("/readyz").body;
    if (there) words_ = last.at("verdict").at("text").get<std::string>();
    return seen;
  }

  void goes_through(const Fault& fault) {
    SCOPED_TRACE(fault.cause);
    fault.begin();
    const Seen said = watch(fault, true);
    EXPECT_EQ(http_->get("/healthz").status, 200) << "a restart would mend nothing";
    fault.end();
    const Seen gone = watch(fault, false);
    if (!said.all() || !gone.all()) return;
    EXPECT_LE(said.last(), kSaidWithin);
    std::cout << fmt::format("| `{}` | {:.1f} s | {:.1f} s | {:.1f} s | {} | {:.1f} s | {}", fault.cause, *said.trouble,
                             *said.metric, *said.verdict, fault.not_ready ? fmt::format("{:.1f} s", *said.ready) : "-",
                             gone.last(), words_)
              << std::endl;
  }

  /// The function fails by this code until it is told otherwise.
  Fault raised(const std::string& cause, const std::string& code, const std::string& title) {
    return {.cause = cause,
            .title = title,
            .says = code + " as the test wants",
            .begin = [this, code] { database().run("UPDATE fault SET code = '" + code + "'"); },
            .end = [this] { database().run("UPDATE fault SET code = NULL"); }};
  }
  void end_sessions() const {
    database().run(fmt::format("SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE usename = '{}'", kRole));
  }
  Fault by_role(const std::string& cause, const std::string& title, const std::string& says, const std::string& change,
                const std::string& back) {
    return {.cause = cause,
            .title = title,
            .says = says,
            .not_ready = true,
            .begin =
                [this, change] {
                  database().run(fmt::format("ALTER ROLE {} {}", kRole, change));
                  end_sessions();
                },
            .end = [this, back] { database().run(fmt::format("ALTER ROLE {} {}", kRole, back)); }};
  }
  void set_read_only(const std::string& change) const {
    database().run("ALTER SYSTEM " + change);
    database().run("SELECT pg_reload_conf()");
  }

  std::string topic_;
  std::optional<ServiceHttp> http_;
  std::int64_t sent_ = 0;
  std::string words_;
};

TEST_F(CausesTest, EachCauseIsSaidEverywhereWithinFiveSecondsAndForgottenWhenItIsOver) {
  ASSERT_NO_FATAL_FAILURE(begin());
  std::cout << "| cause | `/status` | metric | verdict | `/readyz` | gone | words" << std::endl;
  goes_through({.cause = "away",
                .title = "DATABASE AWAY",
                .says = "",
                .not_ready = true,
                .begin = [this] { own_server_->stop(); },
                .end = [this] { own_server_->restart(); }});
  goes_through(by_role("login_refused", "LOGIN REFUSED", "not permitted to log in", "NOLOGIN", "LOGIN"));
  goes_through(by_role("too_many_connections", "TOO MANY CONNECTIONS", "too many connections", "CONNECTION LIMIT 0",
                       "CONNECTION LIMIT -1"));
  goes_through({.cause = "read_only",
                .title = "DATABASE READ-ONLY",
                .says = "",
                .not_ready = true,
                .begin = [this] { set_read_only("SET default_transaction_read_only = on"); },
                .end = [this] { set_read_only("RESET default_transaction_read_only"); }});
  std::optional<HeldSession> other;
  goes_through({.cause = "locked",
                .title = "TABLE LOCKED",
                .says = "holds AccessExclusiveLock on numbers",
                .begin =
                    [&] {
                      other.emplace(database().url());
                      other->run(
                          "SET application_name = 'maintenance'; BEGIN; LOCK TABLE numbers IN ACCESS EXCLUSIVE MODE");
                    },
                .end = [&] { other.reset(); }});
  goes_through({.cause = "no_privilege",
                .title = "PRIVILEGE MISSING",
                .says = "lacks INSERT on",
                .begin = [this] { database().run(fmt::format("REVOKE INSERT ON numbers FROM {}", kRole)); },
                .end = [this] { database().run(fmt::format("GRANT INSERT ON numbers TO {}", kRole)); }});
  goes_through({.cause = "schema",
                .title = "TABLE DOES NOT FIT",
                .says = "no table",
                .begin = [this] { database().run("ALTER TABLE numbers RENAME TO elsewhere"); },
                .end = [this] { database().run("ALTER TABLE elsewhere RENAME TO numbers"); }});
  goes_through({.cause = "timeout",
                .title = "DATABASE TOO SLOW",
                .says = "without an answer",
                .begin = [this] { database().run("UPDATE fault SET hangs = true"); },
                .end = [this] { database().run("UPDATE fault SET hangs = false"); }});
  goes_through(raised("timeout", "57014", "DATABASE TOO SLOW"));
  goes_through(raised("out_of_memory", "53200", "DATABASE OUT OF MEMORY"));
  goes_through(raised("conflict", "40P01", "CONFLICTS"));
  goes_through(raised("other", "58030", "DATABASE REFUSES"));

  // The table's own disk, where one can be mounted.
  SmallDisk disk(PostgresServer::user(), 64);
  if (disk.reason().empty()) {
    database().run("CREATE TABLESPACE small LOCATION '" + disk.path() + "'");
    database().run("ALTER TABLE numbers SET TABLESPACE small");
    goes_through(
        {.cause = "disk_full",
         .title = "DISK FULL",
         .says = "53100",
         .not_ready = true,
         .begin =
             [this] {
               database().run(
                   "CREATE TABLE filler (content text) TABLESPACE small;"
                   "ALTER TABLE filler ALTER content SET STORAGE EXTERNAL");
               for (int rows = 5'000; rows > 0; rows /= 10) {
                 try {
                   while (true) {
                     database().run(fmt::format(
                         "INSERT INTO filler SELECT repeat(md5(n::text), 100) FROM generate_series(1, {}) n", rows));
                   }
                 } catch (const std::exception&) {
                   continue;  // full, but for less than this
                 }
               }
             },
         .end = [this] { database().run("DROP TABLE filler"); }});
  } else {
    std::cout << "no disk can be mounted here: " << disk.reason() << std::endl;
    goes_through({.cause = "disk_full",
                  .title = "DISK FULL",
                  .says = "53100",
                  .not_ready = true,
                  .begin = [this] { database().run("UPDATE fault SET code = '53100'"); },
                  .end = [this] { database().run("UPDATE fault SET code = NULL"); }});
  }
  EXPECT_TRUE(drained(topic_));
  EXPECT_TRUE(every_one_once("numbers", sent_));
  EXPECT_EQ(count("kafka_dead_letters"), 0);
  own_server_->stop();  // before its tablespace goes
}

}  // namespace
}  // namespace loom::testing
