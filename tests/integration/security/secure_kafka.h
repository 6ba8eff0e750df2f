#pragma once

#include <memory>
#include <string>

#include "security/certificates.h"
#include "support/kafka_server.h"
#include "support/service_process.h"

namespace loom::testing {

/// A broker whose clients have to say who they are: PLAIN, SCRAM and OAUTHBEARER over TLS, client certificates, and
/// SASL without TLS. One for all tests of this program, since it takes seconds to start.
/// Threads: one at a time.
class SecureKafka {
 public:
  static constexpr const char* kUser = "loom";
  /// With what shells, URLs, YAML and JAAS each read in their own way; a part of it must not be seen either.
  static constexpr const char* kPassword = "S3cret-Kafka%21&pass;word";

  static SecureKafka& shared();

  /// For topics and messages of tests, by the listener without TLS or password.
  KafkaServer& server() { return *server_; }
  [[nodiscard]] const Certificates& certificates() const { return authority_; }
  [[nodiscard]] const Certificates& strangers() const { return strangers_; }

  /// Settings of the service for a listener, the authority trusted.
  [[nodiscard]] Environment tls() const;
  /// Kafka 4.0 and newer refuse the SCRAM of librdkafka before 2.6.1.
  static bool takes_our_scram();
  [[nodiscard]] Environment sasl(const std::string& mechanism, const std::string& password = kPassword) const;
  [[nodiscard]] Environment client_certificate() const;

 private:
  SecureKafka();
  [[nodiscard]] std::string address(const std::string& listener) const;

  Certificates authority_{"loom test authority"};
  Certificates strangers_{"another authority"};
  std::unique_ptr<KafkaServer> server_;
};

}  // namespace loom::testing
