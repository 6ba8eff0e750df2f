#include "far_database.h"

#include <libpq-fe.h>

#include <chrono>
#include <stdexcept>
#include <string_view>

#include "support/tcp_proxy.h"

namespace loom::bench {
namespace {

using Parameters = std::unique_ptr<PQconninfoOption, decltype(&PQconninfoFree)>;

Parameters parse(const std::string& url) {
  Parameters found(PQconninfoParse(url.c_str(), nullptr), PQconninfoFree);
  if (found == nullptr) throw std::runtime_error("the database's URL is not a connection string");
  return found;
}

std::string value_of(const Parameters& parameters, std::string_view name, const std::string& otherwise) {
  for (const PQconninfoOption* one = parameters.get(); one->keyword != nullptr; ++one) {
    if (one->keyword == name && one->val != nullptr && *one->val != '\0') return one->val;
  }
  return otherwise;
}

std::string quoted(std::string_view value) {
  std::string out = "'";
  for (const char letter : value) {
    if (letter == '\'' || letter == '\\') out += '\\';
    out += letter;
  }
  return out + "'";
}

/// The same connection string with another port of this machine.
std::string through(const Parameters& parameters, int port) {
  std::string out;
  for (const PQconninfoOption* one = parameters.get(); one->keyword != nullptr; ++one) {
    const std::string_view name = one->keyword;
    if (one->val == nullptr || name == "host" || name == "hostaddr" || name == "port") continue;
    out += std::string(name) + "=" + quoted(one->val) + " ";
  }
  return out + "host=127.0.0.1 port=" + std::to_string(port);
}

}  // namespace

FarDatabase::FarDatabase(const Options& options) : url_(options.database_url) {
  if (options.database_delay <= 0) return;
  const Parameters parameters = parse(options.database_url);
  const std::string host = value_of(parameters, "hostaddr", value_of(parameters, "host", "127.0.0.1"));
  proxy_ = std::make_unique<testing::TcpProxy>();
  proxy_->forward_to((host == "localhost" ? "127.0.0.1" : host) + ":" + value_of(parameters, "port", "5432"));
  proxy_->delay(std::chrono::microseconds(static_cast<std::int64_t>(options.database_delay * 1000 / 2)));
  url_ = through(parameters, proxy_->port());
}

FarDatabase::~FarDatabase() = default;

}  // namespace loom::bench
