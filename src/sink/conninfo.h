#pragma once

#include <chrono>
#include <string>

namespace loom::sink {

/// The connection string that all of the service's connections use: what the user gave, with our name, timeouts and
/// keepalives where the user said nothing about them. `error` is for people and free of secrets.
struct ConnectionString {
  std::string value;
  std::string error;  ///< not empty: `value` is not usable
};
inline constexpr std::chrono::seconds kConnectTimeout{5};  ///< of each host
ConnectionString connection_string(const std::string& url, const std::string& application_name,
                                   std::chrono::seconds connect_timeout = kConnectTimeout);

/// `message` as libpq or the server gave it, without anything of the URL that could be its password.
std::string without_secrets(std::string message, const std::string& url);

/// What a failure of libpqxx says to people: without secrets, and where a transaction could not even begin, why that
/// may be.
std::string failure_text(std::string message, const std::string& url);

}  // namespace loom::sink
