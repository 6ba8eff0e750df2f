#include "security/secure_kafka.h"

#include <fmt/format.h>
#include <librdkafka/rdkafka.h>

#include <cstdlib>
#include <vector>

namespace loom::testing {
namespace {

KafkaSettings settings(const Certificates& certificates) {
  const std::string plain = fmt::format(
      "org.apache.kafka.common.security.plain.PlainLoginModule required username=\"broker\" password=\"broker-secret\" "
      "user_{}=\"{}\";",
      SecureKafka::kUser, SecureKafka::kPassword);
  const std::string scram = "org.apache.kafka.common.security.scram.ScramLoginModule required;";
  const std::string bearer =
      "org.apache.kafka.common.security.oauthbearer.OAuthBearerLoginModule required "
      "unsecuredLoginStringClaim_sub=\"broker\";";
  KafkaSettings settings;
  // The certificate is for this name, and clients compare.
  settings.listeners = {{.name = "TLS", .protocol = "SSL", .advertised = "localhost"},
                        {.name = "MUTUAL", .protocol = "SSL", .advertised = "localhost"},
                        {.name = "SASLTLS", .protocol = "SASL_SSL", .advertised = "localhost"}};
  settings.properties = {"ssl.keystore.type=PEM",
                         "ssl.keystore.location=" + certificates.path("localhost.both.pem"),
                         "ssl.truststore.type=PEM",
                         "ssl.truststore.location=" + certificates.authority(),
                         "listener.name.mutual.ssl.client.auth=required",
                         "listener.name.sasltls.sasl.enabled.mechanisms=PLAIN,SCRAM-SHA-256,SCRAM-SHA-512,OAUTHBEARER",
                         "listener.name.sasltls.plain.sasl.jaas.config=" + plain,
                         "listener.name.sasltls.scram-sha-256.sasl.jaas.config=" + scram,
                         "listener.name.sasltls.scram-sha-512.sasl.jaas.config=" + scram,
                         "listener.name.sasltls.oauthbearer.sasl.jaas.config=" + bearer};
  return settings;
}

/// SCRAM's users live in the cluster, not in the broker's settings. It takes one mechanism at a time.
void add_scram_user(const KafkaServer& server, const std::string& mechanism) {
  server.tool({"configs", "--alter", "--add-config",
               fmt::format("{}=[iterations=4096,password={}]", mechanism, SecureKafka::kPassword), "--entity-type",
               "users", "--entity-name", SecureKafka::kUser});
}

}  // namespace

SecureKafka& SecureKafka::shared() {
  static SecureKafka broker;
  return broker;
}

SecureKafka::SecureKafka() {
  authority_.sign("localhost", "DNS:localhost");
  authority_.sign("client", "DNS:client");
  server_ = std::make_unique<KafkaServer>(settings(authority_));
  for (const char* mechanism : {"SCRAM-SHA-256", "SCRAM-SHA-512"}) add_scram_user(*server_, mechanism);
}

bool SecureKafka::takes_our_scram() {
  constexpr int kFirstRight = 0x02060100;
  const char* const release = std::getenv("LOOM_KAFKA_VERSION");
  const bool old_broker = release == nullptr || std::atoi(release) < 4;
  return old_broker || rd_kafka_version() >= kFirstRight;
}

std::string SecureKafka::address(const std::string& listener) const {
  const std::string bound = server_->address(listener);
  return "localhost" + bound.substr(bound.rfind(':'));
}

Environment SecureKafka::tls() const {
  return {{"LOOM_KAFKA_BOOTSTRAP_SERVERS", address("TLS")},
          {"LOOM_RDKAFKA_SECURITY_PROTOCOL", "SSL"},
          {"LOOM_RDKAFKA_SSL_CA_LOCATION", authority_.authority()}};
}

Environment SecureKafka::client_certificate() const {
  Environment all = tls();
  all["LOOM_KAFKA_BOOTSTRAP_SERVERS"] = address("MUTUAL");
  all["LOOM_RDKAFKA_SSL_CERTIFICATE_LOCATION"] = authority_.path("client.pem");
  all["LOOM_RDKAFKA_SSL_KEY_LOCATION"] = authority_.path("client.key");
  return all;
}

Environment SecureKafka::sasl(const std::string& mechanism, const std::string& password) const {
  return {{"LOOM_KAFKA_BOOTSTRAP_SERVERS", address("SASLTLS")},
          {"LOOM_RDKAFKA_SECURITY_PROTOCOL", "SASL_SSL"},
          {"LOOM_RDKAFKA_SSL_CA_LOCATION", authority_.authority()},
          {"LOOM_RDKAFKA_SASL_MECHANISM", mechanism},
          {"LOOM_RDKAFKA_SASL_USERNAME", kUser},
          {"LOOM_RDKAFKA_SASL_PASSWORD", password}};
}

}  // namespace loom::testing
