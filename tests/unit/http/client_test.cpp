#include "http/client.h"

#include <gmock/gmock.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <unistd.h>

#include <array>
#include <chrono>
#include <cstdint>
#include <string>
#include <thread>

namespace loom::http {
namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;
using std::chrono::steady_clock;
using ::testing::HasSubstr;
using ::testing::StartsWith;

/// Takes one connection, answers what it is told to, and closes only when it is told to or the client has.
class OneAnswer {
 public:
  OneAnswer(std::string answer, bool closes) : socket_(::socket(AF_INET, SOCK_STREAM, 0)) {
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    socklen_t size = sizeof address;
    auto* generic = reinterpret_cast<sockaddr*>(&address);  // NOLINT: how sockets are
    EXPECT_EQ(::bind(socket_, generic, size), 0);
    EXPECT_EQ(::listen(socket_, 1), 0);
    EXPECT_EQ(::getsockname(socket_, generic, &size), 0);
    port_ = ntohs(address.sin_port);
    thread_ = std::thread([this, answer = std::move(answer), closes] { serve(answer, closes); });
  }
  ~OneAnswer() {
    if (thread_.joinable()) thread_.join();
    ::close(socket_);
  }
  OneAnswer(const OneAnswer&) = delete;
  OneAnswer& operator=(const OneAnswer&) = delete;

  [[nodiscard]] Fetched fetch(milliseconds within = seconds(20), const std::string& method = "GET") const {
    return http::fetch({.host = "127.0.0.1",
                        .port = port_,
                        .path = "/x?y=1",
                        .method = method,
                        .body = method == "POST" ? "all" : "",
                        .headers = {{"X-More", "1"}}},
                       within);
  }
  /// What the client said. Once fetch() has returned.
  [[nodiscard]] const std::string& asked() {
    if (thread_.joinable()) thread_.join();
    return asked_;
  }

 private:
  void serve(const std::string& answer, bool closes) {
    const int client = ::accept(socket_, nullptr, nullptr);
    std::array<char, 4096> buffer{};
    const auto hear = [&] {
      const ssize_t got = ::recv(client, buffer.data(), buffer.size(), 0);
      if (got > 0) asked_.append(buffer.data(), static_cast<std::size_t>(got));
      return got > 0;
    };
    while (asked_.find("\r\n\r\n") == std::string::npos && hear()) continue;
    ::send(client, answer.data(), answer.size(), MSG_NOSIGNAL);
    if (closes) ::shutdown(client, SHUT_WR);
    while (hear()) continue;
    ::close(client);
  }

  int socket_;
  std::uint16_t port_ = 0;
  std::string asked_;
  std::thread thread_;
};

TEST(ClientTest, AnAnswerIsWholeWhenItsLengthSaysSoThoughTheConnectionStaysOpen) {
  const OneAnswer server("HTTP/1.1 503 Unavailable\r\nContent-Length: 5\r\nX-Name: Value\r\n\r\nright", false);
  const auto since = steady_clock::now();
  Fetched fetched = server.fetch();
  EXPECT_EQ(fetched.status, 503) << fetched.problem;
  EXPECT_EQ(fetched.body, "right");
  EXPECT_EQ(fetched.headers["x-name"], "Value");
  EXPECT_LT(steady_clock::now() - since, seconds(10));
}

TEST(ClientTest, AnAnswerWithoutALengthEndsWithTheConnection) {
  const OneAnswer server("HTTP/1.0 200 OK\r\n\r\nall that comes", true);
  EXPECT_EQ(server.fetch().body, "all that comes");
}

TEST(ClientTest, AnAnswerMayComeInPieces) {
  const OneAnswer server("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n3\r\none\r\n4\r\n two\r\n0\r\n\r\n",
                         false);
  EXPECT_EQ(server.fetch().body, "one two");
}

TEST(ClientTest, HalfAnAnswerIsNone) {
  for (const char* half :
       {"", "HTTP/1.1 200", "HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nhal", "no HTTP at all\r\n\r\n"}) {
    const OneAnswer server(half, true);
    const Fetched fetched = server.fetch();
    EXPECT_EQ(fetched.status, 0) << half;
    EXPECT_NE(fetched.problem, "") << half;
  }
}

TEST(ClientTest, TheTimeIsForAllOfTheAnswer) {
  const OneAnswer server("HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nhal", false);
  const auto since = steady_clock::now();
  const Fetched fetched = server.fetch(milliseconds(200));
  EXPECT_EQ(fetched.status, 0);
  EXPECT_EQ(fetched.problem, "Connection timed out");
  EXPECT_GE(steady_clock::now() - since, milliseconds(200));
}

TEST(ClientTest, TheRequestIsSentAsItWasGiven) {
  OneAnswer server("HTTP/1.1 204 No Content\r\n\r\n", false);
  EXPECT_EQ(server.fetch(seconds(20), "POST").status, 204);
  EXPECT_THAT(server.asked(), StartsWith("POST /x?y=1 HTTP/1.1\r\nHost: 127.0.0.1:"));
  EXPECT_THAT(server.asked(), HasSubstr("\r\nContent-Length: 3\r\nX-More: 1\r\n\r\nall"));
}

TEST(ClientTest, AHeadsAnswerHasNoBody) {
  const OneAnswer server("HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\n", false);
  EXPECT_EQ(server.fetch(seconds(20), "HEAD").status, 200);
}

TEST(ClientTest, WhoIsNotThereIsAProblem) {
  EXPECT_EQ(fetch({.host = "127.0.0.1", .port = 1, .path = "/"}, seconds(20)).problem, "Connection refused");
  EXPECT_NE(fetch({.host = "no-such-host.invalid", .port = 1, .path = "/"}, seconds(20)).problem, "");
}

}  // namespace
}  // namespace loom::http
