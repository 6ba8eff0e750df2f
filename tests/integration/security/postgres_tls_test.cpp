// PostgreSQL behind TLS, as sslmode=verify-full wants it, with passwords and with client certificates.
#include <fmt/format.h>

#include <fstream>

#include "security/certificates.h"
#include "support/service_test.h"

namespace loom::testing {
namespace {

constexpr const char* kWrongPassword = "not-the-right-one";

/// Made before the server that reads them.
struct TlsFiles {
  Certificates authority{"loom test authority"};
  Certificates strangers{"another authority"};
  std::string hba;

  TlsFiles() {
    authority.sign("server", "DNS:localhost");
    authority.sign("service", "DNS:service");
    strangers.sign("service", "DNS:service");
    hba = authority.path("pg_hba.conf");
    std::ofstream(hba) << "host    all postgres  127.0.0.1/32 trust\n"  // the tests' own look
                          "hostssl all secret    127.0.0.1/32 scram-sha-256\n"
                          "hostssl all certified 127.0.0.1/32 cert map=certified\n";
    std::ofstream(authority.path("pg_ident.conf")) << "certified service certified\n";
  }
};

class PostgresTlsTest : private TlsFiles, public ServiceTest {
 protected:
  PostgresTlsTest() : ServiceTest(server(*this), KafkaServer::shared()) {
    database().run(
        "DROP ROLE IF EXISTS secret, certified; CREATE ROLE secret LOGIN SUPERUSER PASSWORD 'it''s a %41 secret';"
        "CREATE ROLE certified LOGIN SUPERUSER;");
    database().run(numbered_table("numbers"));
  }

  /// The test's database for this role and with these parameters behind.
  [[nodiscard]] std::string url(const std::string& user, const std::string& host, const std::string& parameters) const {
    const std::string port = database().value("SHOW port");
    const std::string name = database().value("SELECT current_database()");
    return fmt::format("postgresql://{}@{}:{}/{}?{}", user, host, port, name, parameters);
  }
  [[nodiscard]] std::string trusting(const Certificates& whom) const {
    return "sslmode=verify-full&sslrootcert=" + whom.authority();
  }
  [[nodiscard]] std::string showing(const Certificates& whose) const {
    return fmt::format("{}&sslcert={}&sslkey={}", trusting(authority), whose.path("service.pem"),
                       whose.path("service.key"));
  }

  void expect_to_store(const Environment& settings) {
    const std::string topic = new_topic("tls", 2);
    map(numbered_mapping(topic, "numbers"));
    send_numbered(topic, 0, 300);
    auto& service = start(settings);
    ASSERT_TRUE(drained(topic));
    EXPECT_TRUE(every_one_once("numbers", 300));
    // All its sessions, that of the control path too.
    EXPECT_EQ(database().value("SELECT count(*) FROM pg_stat_activity a LEFT JOIN pg_stat_ssl s USING (pid) WHERE "
                               "application_name = 'kafka-to-db-consumer' AND NOT coalesce(s.ssl, false)"),
              "0");
    EXPECT_NE(database().value("SELECT count(*) FROM pg_stat_activity WHERE application_name = 'kafka-to-db-consumer'"),
              "0");
    const auto end = service.terminate();
    ASSERT_TRUE(end.has_value());
    EXPECT_EQ(end->exit_code, 0);
  }

  /// A command fails with this in its one line of error, and the service waits and says so.
  void expect_refusal(const std::string& database_url, const std::string& words) {
    map(numbered_mapping("any", "numbers"));
    const CommandResult migrate = command({"migrate"}, {{"LOOM_DATABASE_URL", database_url}});
    EXPECT_EQ(migrate.exit_code, 1);
    EXPECT_NE(migrate.err.find(words), std::string::npos) << migrate.err;
    auto& service = start({{"LOOM_DATABASE_URL", database_url}});
    EXPECT_TRUE(await(seconds(20), [&] { return service.logged(words); })) << service.log();
    EXPECT_TRUE(service.running());
    EXPECT_FALSE(service.logged(kWrongPassword));
    EXPECT_EQ(migrate.err.find(kWrongPassword), std::string::npos);
    service.kill9();
  }

  [[nodiscard]] const Certificates& ours() const { return authority; }
  [[nodiscard]] const Certificates& others() const { return strangers; }

 private:
  static std::unique_ptr<PostgresServer> server(const TlsFiles& files) {
    return std::make_unique<PostgresServer>(std::vector<std::string>{
        "ssl=on", "ssl_cert_file=" + files.authority.path("server.pem"),
        "ssl_key_file=" + files.authority.path("server.key"), "ssl_ca_file=" + files.authority.authority(),
        "hba_file=" + files.hba, "ident_file=" + files.authority.path("pg_ident.conf")});
  }
};

TEST_F(PostgresTlsTest, VerifyFullWithAPasswordFromAFile) {
  const std::string full = url("secret:it%27s%20a%20%2541%20secret", "localhost", trusting(ours()));
  Environment settings{{"LOOM_DATABASE_URL_FILE", folder().write("database-url", full + "\n")}};
  Environment all = environment(settings);
  all.erase("LOOM_DATABASE_URL");
  const std::string topic = new_topic("tls", 2);
  map(numbered_mapping(topic, "numbers"));
  send_numbered(topic, 0, 300);
  start_with(all);
  ASSERT_TRUE(drained(topic));
  EXPECT_TRUE(every_one_once("numbers", 300));
  EXPECT_EQ(database().value("SELECT bool_and(s.ssl) FROM pg_stat_activity JOIN pg_stat_ssl s USING (pid) WHERE "
                             "application_name = 'kafka-to-db-consumer'"),
            "t");
}

TEST_F(PostgresTlsTest, AClientCertificateInsteadOfAPassword) {
  expect_to_store({{"LOOM_DATABASE_URL", url("certified", "localhost", showing(ours()))}});
}

TEST_F(PostgresTlsTest, WhatIsNotTrustedIsRefusedInClearWords) {
  expect_refusal(url("certified", "localhost", trusting(others())), "certificate verify failed");
  // The certificate says localhost.
  expect_refusal(url("certified", "127.0.0.1", showing(ours())), "does not match host name \"127.0.0.1\"");
  expect_refusal(url("certified", "localhost", showing(others())), "nknown");
  expect_refusal(url(std::string("secret:") + kWrongPassword, "localhost", trusting(ours())),
                 "password authentication failed");
  expect_refusal(url(std::string("secret:") + kWrongPassword, "localhost", "sslmode=disable"), "no pg_hba.conf entry");
}

}  // namespace
}  // namespace loom::testing
