#pragma once

#include <span>
#include <string>
#include <string_view>

namespace loom::settings {

/// A setting, for people: what parse_config() knows, and a test holds the two against each other.
struct SettingReference {
  std::string_view name;
  std::string_view also;      ///< another name that means the same, or empty
  std::string_view standard;  ///< the default as it would be written; empty: none
  std::string_view about;     ///< Markdown, without a full stop
};

/// In the order in which a reader needs them. The last ones stand for families: `LOOM_RDKAFKA_*`, `..._FILE`.
std::span<const SettingReference> setting_reference();

/// A line for each name with its default, and below it what it is.
std::string render_settings(std::span<const SettingReference> settings);

/// A table in Markdown, with its heading.
std::string render_settings_markdown(std::span<const SettingReference> settings);

}  // namespace loom::settings
