#include "support/http.h"

#include <stdexcept>

#include "http/client.h"
#include "support/await.h"

namespace loom::testing {

namespace {

constexpr std::chrono::seconds kAnswerWithin{15};

/// The port of the last line `HTTP on http://HOST:PORT`: a program that was started again has another one.
int port_in(const std::string& log) {
  const std::size_t line = log.rfind("HTTP on http://");
  if (line == std::string::npos) return 0;
  const std::string text = log.substr(line, log.find_first_of("\"\n", line) - line);
  return std::stoi(text.substr(text.rfind(':') + 1));
}

HttpAnswer ask(const std::string& method, int port, const std::string& path, std::chrono::milliseconds within) {
  http::Fetched fetched = http::fetch(
      {.host = "127.0.0.1", .port = static_cast<std::uint16_t>(port), .path = path, .method = method}, within);
  if (fetched.status == 0) return {};
  return {.status = fetched.status, .body = fetched.body, .content_type = fetched.headers["content-type"]};
}

}  // namespace

ServiceHttp::ServiceHttp(const ServiceProcess& process, std::chrono::milliseconds within) {
  await(
      within, [&] { return (port_ = port_in(process.log())) != 0; }, std::chrono::milliseconds(20));
  if (port_ == 0) throw std::runtime_error("the program does not say where it listens:\n" + process.log());
}

int ServiceHttp::port_of(const ServiceProcess& process) { return port_in(process.log()); }

HttpAnswer ServiceHttp::get(const std::string& path, std::chrono::milliseconds within) const {
  return ask("GET", port_, path, within);
}

HttpAnswer ServiceHttp::post(const std::string& path) const { return ask("POST", port_, path, kAnswerWithin); }

}  // namespace loom::testing
