#include "loom/kafka/config_loader.h"

#include <fmt/format.h>

#include <set>
#include <utility>

#include "base/log.h"
#include "base/mutex.h"
#include "sdk/config/config_cache.h"
#include "sdk/config/config_store.h"

namespace loom::kafka {

struct KafkaConsumerConfigLoader::Impl {
  explicit Impl(LoaderSettings given)
      : settings(std::move(given)), store(settings.database_url), cache(settings.cache) {}

  static TimePoint now() { return std::chrono::steady_clock::now(); }

  std::optional<ConsumerConfig> fresh(const std::string& service_name) {
    const MutexLock lock(mutex);
    return cache.fresh(service_name, now());
  }

  ConsumerConfig remember(ConsumerConfig config) {
    if (config.source == "default") {
      warn_once("no settings " + config.service_name,
                fmt::format("no settings for {} in the database, neither a row in pipeline_consumer_configs nor a "
                            "profile: defaults are used",
                            config.service_name));
    }
    const MutexLock lock(mutex);
    told.erase("database");
    cache.remember(config, now());
    return config;
  }

  ConsumerConfig fall_back(const std::string& service_name, const std::string& why) {
    const ConfigCache::FallBack known = [&] {
      const MutexLock lock(mutex);
      return cache.fall_back(service_name, now());
    }();
    warn_once("database", fmt::format("no consumer settings from the database; {} are used. {}",
                                      known.from_database ? "those read before" : "defaults", why));
    return known.config;
  }

  void warn_once(const std::string& reason, const std::string& text) {
    {
      const MutexLock lock(mutex);
      if (!told.insert(reason).second) return;
    }
    if (settings.warn) {
      settings.warn(text);
    } else {
      log::write(log::Level::warning, {}, reason, text);
    }
  }

  /// Runs `work` with the store. False, and a warning, when the database did not take it.
  template <typename Work>
  bool record(const char* what, const char* done, const Work& work) {
    try {
      const MutexLock lock(store_mutex);
      work(store);
    } catch (const StoreError& error) {
      warn_once(what, fmt::format("{} are not {}: {}", what, done, error.what()));
      return false;
    }
    const MutexLock lock(mutex);
    told.erase(what);
    return true;
  }

  // Constant.
  const LoaderSettings settings;

  // Neither is held while `warn` is called.
  Mutex store_mutex;
  ConfigStore store LOOM_GUARDED_BY(store_mutex);

  Mutex mutex;  // never held while asking the database
  ConfigCache cache LOOM_GUARDED_BY(mutex);
  std::set<std::string> told LOOM_GUARDED_BY(mutex);  // the reasons
};

KafkaConsumerConfigLoader::KafkaConsumerConfigLoader(LoaderSettings settings)
    : impl_(std::make_unique<Impl>(std::move(settings))) {}
KafkaConsumerConfigLoader::~KafkaConsumerConfigLoader() = default;

ConsumerConfig KafkaConsumerConfigLoader::load_config(const std::string& service_name) {
  if (auto config = impl_->fresh(service_name)) return *config;
  ConsumerConfig config;
  try {
    const MutexLock lock(impl_->store_mutex);
    // Another thread may have asked meanwhile.
    if (auto found = impl_->fresh(service_name)) return *found;
    config = impl_->store.effective(service_name);
  } catch (const StoreError& error) {
    return impl_->fall_back(service_name, error.what());
  }
  return impl_->remember(std::move(config));
}

void KafkaConsumerConfigLoader::forget(const std::string& service_name) {
  const MutexLock lock(impl_->mutex);
  impl_->cache.forget(service_name);
}

std::unique_ptr<Consumer> KafkaConsumerConfigLoader::create_consumer(const std::string& service_name,
                                                                     const std::vector<std::string>& topics,
                                                                     const std::string& bootstrap_servers,
                                                                     const std::string& group_id) {
  ConsumerConfig config = load_config(service_name);
  if (!group_id.empty()) config.consumer_group_id = group_id;
  return std::make_unique<Consumer>(config, topics, bootstrap_servers);
}

bool KafkaConsumerConfigLoader::record_processing_metrics(const ProcessingMetrics& metrics) {
  return impl_->record("processing metrics", "recorded", [&](ConfigStore& store) { store.insert(metrics); });
}

bool KafkaConsumerConfigLoader::record_consumer_lag(const std::vector<LagRecord>& lag) {
  if (lag.empty()) return true;
  return impl_->record("consumer lags", "recorded", [&](ConfigStore& store) { store.insert(lag); });
}

bool KafkaConsumerConfigLoader::maintain_metrics() {
  return impl_->record("the tables of metrics and lags", "looked after", [](ConfigStore& store) { store.maintain(); });
}

std::vector<Recommendation> KafkaConsumerConfigLoader::get_processing_recommendations() {
  const MutexLock lock(impl_->store_mutex);
  return impl_->store.recommendations();
}

std::unique_ptr<Consumer> create_optimized_consumer(const std::string& database_url, const std::string& service_name,
                                                    const std::vector<std::string>& topics,
                                                    const std::string& bootstrap_servers, const std::string& group_id) {
  KafkaConsumerConfigLoader loader({.database_url = database_url});
  return loader.create_consumer(service_name, topics, bootstrap_servers, group_id);
}

}  // namespace loom::kafka
