#pragma once

#include <CLI/CLI.hpp>

#include "capacity/load.h"

namespace loom::app {

struct SizeOptions {
  capacity::Load load;
  bool json = false;
  bool values = false;  ///< only the chart's
};

/// Adds `size` and returns it. `line` must outlive the parsing and the command.
CLI::App* add_size(CLI::App& app, SizeOptions& line);

/// Prints what such a load needs: 0, or 2 after naming each value that cannot be used.
int size_deployment(const SizeOptions& options);

}  // namespace loom::app
