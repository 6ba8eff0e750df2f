#include "http/server.h"

#include <arpa/inet.h>
#include <gmock/gmock.h>
#include <httplib.h>
#include <sys/socket.h>
#include <unistd.h>

#include <array>
#include <atomic>
#include <cerrno>
#include <chrono>
#include <memory>
#include <nlohmann/json.hpp>
#include <stdexcept>
#include <string>
#include <thread>
#include <vector>

namespace loom::http {
namespace {

// Health is answered within this time whoever else is connected; a sanitizer makes everything slow.
#ifdef LOOM_SANITIZED
constexpr std::chrono::seconds kCrowdPatience{30};
constexpr std::chrono::seconds kStopsWithin{10};
#else
constexpr std::chrono::seconds kCrowdPatience{3};
constexpr std::chrono::seconds kStopsWithin{1};
#endif

using std::chrono::milliseconds;
using std::chrono::seconds;
using std::chrono::steady_clock;
using ::testing::HasSubstr;

/// A client's socket that does what a browser would not.
class RawClient {
 public:
  explicit RawClient(std::uint16_t port) : socket_(::socket(AF_INET, SOCK_STREAM, 0)) {
    sockaddr_in to{};
    to.sin_family = AF_INET;
    to.sin_port = htons(port);
    to.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    connected_ = ::connect(socket_, reinterpret_cast<const sockaddr*>(&to), sizeof to) == 0;  // NOLINT
  }
  ~RawClient() { ::close(socket_); }
  RawClient(const RawClient&) = delete;
  RawClient& operator=(const RawClient&) = delete;

  [[nodiscard]] bool connected() const { return connected_; }
  void say(const std::string& text) const { ::send(socket_, text.data(), text.size(), MSG_NOSIGNAL); }
  /// All that comes until the server closes, for at most so long; `closed` says whether it did.
  std::string hear(milliseconds within, bool& closed) const {
    std::string heard;
    std::array<char, 4096> buffer{};
    const timeval patience{within.count() / 1000, (within.count() % 1000) * 1000};
    setsockopt(socket_, SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof patience);
    while (true) {
      const ssize_t got = ::recv(socket_, buffer.data(), buffer.size(), 0);
      closed = got == 0 || (got < 0 && errno == ECONNRESET);
      if (got <= 0) return heard;
      heard.append(buffer.data(), static_cast<std::size_t>(got));
    }
  }

 private:
  int socket_;
  bool connected_ = false;
};

std::vector<Route> routes() {
  return {
      {Route::Method::get, "/",
       [] {
         return Answer{200, "text/html; charset=utf-8", "<html></html>"};
       }},
      {Route::Method::get, "/healthz",
       [] {
         return Answer{200, "application/json", "{}"};
       }},
      {Route::Method::get, "/readyz",
       [] {
         return Answer{503, "application/json", R"({"ready":false})"};
       }},
      {Route::Method::get, "/bad", []() -> Answer { throw std::runtime_error("no \"luck\""); }},
      {Route::Method::get, "/large",
       [] {
         return Answer{200, "text/plain", std::string(8'000'000, 'x')};
       }},
      {Route::Method::post, "/reload-config",
       [] {
         return Answer{200, "application/json", R"({"applied":true})"};
       }},
  };
}

class ServerTest : public ::testing::Test {
 protected:
  Server server{{"127.0.0.1", 0}, routes()};
  httplib::Client client{"127.0.0.1", server.port()};
};

TEST_F(ServerTest, ARouteAnswersWithItsStatusTypeAndBody) {
  const auto page = client.Get("/");
  ASSERT_TRUE(page);
  EXPECT_EQ(page->status, 200);
  EXPECT_EQ(page->body, "<html></html>");
  EXPECT_EQ(page->get_header_value("Content-Type"), "text/html; charset=utf-8");
  EXPECT_EQ(page->get_header_value("Cache-Control"), "no-store");
  const auto ready = client.Get("/readyz?verbose=1");
  ASSERT_TRUE(ready);
  EXPECT_EQ(ready->status, 503);
  EXPECT_EQ(ready->body, R"({"ready":false})");
}

TEST_F(ServerTest, HeadIsAnsweredAsGetWithoutTheBody) {
  const auto head = client.Head("/");
  ASSERT_TRUE(head);
  EXPECT_EQ(head->status, 200);
  EXPECT_EQ(head->body, "");
  EXPECT_EQ(head->get_header_value("Content-Length"), "13");
}

TEST_F(ServerTest, AnUnknownPathIsToldTheKnownOnes) {
  const auto answer = client.Get("/metric\"s");
  ASSERT_TRUE(answer);
  EXPECT_EQ(answer->status, 404);
  const auto json = nlohmann::json::parse(answer->body);
  EXPECT_EQ(json["error"], "no such path: /metric\"s");
  EXPECT_THAT(json["paths"], ::testing::Contains("GET /healthz"));
  EXPECT_THAT(json["paths"], ::testing::Contains("POST /reload-config"));
}

TEST_F(ServerTest, AWrongMethodIsToldTheRightOne) {
  const auto get = client.Get("/reload-config");
  ASSERT_TRUE(get);
  EXPECT_EQ(get->status, 405);
  EXPECT_EQ(get->get_header_value("Allow"), "POST");
  const auto put = client.Put("/healthz", "x", "text/plain");
  ASSERT_TRUE(put);
  EXPECT_EQ(put->status, 405);
  EXPECT_EQ(put->get_header_value("Allow"), "GET, HEAD");
}

TEST_F(ServerTest, APostIsAnsweredWhetherItHasABodyOrNot) {
  client.set_keep_alive(true);
  for (const std::string& body : {std::string(), std::string("{}"), std::string(3'000'000, 'x')}) {
    const auto answer = client.Post("/reload-config", body, "application/json");
    ASSERT_TRUE(answer) << body.size() << " bytes: " << httplib::to_string(answer.error());
    EXPECT_EQ(answer->status, 200);
    EXPECT_EQ(answer->body, R"({"applied":true})");
  }
}

TEST_F(ServerTest, AnExceptionInARouteIsA500WithItsText) {
  const auto answer = client.Get("/bad");
  ASSERT_TRUE(answer);
  EXPECT_EQ(answer->status, 500);
  EXPECT_EQ(nlohmann::json::parse(answer->body)["error"], "no \"luck\"");
  EXPECT_EQ(client.Get("/healthz")->status, 200);
}

TEST_F(ServerTest, WhatIsNotHttpGetsA400AndIsShown) {
  const RawClient raw(server.port());
  raw.say("what is this\r\n\r\n");
  bool closed = false;
  EXPECT_THAT(raw.hear(milliseconds(300), closed), HasSubstr("HTTP/1.1 400"));
}

TEST_F(ServerTest, ARequestWithoutEndIsCutOff) {
  const RawClient raw(server.port());
  raw.say("GET / HTTP/1.1\r\n");
  for (int i = 0; i < 2000; ++i) raw.say("X-Filler-" + std::to_string(i) + ": " + std::string(100, 'x') + "\r\n");
  bool closed = false;
  raw.hear(seconds(3), closed);
  EXPECT_TRUE(closed);
}

TEST_F(ServerTest, AConnectionIsUsedForManyRequests) {
  client.set_keep_alive(true);
  for (int i = 0; i < 250; ++i) {
    const auto answer = client.Get("/healthz");
    ASSERT_TRUE(answer) << i << ": " << httplib::to_string(answer.error());
    ASSERT_EQ(answer->status, 200);
  }
}

TEST_F(ServerTest, LargeAnswersArriveWholeAndCompressedWhereAsked) {
  EXPECT_EQ(client.Get("/large")->body.size(), 8'000'000u);
  const auto small = client.Get("/large", {{"Accept-Encoding", "br, gzip"}});
  ASSERT_TRUE(small);
  EXPECT_EQ(small->get_header_value("Content-Encoding"), "gzip");
  EXPECT_EQ(small->body.size(), 8'000'000u);
}

TEST_F(ServerTest, ACrowdOfIdleAndSlowClientsDoesNotHoldUpHealth) {
  std::vector<std::unique_ptr<RawClient>> crowd;
  for (int i = 0; i < 120; ++i) {
    crowd.push_back(std::make_unique<RawClient>(server.port()));
    ASSERT_TRUE(crowd.back()->connected()) << i;
    if (i % 3 == 1) crowd.back()->say("GET /hea");
    if (i % 3 == 2) crowd.back()->say("GET /large HTTP/1.1\r\nHost: x\r\n\r\n");  // and never reads the answer
  }
  // Without places kept for others the answer would wait until the slow ones have run out of their time, and those of
  // them that stand behind in the line after that.
  client.set_read_timeout(kCrowdPatience);
  const auto answer = client.Get("/healthz");
  ASSERT_TRUE(answer) << httplib::to_string(answer.error());
  EXPECT_EQ(answer->status, 200);
}

TEST_F(ServerTest, ManyAtOnceAreAllAnswered) {
  std::atomic<int> good{0};
  std::vector<std::thread> clients;
  for (int i = 0; i < 40; ++i) {
    clients.emplace_back([this, &good] {
      httplib::Client one("127.0.0.1", server.port());
      for (int n = 0; n < 10; ++n) {
        const auto answer = one.Get("/healthz");
        if (answer && answer->status == 200) ++good;
      }
    });
  }
  for (std::thread& one : clients) one.join();
  EXPECT_EQ(good.load(), 400);
}

TEST(ServerStopTest, StopsSoonWithOpenConnections) {
  auto server = std::make_unique<Server>(ServerSettings{"127.0.0.1", 0}, routes());
  const RawClient idle(server->port());
  const RawClient half(server->port());
  half.say("GET /heal");
  const RawClient deaf(server->port());
  deaf.say("GET /large HTTP/1.1\r\nHost: x\r\n\r\n");
  httplib::Client kept("127.0.0.1", server->port());
  kept.set_keep_alive(true);
  ASSERT_EQ(kept.Get("/healthz")->status, 200);

  const auto since = steady_clock::now();
  server.reset();
  EXPECT_LT(steady_clock::now() - since, kStopsWithin);
}

TEST(ServerStopTest, APortIsFreeAgainAtOnce) {
  std::uint16_t port = 0;
  for (int i = 0; i < 20; ++i) {
    const Server server({"127.0.0.1", port}, routes());
    port = server.port();
    httplib::Client client("127.0.0.1", port);
    ASSERT_EQ(client.Get("/healthz")->status, 200);
  }
}

std::string failure_to_listen(const ServerSettings& settings) {
  try {
    const Server server(settings, routes());
  } catch (const std::runtime_error& failure) {
    return failure.what();
  }
  return "it listens";
}

TEST(ServerAddressTest, APortInUseIsNamedWithWhatToDo) {
  const Server first({"127.0.0.1", 0}, routes());
  EXPECT_EQ(failure_to_listen({"127.0.0.1", first.port()}),
            "cannot listen for HTTP on 127.0.0.1:" + std::to_string(first.port()) +
                ": Address already in use; another program listens there; end it, or set LOOM_HTTP_PORT to another "
                "port (0: any free one)");
}

TEST(ServerAddressTest, AForeignAddressIsNamedWithWhatToDo) {
  EXPECT_THAT(failure_to_listen({"192.0.2.1", 8001}),
              HasSubstr("192.0.2.1:8001: Cannot assign requested address; set LOOM_HTTP_HOST"));
  EXPECT_THAT(failure_to_listen({"no-such-host.invalid", 8001}), HasSubstr("no-such-host.invalid:8001: "));
}

TEST(ServerAddressTest, EveryAddressIsListenedOn) {
  const Server server({"0.0.0.0", 0}, routes());
  httplib::Client client("127.0.0.1", server.port());
  EXPECT_EQ(client.Get("/healthz")->status, 200);
}

}  // namespace
}  // namespace loom::http
