#pragma once

#include <chrono>
#include <cstdint>
#include <string>

namespace loom::http {

/// What a server said, or why there is nothing to say.
struct Fetched {
  int status = 0;  ///< 0: no answer
  std::string body;
  std::string problem;  ///< of no answer: why
};

/// One GET, for asking a service on this machine.
/// Blocks: at most `within` for the connection, and as long again for each part of the answer.
/// Fails:  never throws; see Fetched::problem.
Fetched fetch(const std::string& host, std::uint16_t port, const std::string& path, std::chrono::milliseconds within);

}  // namespace loom::http
