#pragma once

#include <chrono>
#include <cstdint>
#include <map>
#include <memory>
#include <string>
#include <vector>

namespace loom::testing {

/// What a registry was asked.
struct RegistryRequest {
  std::string method;
  std::string target;
  std::string authorization;
  std::string body;
};

struct RegistryReply {
  int status = 200;
  std::string body{};
  std::map<std::string, std::string> headers{};
  std::chrono::milliseconds delay{0};  ///< before it
};

/// A schema registry in this process, at a port of 127.0.0.1 that stays the same: answers the paths of Confluent's API
/// that a consumer needs, and has switches for what goes wrong with real ones.
/// Threads: any.
/// Owns:    a thread that answers one request after the other.
class RegistryServer {
 public:
  RegistryServer();
  ~RegistryServer();
  RegistryServer(const RegistryServer&) = delete;
  RegistryServer& operator=(const RegistryServer&) = delete;

  [[nodiscard]] std::string url() const;
  [[nodiscard]] std::uint16_t port() const;

  /// `body`: what /schemas/ids/{id} answers.
  void add(std::uint64_t id, const std::string& body);
  /// Any path; the first of these that fits is the answer, before all others.
  void set(const std::string& path, const RegistryReply& reply);
  void unset(const std::string& path);
  /// To everything, until clear().
  void answer_all(const RegistryReply& reply);
  void clear();

  void kill();
  void restart();

  [[nodiscard]] std::vector<RegistryRequest> requests() const;
  [[nodiscard]] std::size_t requests_of(const std::string& target) const;

 private:
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

/// A real Apicurio Registry, or any other: LOOM_TEST_SCHEMA_REGISTRY, or one that scripts/servers.sh starts for this
/// program at first use. Its URL.
/// Blocks: up to a minute.
/// Fails:  std::runtime_error.
const std::string& real_registry();

}  // namespace loom::testing
