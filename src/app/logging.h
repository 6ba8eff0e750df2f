#pragma once

#include "control/config.h"

namespace loom::app {

/// One line per event on stderr: text on a terminal, a JSON object a line elsewhere, or as the configuration says.
void set_up_logging(control::LogLevel level, control::LogFormat format);

}  // namespace loom::app
