#include "http/server.h"

#include <gmock/gmock.h>
#include <zlib.h>

#include <atomic>
#include <chrono>
#include <memory>
#include <nlohmann/json.hpp>
#include <stdexcept>
#include <string>
#include <thread>
#include <vector>

#include "http/client.h"
#include "raw_client.h"

namespace loom::http {
namespace {

#ifdef LOOM_SANITIZED
constexpr std::chrono::seconds kStopsWithin{10};
#else
constexpr std::chrono::seconds kStopsWithin{1};
#endif

using std::chrono::seconds;
using std::chrono::steady_clock;
using ::testing::HasSubstr;

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
  Fetched ask(const std::string& method, const std::string& path, const std::string& body = "") const {
    Fetched fetched =
        fetch({.host = "127.0.0.1", .port = server.port(), .path = path, .method = method, .body = body}, seconds(10));
    EXPECT_NE(fetched.status, 0) << fetched.problem;
    return fetched;
  }
  Fetched get(const std::string& path) const { return ask("GET", path); }

  Server server{{"127.0.0.1", 0}, routes()};
};

TEST_F(ServerTest, ARouteAnswersWithItsStatusTypeAndBody) {
  Fetched page = get("/");
  EXPECT_EQ(page.status, 200);
  EXPECT_EQ(page.body, "<html></html>");
  EXPECT_EQ(page.headers["content-type"], "text/html; charset=utf-8");
  EXPECT_EQ(page.headers["cache-control"], "no-store");
  const Fetched ready = get("/readyz?verbose=1");
  EXPECT_EQ(ready.status, 503);
  EXPECT_EQ(ready.body, R"({"ready":false})");
}

TEST_F(ServerTest, HeadIsAnsweredAsGetWithoutTheBody) {
  Fetched head = ask("HEAD", "/");
  EXPECT_EQ(head.status, 200);
  EXPECT_EQ(head.body, "");
  EXPECT_EQ(head.headers["content-length"], "13");
  RawClient raw(server.port());
  ASSERT_TRUE(raw.say("HEAD / HTTP/1.1\r\nConnection: close\r\n\r\n"));
  EXPECT_THAT(raw.hear(seconds(5)), ::testing::EndsWith("\r\n\r\n"));
}

TEST_F(ServerTest, AnUnknownPathIsToldTheKnownOnes) {
  const Fetched answer = get("/metric\"s");
  EXPECT_EQ(answer.status, 404);
  const auto json = nlohmann::json::parse(answer.body);
  EXPECT_EQ(json["error"], "no such path: /metric\"s");
  EXPECT_THAT(json["paths"], ::testing::Contains("GET /healthz"));
  EXPECT_THAT(json["paths"], ::testing::Contains("POST /reload-config"));
}

TEST_F(ServerTest, AnyBytesInAPathMakeAnAnswerInJson) {
  using namespace std::string_literals;
  const Fetched answer = get("/%00%ff");
  EXPECT_EQ(answer.status, 404);
  EXPECT_EQ(nlohmann::json::parse(answer.body)["error"], "no such path: /\0\uFFFD"s);
  EXPECT_EQ(get("/health%7a").status, 200) << "a path may be written so";
  EXPECT_EQ(nlohmann::json::parse(get("/%zz%4").body)["error"], "no such path: /%zz%4");
}

TEST_F(ServerTest, AWrongMethodIsToldTheRightOne) {
  Fetched wrong = get("/reload-config");
  EXPECT_EQ(wrong.status, 405);
  EXPECT_EQ(wrong.headers["allow"], "POST");
  wrong = ask("PUT", "/healthz", "x");
  EXPECT_EQ(wrong.status, 405);
  EXPECT_EQ(wrong.headers["allow"], "GET, HEAD");
}

TEST_F(ServerTest, APostIsAnsweredWhetherItHasABodyOrNot) {
  for (const std::string& body : {std::string(), std::string("{}"), std::string(3'000'000, 'x')}) {
    const Fetched answer = ask("POST", "/reload-config", body);
    EXPECT_EQ(answer.status, 200) << body.size() << " bytes";
    EXPECT_EQ(answer.body, R"({"applied":true})");
  }
}

// A body that is taken for the next request would be one way to make a proxy in front mix up its clients' requests.
TEST_F(ServerTest, ABodyIsNotTakenForTheNextRequest) {
  RawClient raw(server.port());
  ASSERT_TRUE(raw.say("POST /reload-config HTTP/1.1\r\nContent-Length: 26\r\n\r\nGET /healthz HTTP/1.1\r\n\r\n\r\n"));
  const std::string heard = raw.hear(seconds(5));
  EXPECT_THAT(heard, HasSubstr("Connection: close"));
  EXPECT_THAT(heard, ::testing::EndsWith(R"({"applied":true})"));
}

TEST_F(ServerTest, AnExceptionInARouteIsA500WithItsText) {
  const Fetched answer = get("/bad");
  EXPECT_EQ(answer.status, 500);
  EXPECT_EQ(nlohmann::json::parse(answer.body)["error"], "no \"luck\"");
  EXPECT_EQ(get("/healthz").status, 200);
}

TEST_F(ServerTest, WhatIsNotHttpGetsA400AndIsShown) {
  for (const std::string& said :
       {std::string("what is this\r\n\r\n"), std::string("GET / HTTP/1.1\r\nno colon\r\n\r\n"),
        std::string("\x16\x03\x01\x02\r\n\r\n"), std::string("GET / HTTP/1.1\r\nContent-Length: -1\r\n\r\n")}) {
    RawClient raw(server.port());
    ASSERT_TRUE(raw.say(said));
    const std::string heard = raw.hear(seconds(5));
    EXPECT_THAT(heard, ::testing::StartsWith("HTTP/1.1 400 Bad Request\r\n")) << said;
    EXPECT_TRUE(raw.closed()) << said;
  }
}

TEST_F(ServerTest, ARequestWithoutEndIsCutOff) {
  RawClient raw(server.port());
  bool all_said = raw.say("GET / HTTP/1.1\r\n");
  for (int i = 0; i < 2000; ++i) {
    all_said = raw.say("X-Filler-" + std::to_string(i) + ": " + std::string(100, 'x') + "\r\n") && all_said;
  }
  EXPECT_THAT(raw.hear(seconds(5)), HasSubstr("HTTP/1.1 431 ")) << (all_said ? "" : "it was closed before");
  EXPECT_TRUE(raw.closed());
}

TEST_F(ServerTest, AConnectionIsUsedForManyRequests) {
  RawClient raw(server.port());
  for (int i = 0; i < 250; ++i) {
    ASSERT_TRUE(raw.say("GET /healthz HTTP/1.1\r\n\r\n"));
    ASSERT_THAT(raw.hear(seconds(5), "{}"), HasSubstr("HTTP/1.1 200 OK")) << i;
  }
}

TEST_F(ServerTest, RequestsThatAreSentAtOnceAreAnsweredInTurn) {
  RawClient raw(server.port());
  std::string asked;
  for (int i = 0; i < 50; ++i) asked += "GET /healthz HTTP/1.1\r\n\r\nGET /nothing HTTP/1.1\r\n\r\n";
  ASSERT_TRUE(raw.say(asked + "GET / HTTP/1.1\r\nConnection: close\r\n\r\n"));
  const std::string heard = raw.hear(seconds(10));
  std::size_t answers = 0;
  std::string statuses;
  for (std::size_t at = 0; (at = heard.find("HTTP/1.1 ", at)) != std::string::npos; ++answers) {
    at += 9;
    statuses += heard[at];
  }
  EXPECT_EQ(answers, 101U);
  EXPECT_THAT(statuses, ::testing::StartsWith("24242424"));
  EXPECT_THAT(heard, ::testing::EndsWith("<html></html>"));
}

TEST_F(ServerTest, AnOldClientsConnectionEndsWithItsAnswer) {
  RawClient raw(server.port());
  ASSERT_TRUE(raw.say("GET / HTTP/1.0\r\n\r\n"));
  EXPECT_THAT(raw.hear(seconds(5)), ::testing::EndsWith("<html></html>"));
  EXPECT_TRUE(raw.closed());
}

std::string unzipped(const std::string& bytes, std::size_t most) {
  std::string out(most, '\0');
  z_stream stream{};
  EXPECT_EQ(inflateInit2(&stream, 15 + 16), Z_OK);
  std::string in = bytes;
  stream.next_in = reinterpret_cast<Bytef*>(in.data());  // NOLINT
  stream.avail_in = static_cast<uInt>(in.size());
  stream.next_out = reinterpret_cast<Bytef*>(out.data());  // NOLINT
  stream.avail_out = static_cast<uInt>(out.size());
  EXPECT_EQ(inflate(&stream, Z_FINISH), Z_STREAM_END);
  out.resize(stream.total_out);
  inflateEnd(&stream);
  return out;
}

TEST_F(ServerTest, LargeAnswersArriveWholeAndCompressedWhereAsked) {
  const std::string whole(8'000'000, 'x');
  EXPECT_TRUE(get("/large").body == whole);
  const auto with = [&](const std::string& accepted, const std::string& path) {
    return fetch({.host = "127.0.0.1", .port = server.port(), .path = path, .headers = {{"Accept-Encoding", accepted}}},
                 seconds(10));
  };
  for (const char* accepted : {"gzip", "br, gzip", "deflate, GZIP;q=0.5", "gzip;q=1.0, *;q=0"}) {
    Fetched small = with(accepted, "/large");
    EXPECT_EQ(small.headers["content-encoding"], "gzip") << accepted;
    EXPECT_LT(small.body.size(), 100'000U);
    EXPECT_TRUE(unzipped(small.body, whole.size() + 1) == whole);
  }
  for (const char* refused : {"", "br", "identity", "gzip;q=0", "gzip;q=0.000", "not-gzip"}) {
    EXPECT_TRUE(with(refused, "/large").body == whole) << refused;
  }
  EXPECT_EQ(with("gzip", "/").body, "<html></html>") << "not worth it";
}

TEST_F(ServerTest, ManyAtOnceAreAllAnswered) {
  std::atomic<int> good{0};
  std::vector<std::thread> clients;
  clients.reserve(40);
  for (int i = 0; i < 40; ++i) {
    clients.emplace_back([this, &good] {
      for (int n = 0; n < 10; ++n) good += get("/healthz").status == 200 ? 1 : 0;
    });
  }
  for (std::thread& one : clients) one.join();
  EXPECT_EQ(good.load(), 400);
}

TEST(ServerStopTest, StopsSoonWithOpenConnections) {
  auto server = std::make_unique<Server>(ServerSettings{"127.0.0.1", 0}, routes());
  RawClient idle(server->port());
  RawClient half(server->port());
  ASSERT_TRUE(half.say("GET /heal"));
  RawClient deaf(server->port());
  ASSERT_TRUE(deaf.say("GET /large HTTP/1.1\r\nHost: x\r\n\r\n"));
  RawClient kept(server->port());
  ASSERT_TRUE(kept.say("GET /healthz HTTP/1.1\r\n\r\n"));
  ASSERT_THAT(kept.hear(seconds(5), "{}"), HasSubstr("200 OK"));

  const auto since = steady_clock::now();
  server.reset();
  EXPECT_LT(steady_clock::now() - since, kStopsWithin);
  EXPECT_TRUE(kept.is_cut_off(seconds(5)));
}

TEST(ServerStopTest, WhoHasAskedIsAnsweredBeforeTheEnd) {
  std::atomic<bool> asked{false};
  std::atomic<bool> stops{false};
  auto server = std::make_unique<Server>(ServerSettings{"127.0.0.1", 0},
                                         std::vector<Route>{{Route::Method::get, "/slow", [&] {
                                                               asked = true;
                                                               while (!stops) std::this_thread::yield();
                                                               return Answer{200, "text/plain", "late"};
                                                             }}});
  const std::uint16_t port = server->port();
  RawClient raw(port);
  ASSERT_TRUE(raw.say("GET /slow HTTP/1.1\r\n\r\n"));
  while (!asked) std::this_thread::yield();
  std::thread stopping([&] { server.reset(); });
  while (RawClient(port).connected()) std::this_thread::yield();  // until it has begun to stop
  stops = true;
  stopping.join();
  EXPECT_THAT(raw.hear(seconds(5)), ::testing::EndsWith("late"));
}

TEST(ServerStopTest, ClientsThatGoOnAskingDoNotDisturbTheEnd) {
  for (int round = 0; round < 20; ++round) {
    auto server = std::make_unique<Server>(ServerSettings{"127.0.0.1", 0}, routes());
    std::atomic<int> answered{0};
    std::vector<std::thread> clients;
    clients.reserve(4);
    for (int i = 0; i < 4; ++i) {
      clients.emplace_back([&, port = server->port()] {
        RawClient client(port);
        while (client.say("GET /healthz HTTP/1.1\r\n\r\nGET /unknown HTTP/1.1\r\n\r\n")) {
          if (client.hear(seconds(10), "paths").empty()) break;
          ++answered;
        }
      });
    }
    while (answered < 8) std::this_thread::yield();
    server.reset();
    for (auto& client : clients) client.join();
  }
}

TEST(ServerStopTest, APortIsFreeAgainAtOnce) {
  std::uint16_t port = 0;
  for (int i = 0; i < 20; ++i) {
    const Server server({"127.0.0.1", port}, routes());
    port = server.port();
    ASSERT_EQ(fetch({.host = "127.0.0.1", .port = port, .path = "/healthz"}, seconds(10)).status, 200);
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
  EXPECT_THAT(failure_to_listen({"no-such-host.invalid", 8001}),
              HasSubstr("no-such-host.invalid:8001: no such host; set LOOM_HTTP_HOST"));
}

TEST(ServerAddressTest, EveryAddressIsListenedOn) {
  for (const char* host : {"0.0.0.0", ""}) {
    const Server server({host, 0}, routes());
    EXPECT_EQ(fetch({.host = "127.0.0.1", .port = server.port(), .path = "/healthz"}, seconds(10)).status, 200) << host;
  }
}

}  // namespace
}  // namespace loom::http
