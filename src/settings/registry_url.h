#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "registry/settings.h"

namespace loom::settings {

/// Puts the URLs of a list with commas into `registry`, each without its `user:password@`, which becomes the user and
/// the password. Returns what is wrong with them, in words that show nothing of a password; `the first ...`, to be put
/// behind the setting's name. Pure.
std::vector<std::string> take_registry_urls(std::string_view list, registry::RegistrySettings& registry);

/// What does not go together, with the settings' names. Pure.
std::vector<std::string> registry_login_problems(const registry::RegistrySettings& registry);

}  // namespace loom::settings
