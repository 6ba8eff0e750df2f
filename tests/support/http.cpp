#include "support/http.h"

#include <httplib.h>

#include <stdexcept>

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

httplib::Client client(int port, std::chrono::milliseconds within = kAnswerWithin) {
  httplib::Client made("127.0.0.1", port);
  made.set_connection_timeout(within);
  made.set_read_timeout(within);
  return made;
}

HttpAnswer answer(const httplib::Result& result) {
  if (!result) return {};
  return {.status = result->status, .body = result->body, .content_type = result->get_header_value("Content-Type")};
}

}  // namespace

ServiceHttp::ServiceHttp(const ServiceProcess& process, std::chrono::milliseconds within) {
  await(
      within, [&] { return (port_ = port_in(process.log())) != 0; }, std::chrono::milliseconds(20));
  if (port_ == 0) throw std::runtime_error("the program does not say where it listens:\n" + process.log());
}

int ServiceHttp::port_of(const ServiceProcess& process) { return port_in(process.log()); }

HttpAnswer ServiceHttp::get(const std::string& path, std::chrono::milliseconds within) const {
  return answer(client(port_, within).Get(path.c_str()));
}

HttpAnswer ServiceHttp::post(const std::string& path) const { return answer(client(port_).Post(path.c_str())); }

}  // namespace loom::testing
