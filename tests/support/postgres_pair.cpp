#include "support/postgres_pair.h"

#include <utility>

namespace loom::testing {

namespace {

/// HOST:PORT of a server's connection string.
std::string address_of(const PostgresServer& server) {
  const std::string url = server.url();
  const std::size_t begin = url.find('@') + 1;
  return url.substr(begin, url.find('/', begin) - begin);
}

}  // namespace

PostgresPair::PostgresPair(std::vector<std::string> settings) {
  servers_[0] = std::make_unique<PostgresServer>(std::move(settings));
  servers_[1] = std::make_unique<PostgresServer>(PostgresServer::StandbyOf{*servers_[0]});
}

std::string PostgresPair::url(const std::string& database) const {
  return "postgres://postgres@" + address_of(*servers_[0]) + "," + address_of(*servers_[1]) + "/" + database +
         "?target_session_attrs=read-write";
}

void PostgresPair::fail_over() {
  primary().kill9();
  standby().promote();
  primary_ = 1 - primary_;
}

void PostgresPair::make_standby_again() { standby().follow(primary()); }

}  // namespace loom::testing
