#pragma once

#include "base/failpoints.h"
#include "settings/config.h"

namespace loom::app {

/// The running system, from start to exit code: `kafka-to-db-consumer run`.
/// Threads: called from main, which must not have started any; blocks SIGTERM, SIGINT and SIGHUP for all it starts.
/// Blocks:  until SIGTERM or SIGINT; leaves within 10 s of it.
/// Fails:   returns 2 for a wrong mapping, 1 for a failure at run time; says why in the log.
int run_service(const settings::Config& config, Failpoints& failpoints);

}  // namespace loom::app
