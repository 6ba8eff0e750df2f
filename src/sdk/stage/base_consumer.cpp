#include "loom/kafka/base_consumer.h"

#include <utility>

#include "sdk/stage/loop.h"
#include "sdk/stage/settings.h"

namespace loom::kafka {

/// The stage's parts, wired: whoever gives before whoever takes from it, so that the consumer goes first.
struct BaseKafkaConsumer::Impl {
  Impl(BaseKafkaConsumer& its_stage, StageSettings given)
      : settings(stage::complete(std::move(given))),
        processor(
            settings, [&its_stage](const Record& message) { its_stage.process_message(message); }, stop, tally) {}

  void run();
  /// After an error.
  void abandon() {
    if (membership) membership->abandon();
  }

  const StageSettings settings;
  stage::Stop stop;
  stage::Tally tally{std::chrono::steady_clock::now()};
  stage::Processor processor;
  std::optional<stage::Reporter> reporter;
  std::unique_ptr<stage::Delivery> delivery;
  std::optional<stage::Membership> membership;
};

void BaseKafkaConsumer::Impl::run() {
  reporter.emplace(LoaderSettings{.database_url = settings.database_url, .cache = settings.config_cache},
                   settings.service_name);
  membership.emplace(settings, reporter->config(), stop, tally);
  delivery = stage::make_delivery(settings, membership->group(), stop);
  if (!delivery->open()) return;
  stage::Loop({.settings = settings,
               .reporter = *reporter,
               .membership = *membership,
               .processor = processor,
               .delivery = *delivery,
               .tally = tally,
               .stop = stop})
      .run();
}

BaseKafkaConsumer::BaseKafkaConsumer(StageSettings settings)
    : impl_(std::make_unique<Impl>(*this, std::move(settings))) {}

BaseKafkaConsumer::~BaseKafkaConsumer() = default;

void BaseKafkaConsumer::run() {
  try {
    on_start();
    impl_->run();
  } catch (...) {
    impl_->abandon();
    on_stop();
    throw;
  }
  on_stop();
}

void BaseKafkaConsumer::stop() noexcept { impl_->stop.request(); }

const StageSettings& BaseKafkaConsumer::settings() const { return impl_->settings; }

void BaseKafkaConsumer::send_to_topic(const std::string& topic, std::string_view value, std::optional<std::string> key,
                                      Headers headers) {
  impl_->processor.send(
      {.topic = topic, .value = std::string(value), .key = std::move(key), .headers = std::move(headers)});
}

}  // namespace loom::kafka
