// Kafka behind TLS and SASL: what is right works, also for the commands; what is wrong is said in a line that names it.
#include "security/secure_kafka.h"
#include "support/service_test.h"

namespace loom::testing {
namespace {

class KafkaSecurityTest : public ServiceTest {
 protected:
  KafkaSecurityTest() : ServiceTest(nullptr, SecureKafka::shared().server()) {}

  static SecureKafka& secure() { return SecureKafka::shared(); }

  /// Messages that were there before and messages that come later are stored by a service with these settings.
  void expect_to_store(const Environment& settings) {
    const std::string topic = new_topic("secured", 2);
    map(numbered_mapping(topic, "numbers"));
    database().run(numbered_table("numbers"));
    send_numbered(topic, 0, 200);
    auto& service = start(settings);
    ASSERT_TRUE(await_count("numbers", 200));
    send_numbered(topic, 200, 400);
    ASSERT_TRUE(drained(topic));
    EXPECT_TRUE(every_one_once("numbers", 400));
    const CommandResult lag = command({"lag", "--json"}, settings);
    EXPECT_EQ(lag.exit_code, 0) << lag.err;
    EXPECT_NE(lag.out.find(R"("total_lag":0)"), std::string::npos) << lag.out;
    const auto end = service.terminate();
    ASSERT_TRUE(end.has_value());
    EXPECT_EQ(end->exit_code, 0);
  }

  /// Where the library is too old for this broker's SCRAM, that is said.
  void expect_scram_to_store(const Environment& settings) {
    if (SecureKafka::takes_our_scram()) {
      expect_to_store(settings);
    } else {
      expect_refusal(settings, {"takes librdkafka 2.6.1 or newer"});
    }
  }

  /// Nothing is stored, and the log names the reason.
  void expect_refusal(const Environment& settings, const std::vector<std::string>& words) {
    const std::string topic = new_topic("refused", 1);
    map(numbered_mapping(topic, "numbers"));
    database().run(numbered_table("numbers"));
    send_numbered(topic, 0, 10);
    auto& service = start(settings);
    for (const auto& word : words) {
      EXPECT_TRUE(await(seconds(15), [&] { return service.logged(word); })) << "the log does not say: " << word;
    }
    EXPECT_TRUE(service.running()) << "what is mended at the broker must not need a restart here";
    EXPECT_EQ(count("numbers"), 0);
    const auto end = service.terminate();
    ASSERT_TRUE(end.has_value());
    EXPECT_EQ(end->exit_code, 0);
  }
};

TEST_F(KafkaSecurityTest, Tls) { expect_to_store(secure().tls()); }

TEST_F(KafkaSecurityTest, AClientCertificate) { expect_to_store(secure().client_certificate()); }

TEST_F(KafkaSecurityTest, AClientKeyBehindAPassword) {
  secure().certificates().lock("client", "key-password");
  Environment settings = secure().client_certificate();
  settings["LOOM_RDKAFKA_SSL_KEY_LOCATION"] = secure().certificates().path("client.locked.key");
  settings["LOOM_RDKAFKA_SSL_KEY_PASSWORD_FILE"] = folder().write("key-password", "key-password\n");
  expect_to_store(settings);
}

TEST_F(KafkaSecurityTest, SaslPlain) { expect_to_store(secure().sasl("PLAIN")); }
TEST_F(KafkaSecurityTest, SaslScramSha256) { expect_scram_to_store(secure().sasl("SCRAM-SHA-256")); }

TEST_F(KafkaSecurityTest, SaslScramSha512WithItsPasswordFromAFile) {
  Environment settings = secure().sasl("SCRAM-SHA-512");
  settings.erase("LOOM_RDKAFKA_SASL_PASSWORD");
  settings["LOOM_RDKAFKA_SASL_PASSWORD_FILE"] =
      folder().write("sasl-password", std::string(SecureKafka::kPassword) + "\n");
  expect_scram_to_store(settings);
}

// Tokens that nobody signed, which Kafka's own test handler takes: the whole way from the property to the broker.
TEST_F(KafkaSecurityTest, SaslOauthbearer) {
  Environment settings = secure().sasl("OAUTHBEARER");
  settings.erase("LOOM_RDKAFKA_SASL_USERNAME");
  settings.erase("LOOM_RDKAFKA_SASL_PASSWORD");
  settings["LOOM_RDKAFKA_ENABLE_SASL_OAUTHBEARER_UNSECURE_JWT"] = "true";
  settings["LOOM_RDKAFKA_SASL_OAUTHBEARER_CONFIG"] = "principal=loom";
  expect_to_store(settings);
}

TEST_F(KafkaSecurityTest, AWrongPasswordIsSaid) {
  const Environment settings = secure().sasl("PLAIN", "wrong-password");
  expect_refusal(settings, {"Authentication failed"});
  const CommandResult lag = command({"lag"}, settings);
  EXPECT_EQ(lag.exit_code, 1) << lag.out;
  EXPECT_NE(lag.err.find("Authentication failed"), std::string::npos) << lag.err;
}

TEST_F(KafkaSecurityTest, AWrongScramPasswordIsSaid) {
  expect_refusal(secure().sasl("SCRAM-SHA-512", "wrong-password"), {"uthentication failed"});
}

TEST_F(KafkaSecurityTest, AnUnknownAuthorityIsSaid) {
  Environment settings = secure().tls();
  settings["LOOM_RDKAFKA_SSL_CA_LOCATION"] = secure().strangers().authority();
  expect_refusal(settings, {"certificate verify failed"});
}

TEST_F(KafkaSecurityTest, AnotherHostsCertificateIsSaid) {
  Environment settings = secure().tls();
  std::string& address = settings["LOOM_KAFKA_BOOTSTRAP_SERVERS"];
  address = "127.0.0.1" + address.substr(address.rfind(':'));
  expect_refusal(settings, {"certificate verify failed"});
}

TEST_F(KafkaSecurityTest, AMissingAuthorityFileEndsTheStart) {
  Environment settings = secure().tls();
  settings["LOOM_RDKAFKA_SSL_CA_LOCATION"] = "/nowhere/ca.pem";
  map(numbered_mapping("any", "numbers"));
  auto& service = start(settings);
  const auto end = service.await_end(seconds(20));
  ASSERT_TRUE(end.has_value());
  EXPECT_NE(end->exit_code, 0);
  EXPECT_TRUE(service.logged("ssl.ca.location"));
}

}  // namespace
}  // namespace loom::testing
