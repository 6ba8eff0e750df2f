#include "http/client.h"

#include <httplib.h>

namespace loom::http {

Fetched fetch(const std::string& host, std::uint16_t port, const std::string& path, std::chrono::milliseconds within) {
  httplib::Client client(host, port);
  client.set_connection_timeout(within);
  client.set_read_timeout(within);
  client.set_write_timeout(within);
  const httplib::Result result = client.Get(path.c_str());
  if (!result) return {.status = 0, .body = {}, .problem = httplib::to_string(result.error())};
  return {.status = result->status, .body = result->body, .problem = {}};
}

}  // namespace loom::http
