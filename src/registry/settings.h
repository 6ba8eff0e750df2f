#pragma once

#include <chrono>
#include <cstddef>
#include <string>
#include <vector>

namespace loom::registry {

/// Where the schema registry is and how to log in there. Constant after start-up.
struct RegistrySettings {
  std::vector<std::string> urls;  ///< http or https, without user, query and fragment; empty: there is no registry
  std::string user;
  std::string password;
  std::string token;      ///< sent as a bearer's; not beside a user
  std::string ca_file;    ///< certificates to trust; empty: those of the system
  std::string cert_file;  ///< the client's own
  std::string key_file;
  int id_bytes = 4;  ///< of an id in a record's framing: four, or eight (Apicurio's own serializers)
  std::chrono::milliseconds timeout{5000};          ///< for one request
  std::chrono::milliseconds connect_timeout{2000};  ///< of it, to connect
  std::size_t body_max = 10'000'000;                ///< bytes of one answer, and of a schema with all that it refers to

  [[nodiscard]] bool exists() const { return !urls.empty(); }
  bool operator==(const RegistrySettings&) const = default;
};

}  // namespace loom::registry
