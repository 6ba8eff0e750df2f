#pragma once

#include "base/failpoints.h"

namespace loom::app {

/// The command `kafka-to-db-consumer`: parses, runs the named subcommand (`run` without one), returns the exit code:
/// 0 good, 1 failure at run time, 2 wrong usage or configuration.
/// `failpoints`: see base/failpoints.h; they must outlive the call.
int run_command_line(int argc, char** argv, Failpoints& failpoints);

}  // namespace loom::app
