#pragma once

#include <CLI/CLI.hpp>
#include <functional>

#include "app/commands.h"
#include "app/size_command.h"
#include "base/failpoints.h"
#include "settings/config.h"

namespace loom::app {

/// What the command line of `dead-letters`, `offsets`, `configs` and `size` was parsed into.
struct ToolCommandLine {
  DeadLetterOptions dead_letters;
  OffsetOptions offsets;
  ConfigsOptions configs;
  SizeOptions size;
};

/// Leaves the command that the user named, to be run once the configuration is read.
using Choose = std::function<void(std::function<int(const settings::Config&)> run, settings::ConfigNeeds needs)>;

/// Adds `dead-letters`, `offsets` and `configs` with their subcommands, and `size`. All arguments must outlive the
/// parsing and the command.
void add_tool_commands(CLI::App& app, ToolCommandLine& line, const Choose& choose, Failpoints& failpoints);

}  // namespace loom::app
