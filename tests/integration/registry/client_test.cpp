#include <fmt/format.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <thread>

#include "registry/registry_client.h"
#include "support/registry_server.h"

namespace loom::registry {
namespace {

using loom::testing::RegistryReply;
using loom::testing::RegistryServer;
using std::chrono::milliseconds;
using std::chrono::seconds;
using ::testing::AllOf;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::Not;

decode::SchemaId numbered(std::uint64_t id) { return {.number = id, .guid = {}}; }

class RegistryClientTest : public ::testing::Test {
 protected:
  RegistryClientTest() {
    settings.urls = {server.url()};
    settings.timeout = milliseconds(1000);
    settings.connect_timeout = milliseconds(500);
  }
  FetchedSchema fetch(std::uint64_t id) { return RegistryClient(settings).fetch(numbered(id)); }
  void refer(const std::string& subject, const std::string& references) {
    server.set("/subjects/" + subject + "/versions/1",
               {.body = fmt::format(R"({{"subject":"x","version":1,"id":9,"schema":"text of {}","references":[{}]}})",
                                    subject, references)});
  }
  static std::string reference(const std::string& subject) {
    return fmt::format(R"({{"name":"n.{0}","subject":"{0}","version":1}})", subject);
  }

  RegistryServer server;
  RegistrySettings settings;
};

std::vector<std::string> names_of(const FetchedSchema& schema) {
  std::vector<std::string> names;
  for (const ReferencedText& text : schema.references) names.push_back(text.name + "=" + text.text);
  return names;
}

TEST_F(RegistryClientTest, ASchemaByItsIdAndByItsGuid) {
  server.add(12, R"({"schema":"\"long\""})");
  server.add(13, R"({"schema":"message A {}","schemaType":"PROTOBUF"})");
  server.set("/schemas/guids/00112233-4455-6677-8899-aabbccddeeff", {.body = R"({"schema":"{}","schemaType":"JSON"})"});
  const FetchedSchema avro = fetch(12);
  EXPECT_EQ(avro.outcome, Outcome::ok) << avro.problem;
  EXPECT_EQ(avro.format, formats::Format::avro);
  EXPECT_EQ(avro.text, "\"long\"");
  EXPECT_EQ(fetch(13).format, formats::Format::protobuf);
  decode::SchemaId guid;
  for (std::size_t i = 0; i < guid.guid.size(); ++i) guid.guid[i] = static_cast<std::uint8_t>(i * 17);
  const FetchedSchema json = RegistryClient(settings).fetch(guid);
  EXPECT_EQ(json.outcome, Outcome::ok) << json.problem;
  EXPECT_EQ(json.format, formats::Format::json_schema);
  EXPECT_EQ(json.text, "{}");
}

TEST_F(RegistryClientTest, TheLatestSchemaOfASubject) {
  server.set(
      "/subjects/a%2Fb-value/versions/latest",
      {.body = R"({"subject":"a/b-value","version":3,"id":9,"schema":"text","references":[)" + reference("x") + "]}"});
  refer("x", "");
  RegistryClient client(settings);
  const FetchedSchema latest = client.fetch_latest("a/b-value");
  EXPECT_EQ(latest.outcome, Outcome::ok) << latest.problem;
  EXPECT_EQ(latest.text, "text");
  EXPECT_EQ(latest.version, 3);
  EXPECT_THAT(names_of(latest), ElementsAre("n.x=text of x"));
  server.set("/subjects/none-value/versions/latest",
             {.status = 404, .body = R"({"error_code":40401,"message":"Subject 'none-value' not found."})"});
  const FetchedSchema none = client.fetch_latest("none-value");
  EXPECT_EQ(none.outcome, Outcome::unknown);
  EXPECT_THAT(none.problem, HasSubstr("the latest schema of subject none-value is not in the registry"));
}

TEST_F(RegistryClientTest, APathInTheUrlIsKept) {
  server.set("/apis/ccompat/v7/schemas/ids/1", {.body = R"({"schema":"x"})"});
  settings.urls = {server.url() + "/apis/ccompat/v7/"};
  EXPECT_EQ(fetch(1).outcome, Outcome::ok);
}

TEST_F(RegistryClientTest, ReferencesComeDeepestFirstAndEachOnce) {
  server.add(1, fmt::format(R"({{"schema":"root","references":[{},{}]}})", reference("a"), reference("b")));
  refer("a", reference("c"));
  refer("b", reference("c") + "," + reference("a"));
  refer("c", "");
  const FetchedSchema schema = fetch(1);
  EXPECT_EQ(schema.outcome, Outcome::ok) << schema.problem;
  EXPECT_THAT(names_of(schema), ElementsAre("n.c=text of c", "n.a=text of a", "n.b=text of b"));
  for (const char* subject : {"a", "b", "c"}) {
    EXPECT_EQ(server.requests_of(fmt::format("/subjects/{}/versions/1", subject)), 1U) << subject;
  }
}

TEST_F(RegistryClientTest, ASubjectIsPercentEncoded) {
  server.add(1, R"({"schema":"r","references":[{"name":"n","subject":"a/b ü","version":1}]})");
  server.set("/subjects/a%2Fb%20%C3%BC/versions/1", {.body = R"({"schema":"t"})"});
  EXPECT_THAT(names_of(fetch(1)), ElementsAre("n=t"));
}

TEST_F(RegistryClientTest, ReferencesInACircleAreAProblemOfTheSchema) {
  server.add(1, fmt::format(R"({{"schema":"root","references":[{}]}})", reference("a")));
  refer("a", reference("b"));
  refer("b", reference("a"));
  const FetchedSchema schema = fetch(1);
  EXPECT_EQ(schema.outcome, Outcome::unusable);
  EXPECT_THAT(schema.problem, AllOf(HasSubstr("schema 1"), HasSubstr("refers to itself"), HasSubstr("subject a")));
}

TEST_F(RegistryClientTest, MoreThanAThousandReferencesAreAProblemOfTheSchema) {
  std::string all;
  for (int i = 0; i < 1001; ++i) {
    all += (i == 0 ? "" : ",") + reference(fmt::format("s{}", i));
    refer(fmt::format("s{}", i), "");
  }
  server.add(1, fmt::format(R"({{"schema":"root","references":[{}]}})", all));
  EXPECT_EQ(fetch(1).outcome, Outcome::unusable);
  EXPECT_LE(server.requests().size(), 1001U);
}

TEST_F(RegistryClientTest, AReferenceThatIsNotThereIsUnknown) {
  server.add(1, fmt::format(R"({{"schema":"root","references":[{}]}})", reference("gone")));
  const FetchedSchema schema = fetch(1);
  EXPECT_EQ(schema.outcome, Outcome::unknown);
  EXPECT_THAT(schema.problem, AllOf(HasSubstr("schema 1"), HasSubstr("version 1 of subject gone")));
}

TEST_F(RegistryClientTest, EachAnswerHasItsVerdict) {
  const std::string none = R"({"error_code":40403,"message":"Schema 5 not found"})";
  const std::vector<std::tuple<RegistryReply, Outcome, std::string>> answers{
      {{.status = 404, .body = none}, Outcome::unknown, "Schema 5 not found"},
      {{.status = 404, .body = ""}, Outcome::unknown, "schema 5 is not in the registry"},
      {{.status = 401, .body = "{}"}, Outcome::refused, "LOOM_SCHEMA_REGISTRY_USER"},
      {{.status = 403, .body = "{}"}, Outcome::refused, "may not"},
      {{.status = 500, .body = R"({"error_code":50001,"message":"no store"})"}, Outcome::away, "500 (no store)"},
      {{.status = 503, .body = "<html>"}, Outcome::away, "503"},
      {{.status = 429, .body = "{}"}, Outcome::away, "429"},
      {{.status = 418, .body = "{}"}, Outcome::away, "418"},
      {{.status = 422, .body = "{}"}, Outcome::away, "422"},
      {{.status = 200, .body = "<html>welcome</html>"}, Outcome::away, "something else than JSON"},
      {{.status = 200, .body = R"({"schemas":1})"}, Outcome::away, "something else than a schema"},
      {{.status = 200, .body = R"({"schema":"x")"}, Outcome::away, "something else than a schema"},
      {{.status = 200, .body = R"({"schema":"x","schemaType":"XML"})"}, Outcome::unusable, "XML"},
  };
  for (const auto& [answer, outcome, words] : answers) {
    server.set("/schemas/ids/5", answer);
    const FetchedSchema schema = fetch(5);
    EXPECT_EQ(schema.outcome, outcome) << answer.status << " " << answer.body << ": " << schema.problem;
    EXPECT_THAT(schema.problem, HasSubstr(words));
  }
}

TEST_F(RegistryClientTest, A404OfWhatIsNoRegistryIsAnOutage) {
  server.answer_all({.status = 404, .body = R"({"status":404,"title":"no such page"})"});
  const FetchedSchema schema = fetch(1);
  EXPECT_EQ(schema.outcome, Outcome::away);
  EXPECT_THAT(schema.problem, AllOf(HasSubstr(server.url()), HasSubstr("/apis/ccompat/v7")));
}

TEST_F(RegistryClientTest, TheRegistrySaysForHowLongToLeaveItAlone) {
  server.answer_all({.status = 429, .body = "{}", .headers = {{"Retry-After", "7"}}});
  EXPECT_EQ(fetch(1).retry_after, seconds(7));
  server.answer_all({.status = 503, .body = "{}", .headers = {{"Retry-After", "3600"}}});
  EXPECT_EQ(fetch(1).retry_after, seconds(30));
}

TEST_F(RegistryClientTest, ASlowAnswerAndNoneAreOutages) {
  server.answer_all({.body = R"({"schema":"x"})", .delay = seconds(3)});
  const auto before = std::chrono::steady_clock::now();
  const FetchedSchema slow = fetch(1);
  EXPECT_EQ(slow.outcome, Outcome::away);
  EXPECT_THAT(slow.problem, HasSubstr("within 1000 ms"));
  EXPECT_LT(std::chrono::steady_clock::now() - before, seconds(2));
  server.kill();
  const FetchedSchema none = fetch(1);
  EXPECT_EQ(none.outcome, Outcome::away);
  EXPECT_THAT(none.problem, AllOf(HasSubstr(server.url()), HasSubstr("does the registry run?")));
  settings.urls = {"https://127.0.0.1:" + std::to_string(server.port())};
  server.restart();
  server.clear();
  EXPECT_EQ(fetch(1).outcome, Outcome::away) << "no TLS there";
}

TEST_F(RegistryClientTest, OfSeveralUrlsTheOneThatAnsweredLastIsAskedFirst) {
  RegistryServer second;
  settings.urls = {server.url(), second.url()};
  server.kill();
  second.add(1, R"({"schema":"x"})");
  RegistryClient client(settings);
  EXPECT_EQ(client.fetch(numbered(1)).outcome, Outcome::ok);
  server.restart();
  EXPECT_EQ(client.fetch(numbered(1)).outcome, Outcome::ok);
  EXPECT_EQ(server.requests().size(), 0U);
  second.kill();
  EXPECT_EQ(client.fetch(numbered(1)).outcome, Outcome::unknown) << "the first one has no schema 1";
  server.kill();
  EXPECT_THAT(client.fetch(numbered(1)).problem, AllOf(HasSubstr(server.url()), HasSubstr(second.url())));
}

TEST_F(RegistryClientTest, AnAnswerThatIsTooLargeIsAProblemOfTheSchema) {
  settings.body_max = 1000;
  server.add(1, fmt::format(R"({{"schema":"{}"}})", std::string(2000, 'x')));
  const FetchedSchema schema = fetch(1);
  EXPECT_EQ(schema.outcome, Outcome::unusable);
  EXPECT_THAT(schema.problem, HasSubstr("more than 1000 bytes"));
  server.add(2, fmt::format(R"({{"schema":"{}","references":[{}]}})", std::string(600, 'x'), reference("a")));
  server.set("/subjects/a/versions/1", {.body = fmt::format(R"({{"schema":"{}"}})", std::string(600, 'y'))});
  EXPECT_EQ(fetch(2).outcome, Outcome::unusable);
}

TEST_F(RegistryClientTest, ARedirectIsFollowedWithinTheServerOnly) {
  server.add(1, R"({"schema":"here"})");
  const auto to = [&](const std::string& where) {
    server.set("/schemas/ids/2", {.status = 302, .body = "", .headers = {{"Location", where}}});
  };
  to("/schemas/ids/1");
  EXPECT_EQ(fetch(2).text, "here");
  to(server.url() + "/schemas/ids/1");
  EXPECT_EQ(fetch(2).text, "here");
  RegistryServer other;
  settings.token = "s3cret";
  to(other.url() + "/schemas/ids/1");
  const FetchedSchema elsewhere = fetch(2);
  EXPECT_EQ(elsewhere.outcome, Outcome::away);
  EXPECT_THAT(elsewhere.problem, HasSubstr("another server"));
  EXPECT_TRUE(other.requests().empty());
  to("/schemas/ids/2");
  EXPECT_THAT(fetch(2).problem, HasSubstr("again and again"));
}

TEST_F(RegistryClientTest, TheLoginIsSentAndNeverShown) {
  server.answer_all({.status = 401, .body = R"({"error_code":401,"message":"no hunter2 and no s3cret here"})"});
  settings.user = "me";
  settings.password = "hunter2";
  EXPECT_THAT(fetch(1).problem, AllOf(HasSubstr("no *** and"), Not(HasSubstr("hunter2"))));
  EXPECT_EQ(server.requests().back().authorization, "Basic bWU6aHVudGVyMg==");
  settings.user.clear();
  settings.password.clear();
  settings.token = "s3cret";
  EXPECT_THAT(fetch(1).problem, AllOf(HasSubstr("***"), Not(HasSubstr("s3cret"))));
  EXPECT_EQ(server.requests().back().authorization, "Bearer s3cret");
}

TEST_F(RegistryClientTest, ASchemaIsRegisteredWithItsReferences) {
  server.set("/subjects/orders-value/versions", {.body = R"({"id":77})"});
  RegistryClient client(settings);
  const Registered done =
      client.register_schema("orders-value", {formats::Format::protobuf, "text", {{"a.proto", "a", 2}}});
  EXPECT_EQ(done.outcome, Outcome::ok) << done.problem;
  EXPECT_EQ(done.id, 77U);
  EXPECT_EQ(server.requests().back().method, "POST");
  EXPECT_EQ(server.requests().back().body,
            R"({"schemaType":"PROTOBUF","schema":"text","references":[{"name":"a.proto","subject":"a","version":2}]})");
  server.set("/subjects/orders-value/versions",
             {.status = 409, .body = R"({"error_code":409,"message":"incompatible"})"});
  const Registered refused = client.register_schema("orders-value", {});
  EXPECT_EQ(refused.outcome, Outcome::unusable);
  EXPECT_THAT(refused.problem, HasSubstr("incompatible"));
}

TEST_F(RegistryClientTest, StopEndsARequestThatRuns) {
  settings.timeout = seconds(20);
  server.answer_all({.body = "{}", .delay = seconds(20)});
  RegistryClient client(settings);
  const auto before = std::chrono::steady_clock::now();
  std::thread stopper([&] {
    std::this_thread::sleep_for(milliseconds(200));
    client.stop();
  });
  EXPECT_EQ(client.fetch(numbered(1)).outcome, Outcome::away);
  stopper.join();
  EXPECT_LT(std::chrono::steady_clock::now() - before, seconds(3));
}

}  // namespace
}  // namespace loom::registry
