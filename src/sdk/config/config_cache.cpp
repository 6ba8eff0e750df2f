#include "sdk/config/config_cache.h"

#include <algorithm>

namespace loom::kafka {
namespace {

/// Until the database is asked again that did not answer.
constexpr std::chrono::seconds kAgainAfter{10};

}  // namespace

std::optional<ConsumerConfig> ConfigCache::fresh(const std::string& service_name, TimePoint now) const {
  const auto found = known_.find(service_name);
  if (found == known_.end() || now >= found->second.until) return std::nullopt;
  return found->second.config;
}

void ConfigCache::remember(const ConsumerConfig& config, TimePoint now) {
  known_[config.service_name] = {config, now + lifetime_, true};
}

void ConfigCache::forget(const std::string& service_name) {
  const auto found = known_.find(service_name);
  if (found != known_.end()) found->second.until = TimePoint{};
}

ConfigCache::FallBack ConfigCache::fall_back(const std::string& service_name, TimePoint now) {
  Known& known = known_[service_name];
  if (!known.from_database) known.config = default_config(service_name);
  known.until = now + std::min<Duration>(kAgainAfter, lifetime_);
  return {known.config, known.from_database};
}

}  // namespace loom::kafka
