#pragma once

#include "settings/config.h"

namespace loom::app {

/// One line per event on stderr: text on a terminal, a JSON object a line elsewhere, or as the configuration says.
void set_up_logging(settings::LogLevel level, settings::LogFormat format);

}  // namespace loom::app
