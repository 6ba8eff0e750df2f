#pragma once

#include <string>
#include <vector>

#include "settings/config.h"

namespace loom::app {

/// What differs between two configurations, by the settings' names.
struct ChangedSettings {
  std::vector<std::string> taken;    ///< take effect by a reload
  std::vector<std::string> restart;  ///< take effect only when the service is started again
};

/// Pure.
ChangedSettings changed_settings(const settings::Config& from, const settings::Config& to);

/// `to`, with the values of `from` wherever only a restart can change them.
settings::Config with_fixed_settings(const settings::Config& from, settings::Config to);

}  // namespace loom::app
