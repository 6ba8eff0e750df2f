#include <iostream>

#include "app/commands.h"
#include "sdk/config/config_report.h"
#include "sdk/config/config_store.h"

namespace loom::app {

int populate_configs(const settings::Config& config, const ConfigsOptions& options) {
  kafka::ConfigStore store(config.database.url);
  std::cout << kafka::render_table(store.populate(options.overwrite));
  return 0;
}

int show_configs(const settings::Config& config, const ConfigsOptions& options) {
  kafka::ConfigStore store(config.database.url);
  if (!options.service) {
    const auto configs = store.all();
    std::cout << (options.json ? kafka::render_json(configs) : kafka::render_table(configs));
    return 0;
  }
  const kafka::ConsumerConfig one = store.effective(*options.service);
  std::cout << (options.json ? kafka::render_json({one}) : kafka::render_table(one));
  return 0;
}

int recommend_configs(const settings::Config& config, const ConfigsOptions& options) {
  kafka::ConfigStore store(config.database.url);
  // The advice first: once it is applied, the view may have none left.
  kafka::AdviceReport report{.advice = store.recommendations(), .changes = {}, .applied = options.apply};
  report.changes = store.apply_recommendations(!options.apply);
  std::cout << (options.json ? kafka::render_json(report) : kafka::render_table(report));
  return 0;
}

}  // namespace loom::app
