#pragma once

#include <chrono>
#include <nlohmann/json.hpp>
#include <string>

#include "support/service_process.h"

namespace loom::testing {

struct HttpAnswer {
  int status = 0;  ///< 0: no answer
  std::string body;
  std::string content_type;

  /// Fails: nlohmann::json::exception with the text that is no JSON.
  [[nodiscard]] nlohmann::json json() const { return nlohmann::json::parse(body); }
};

/// The HTTP API of a running program, by the address that it logged.
/// Threads: any, each call has its own connection.
class ServiceHttp {
 public:
  /// Waits until the program says where it listens. Fails: std::runtime_error with its log.
  explicit ServiceHttp(const ServiceProcess& process, std::chrono::milliseconds within = std::chrono::seconds(20));

  explicit ServiceHttp(int port) : port_(port) {}
  /// The port that the program has logged; 0 as long as it has not.
  [[nodiscard]] static int port_of(const ServiceProcess& process);

  [[nodiscard]] HttpAnswer get(const std::string& path,
                               std::chrono::milliseconds within = std::chrono::seconds(15)) const;
  [[nodiscard]] HttpAnswer post(const std::string& path) const;
  /// `http://127.0.0.1:PORT`
  [[nodiscard]] std::string url() const { return "http://127.0.0.1:" + std::to_string(port_); }

 private:
  int port_ = 0;
};

}  // namespace loom::testing
