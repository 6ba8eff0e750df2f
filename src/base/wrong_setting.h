#pragma once

#include <stdexcept>

namespace loom {

/// Settings that cannot be used, found out after the configuration was read: by whoever they are for. The process ends
/// as it does for those that are wrong at first sight.
class WrongSetting : public std::runtime_error {
 public:
  using std::runtime_error::runtime_error;
};

}  // namespace loom
