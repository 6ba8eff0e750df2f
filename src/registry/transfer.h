#pragma once

#include <atomic>
#include <chrono>
#include <cstdint>
#include <memory>
#include <string>

#include "registry/settings.h"

namespace loom::registry {

/// What a server said to one request, or why there is nothing to say.
struct Reply {
  int status = 0;  ///< 0: no whole answer
  std::string body;
  std::chrono::seconds retry_after{0};  ///< what the server asks for, at most 30 s
  bool too_large = false;               ///< the body has more bytes than the settings allow
  std::string problem;                  ///< why there is no whole answer, and what to set; without secrets
};

/// HTTP requests through libcurl, one after the other on connections that stay open.
/// Threads: one at a time; stop() any.
/// Owns:    the libcurl handle with its connections.
/// Blocks:  each request at most settings.timeout, and to follow a redirect within the same server as long again.
/// Fails:   std::runtime_error from the constructor when libcurl cannot be set up; afterwards see Reply.
class Transfer {
 public:
  explicit Transfer(const RegistrySettings& settings);
  ~Transfer();
  Transfer(const Transfer&) = delete;
  Transfer& operator=(const Transfer&) = delete;

  Reply get(const std::string& url);
  Reply post(const std::string& url, const std::string& body);

  /// Ends the request that runs, within a second, and each one that is asked for later.
  void stop() { stopped_ = true; }

 private:
  struct Handle;
  Reply follow(const std::string& url, const std::string* body);
  Reply once(const std::string& url, const std::string* body);

  RegistrySettings settings_;
  std::unique_ptr<Handle> handle_;
  std::atomic<bool> stopped_{false};
};

/// The text as one part of a URL's path: all but letters, digits, '-', '.', '_' and '~' percent-encoded. Pure.
std::string percent_encoded(std::string_view text);

}  // namespace loom::registry
