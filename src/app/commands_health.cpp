#include <chrono>
#include <iostream>
#include <string>
#include <string_view>

#include "app/commands.h"
#include "http/client.h"

namespace loom::app {

namespace {

constexpr std::chrono::seconds kAnswerWithin{2};  // what asks has a limit of its own, seldom below 3 s
constexpr int kGood = 200;

/// The address to ask where the service listens on `host`: one that means every address is reached by loopback.
std::string reachable(const std::string& host) {
  if (host.empty() || host == "0.0.0.0") return "127.0.0.1";
  if (host == "::") return "::1";
  return host;
}

std::string_view one_line(std::string_view body) { return body.substr(0, body.find('\n')); }

}  // namespace

int check_health(const settings::Config& config, const HealthCommandOptions& options) {
  if (config.http_port == 0) {
    std::cerr << "error: LOOM_HTTP_PORT is 0, so that only the service's log says which port it is\n";
    return 2;
  }
  const std::string host = reachable(config.http_host);
  const std::string path = options.ready ? "/readyz" : "/healthz";
  const std::string where = "http://" + host + ":" + std::to_string(config.http_port) + path;
  const http::Fetched fetched = http::fetch({.host = host, .port = config.http_port, .path = path}, kAnswerWithin);
  if (fetched.status == kGood) {
    std::cout << one_line(fetched.body) << '\n';
    return 0;
  }
  std::cerr << "error: " << where << ": ";
  if (fetched.status == 0) {
    std::cerr << "no answer (" << fetched.problem << ")\n";
  } else {
    std::cerr << fetched.status << ' ' << one_line(fetched.body) << '\n';
  }
  return 1;
}

}  // namespace loom::app
