#pragma once

#include <chrono>
#include <cstdint>
#include <map>
#include <string>

namespace loom::http {

struct Request {
  std::string host;
  std::uint16_t port = 0;
  std::string path;  ///< with the query, if any
  std::string method = "GET";
  std::string body{};
  std::map<std::string, std::string> headers{};  ///< beside those that each request has
};

/// What a server said, or why there is nothing to say.
struct Fetched {
  int status = 0;  ///< 0: no answer
  std::string body{};
  std::string problem{};                         ///< of no answer: why
  std::map<std::string, std::string> headers{};  ///< by their names in small letters
};

/// One request on a connection of its own.
/// Blocks: at most `within`, and where `host` is a name, as long as it takes to look it up.
/// Fails:  never throws but for memory; see Fetched::problem.
Fetched fetch(const Request& request, std::chrono::milliseconds within);

}  // namespace loom::http
