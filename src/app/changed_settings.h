#pragma once

#include <string>
#include <vector>

#include "control/config.h"

namespace loom::app {

/// What differs between two configurations, by the settings' names.
struct ChangedSettings {
  std::vector<std::string> taken;    ///< take effect by a reload
  std::vector<std::string> restart;  ///< take effect only when the service is started again
};

/// Pure.
ChangedSettings changed_settings(const control::Config& from, const control::Config& to);

/// `to`, with the values of `from` wherever only a restart can change them.
control::Config with_fixed_settings(const control::Config& from, control::Config to);

}  // namespace loom::app
