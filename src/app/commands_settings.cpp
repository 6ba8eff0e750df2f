#include <iostream>

#include "app/commands.h"
#include "settings/reference.h"

namespace loom::app {

int show_settings(const SettingsOptions& options) {
  const auto all = settings::setting_reference();
  std::cout << (options.markdown ? render_settings_markdown(all) : render_settings(all));
  return 0;
}

}  // namespace loom::app
