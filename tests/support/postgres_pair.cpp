#include "support/postgres_pair.h"

#include <utility>

namespace loom::testing {

PostgresPair::PostgresPair(std::vector<std::string> settings) {
  servers_[0] = std::make_unique<PostgresServer>(std::move(settings));
  servers_[1] = std::make_unique<PostgresServer>(PostgresServer::StandbyOf{*servers_[0]});
}

std::string PostgresPair::url(const std::string& database) const {
  return "postgres://postgres@" + servers_[0]->address() + "," + servers_[1]->address() + "/" + database +
         "?target_session_attrs=read-write";
}

void PostgresPair::fail_over() {
  primary().kill9();
  standby().promote();
  primary_ = 1 - primary_;
}

void PostgresPair::make_standby_again() { standby().follow(primary()); }

}  // namespace loom::testing
