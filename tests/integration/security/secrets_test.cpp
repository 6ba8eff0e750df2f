// No secret in anything that the program says: every command and the service, in success and failure, as talkative as
// they can be.
#include <fmt/format.h>

#include <algorithm>

#include "security/secure_kafka.h"
#include "support/service_test.h"

namespace loom::testing {
namespace {

class SecretsTest : public ServiceTest {
 protected:
  SecretsTest() : ServiceTest(nullptr, SecureKafka::shared().server()) {}

  static SecureKafka& secure() { return SecureKafka::shared(); }

  /// The test's database as a URL with this user information.
  [[nodiscard]] std::string url_with(const std::string& user_information, const std::string& parameters = "") const {
    return fmt::format("postgresql://{}@127.0.0.1:{}/{}{}", user_information, database().value("SHOW port"),
                       database().value("SELECT current_database()"), parameters);
  }

  /// Every mark that a secret of these tests carries; each starts with letters that nothing else has.
  static void expect_no_secret(const std::string& text, const std::string& where) {
    for (const char* mark : {"Zq7", "zq7", "S3cret-Kafka", "pass;word", "broker-secret", "key-Zq7"}) {
      const std::size_t at = text.find(mark);
      EXPECT_EQ(at, std::string::npos) << where << " shows \"" << mark
                                       << "\": " << text.substr(at > 200 ? at - 200 : 0, 400);
    }
  }
  CommandResult expect_silent(const std::vector<std::string>& arguments, const Environment& settings) const {
    CommandResult done = command(arguments, talkative(settings));
    expect_no_secret(done.out + done.err, arguments[0] + " (exit code " + std::to_string(done.exit_code) + ")");
    EXPECT_FALSE((done.out + done.err).empty()) << arguments[0];
    return done;
  }
  static Environment talkative(Environment settings) {
    settings.insert({{"LOOM_LOG_LEVEL", "trace"}, {"LOOM_RDKAFKA_DEBUG", "all"}});
    return settings;
  }
  static Environment joined(Environment all, const Environment& more) {
    for (const auto& [name, value] : more) all[name] = value;
    return all;
  }
};

TEST_F(SecretsTest, AServiceThatWorks) {
  const std::string topic = new_topic("quiet", 1);
  map(numbered_mapping(topic, "numbers"));
  database().run(numbered_table("numbers"));
  send_numbered(topic, 0, 50);
  std::string role = unique_name("quiet");
  std::replace(role.begin(), role.end(), '-', '_');
  database().run("CREATE ROLE " + role + " LOGIN SUPERUSER PASSWORD 'Zq7/db@pw%'");
  const Environment settings =
      talkative(joined(secure().sasl(SecureKafka::takes_our_scram() ? "SCRAM-SHA-256" : "PLAIN"),
                       {{"LOOM_DATABASE_URL", url_with(role + ":Zq7%2Fdb%40pw%25")}}));
  auto& service = start(settings);
  ASSERT_TRUE(drained(topic));
  for (const std::vector<std::string>& arguments :
       std::vector<std::vector<std::string>>{{"lag"},
                                             {"migrate", "--status"},
                                             {"create-tables"},
                                             {"validate", "--database"},
                                             {"dead-letters", "list"},
                                             {"offsets", "show"},
                                             {"produce-sample", "--topic", topic, "--count", "3"}}) {
    const CommandResult done = expect_silent(arguments, settings);
    EXPECT_EQ(done.exit_code, 0) << arguments[0] << ": " << last_lines(done.err, 5);
  }
  service.terminate();
  EXPECT_TRUE(service.logged("librdkafka")) << "nothing of librdkafka's: is it talkative?";
  expect_no_secret(service.log(), "the log");
  database().run("REASSIGN OWNED BY " + role + " TO CURRENT_USER; DROP ROLE " + role);
}

TEST_F(SecretsTest, FailuresOfKafka) {
  map(numbered_mapping("any", "numbers"));
  database().run(numbered_table("numbers"));
  Environment wrong_key = secure().client_certificate();
  secure().certificates().lock("client", "key-Zq7-right");
  wrong_key["LOOM_RDKAFKA_SSL_KEY_LOCATION"] = secure().certificates().path("client.locked.key");
  wrong_key["LOOM_RDKAFKA_SSL_KEY_PASSWORD"] = "key-Zq7-wrong";
  Environment pem = secure().tls();
  pem["LOOM_RDKAFKA_SSL_KEY_PEM"] = "-----BEGIN PRIVATE KEY-----\nZq7Zq7Zq7\n-----END PRIVATE KEY-----\n";
  Environment bearer = secure().sasl("OAUTHBEARER");
  bearer["LOOM_RDKAFKA_SASL_OAUTHBEARER_METHOD"] = "oidc";
  bearer["LOOM_RDKAFKA_SASL_OAUTHBEARER_CLIENT_ID"] = "loom";
  bearer["LOOM_RDKAFKA_SASL_OAUTHBEARER_CLIENT_SECRET"] = "Zq7-client";
  bearer["LOOM_RDKAFKA_SASL_OAUTHBEARER_TOKEN_ENDPOINT_URL"] = "https://localhost:1/token";
  Environment misspelt = secure().sasl("PLAIN");
  misspelt["LOOM_RDKAFKA_SASL_PASWORD"] = "Zq7-misspelt";
  for (const Environment& broken : {secure().sasl("PLAIN", "Zq7-wrong"), wrong_key, pem, bearer, misspelt}) {
    const Environment settings = talkative(broken);
    auto& service = start(settings);
    // Those that can be made wait for the broker, and have said everything by then.
    await(seconds(9), [&] { return !service.running() || service.logged("uthentication failed"); });
    service.kill9();
    EXPECT_FALSE(service.log().empty());
    expect_no_secret(service.log(), "the log");
  }
}

TEST_F(SecretsTest, FailuresOfTheDatabase) {
  map(numbered_mapping("any", "numbers"));
  const std::vector<std::string> urls{
      // Nobody listens; the role does not exist; the name does not resolve.
      "postgresql://loom:Zq7-closed@127.0.0.1:1/loom",
      url_with("nobody:Zq7-nobody"),
      "postgresql://loom:Zq7%2Fnowhere@no-such-host.invalid/loom",
      // What is not percent-encoded though it must be.
      "postgresql://loom:Zq7/slash@127.0.0.1:1/loom",
      "postgresql://loom:Zq7@Zq7at@127.0.0.1:1/loom",
      "postgresql://loom:Zq7%zz@127.0.0.1:1/loom",
      "postgresql://loom:Zq7%@127.0.0.1:1/loom",
      "postgresql://loom:Zq7?question@127.0.0.1:1/loom",
      "postgresql://loom:Zq7#hash@127.0.0.1:1/loom",
      "postgresql://loom:Zq7:colon@127.0.0.1:1/loom",
      "postgresql://loom:Zq7 space@127.0.0.1:1/loom",
      "postgresql://loom:[Zq7@127.0.0.1:1/loom",
      "postgresql+asyncpg://loom:Zq7@127.0.0.1:1/loom?ssl=Zq7",
      "mysql://loom:Zq7-mysql@127.0.0.1:1/loom",
      // As a parameter, and as key=value pairs.
      "postgresql://127.0.0.1:1/loom?user=loom&password=Zq7-parameter",
      "postgresql://loom@127.0.0.1:1/loom?password=Zq7%zz",
      "postgresql://loom@127.0.0.1:1/loom?passwort=Zq7-misspelt",
      "host=127.0.0.1 port=1 user=loom password=Zq7-pair",
      "host=127.0.0.1 port=1 user=loom password='Zq7 quoted'",
      "host=127.0.0.1 port=1 user=loom password=first Zq7-space",
      "host=127.0.0.1 port=1 user=loom password='Zq7 open",
      "host=127.0.0.1 port=1 user=loom passwort=Zq7-pair",
      "Zq7-only",
  };
  for (const std::string& url : urls) {
    SCOPED_TRACE(url);
    const Environment settings = talkative({{"LOOM_DATABASE_URL", url}});
    for (const std::vector<std::string>& arguments :
         std::vector<std::vector<std::string>>{{"migrate"}, {"validate", "--database"}, {"create-tables"}}) {
      EXPECT_NE(expect_silent(arguments, settings).exit_code, 0);
    }
    auto& service = start(settings);
    await(seconds(1), [&] { return !service.running() || service.logged("the database is not ready"); });
    service.kill9();
    EXPECT_FALSE(service.log().empty());
    expect_no_secret(service.log(), "the log");
  }
}

}  // namespace
}  // namespace loom::testing
