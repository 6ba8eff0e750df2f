// The command `healthcheck`, asked of a server that answers well, badly, not at all, and of none.
#include <arpa/inet.h>
#include <gmock/gmock.h>
#include <sys/socket.h>
#include <unistd.h>

#include <chrono>
#include <memory>

#include "app/commands.h"
#include "http/server.h"

namespace loom::app {
namespace {

using ::testing::HasSubstr;
using ::testing::internal::CaptureStderr;
using ::testing::internal::CaptureStdout;
using ::testing::internal::GetCapturedStderr;
using ::testing::internal::GetCapturedStdout;

class HealthTest : public ::testing::Test {
 protected:
  struct Checked {
    int exit_code = 0;
    std::string out;
    std::string err;
  };

  void serve(int ready_status) {
    using Method = http::Route::Method;
    server_ = std::make_unique<http::Server>(
        http::ServerSettings{.host = "127.0.0.1", .port = 0},
        std::vector<http::Route>{{Method::get, "/healthz", [] { return http::Answer{.body = "{\"alive\":true}\n"}; }},
                                 {Method::get, "/readyz", [ready_status] {
                                    return http::Answer{.status = ready_status, .body = "{\"database\":\"away\"}\n"};
                                  }}});
    config_.http_port = server_->port();
  }

  Checked check(bool ready = false) {
    CaptureStdout();
    CaptureStderr();
    const int code = check_health(config_, {.ready = ready});
    return {.exit_code = code, .out = GetCapturedStdout(), .err = GetCapturedStderr()};
  }

  settings::Config config_;  // listens on 0.0.0.0, as by default

 private:
  std::unique_ptr<http::Server> server_;
};

/// A listening socket that nobody accepts from: connections succeed, answers never come.
class Silent {
 public:
  Silent() : socket_(::socket(AF_INET, SOCK_STREAM, 0)) {
    address_.sin_family = AF_INET;
    address_.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    socklen_t size = sizeof address_;
    EXPECT_EQ(::bind(socket_, generic(), size), 0);
    EXPECT_EQ(::listen(socket_, 4), 0);
    EXPECT_EQ(::getsockname(socket_, generic(), &size), 0);
  }
  ~Silent() { ::close(socket_); }
  Silent(const Silent&) = delete;
  Silent& operator=(const Silent&) = delete;

  [[nodiscard]] std::uint16_t port() const { return ntohs(address_.sin_port); }

 private:
  sockaddr* generic() { return reinterpret_cast<sockaddr*>(&address_); }

  int socket_;
  sockaddr_in address_{};
};

TEST_F(HealthTest, AServiceThatLivesIsHealthyOnWhateverAddressItListens) {
  serve(200);
  for (const char* host : {"0.0.0.0", "", "127.0.0.1"}) {
    config_.http_host = host;
    const Checked checked = check();
    EXPECT_EQ(checked.exit_code, 0) << host << ": " << checked.err;
    EXPECT_EQ(checked.out, "{\"alive\":true}\n");
  }
}

TEST_F(HealthTest, ReadinessIsAskedForOnlyWhenWanted) {
  serve(503);
  EXPECT_EQ(check().exit_code, 0);
  const Checked ready = check(true);
  EXPECT_EQ(ready.exit_code, 1);
  EXPECT_THAT(ready.err, HasSubstr("/readyz: 503 {\"database\":\"away\"}\n"));
}

TEST_F(HealthTest, AnAddressThatNobodyListensOnIsNotHealthy) {
  {
    Silent gone;
    config_.http_port = gone.port();
  }
  const Checked checked = check();
  EXPECT_EQ(checked.exit_code, 1);
  EXPECT_THAT(checked.err, HasSubstr("error: http://127.0.0.1:" + std::to_string(config_.http_port) + "/healthz: "));
}

TEST_F(HealthTest, AServiceThatHangsIsNotHealthyWithinTheTimeThatDockerGives) {
  Silent silent;
  config_.http_port = silent.port();
  const auto since = std::chrono::steady_clock::now();
  EXPECT_EQ(check().exit_code, 1);
  EXPECT_LT(std::chrono::steady_clock::now() - since, std::chrono::seconds(5));
}

TEST_F(HealthTest, APortThatOnlyTheLogKnowsIsAWrongSetting) {
  config_.http_port = 0;
  const Checked checked = check();
  EXPECT_EQ(checked.exit_code, 2);
  EXPECT_THAT(checked.err, HasSubstr("LOOM_HTTP_PORT"));
}

}  // namespace
}  // namespace loom::app
