#include <array>
#include <atomic>
#include <csignal>

#include "loom/kafka/base_consumer.h"

namespace loom::kafka {
namespace {

/// A signal handler has no other way to what it is to stop.
std::atomic<BaseKafkaConsumer*> signalled{nullptr};
static_assert(std::atomic<BaseKafkaConsumer*>::is_always_lock_free);

extern "C" void stop_signalled(int /*signal*/) {
  if (BaseKafkaConsumer* stage = signalled.load()) stage->stop();
}

/// The handlers, for a scope.
class Handlers {
 public:
  explicit Handlers(BaseKafkaConsumer& stage) {
    signalled.store(&stage);
    struct sigaction action = {};
    action.sa_handler = stop_signalled;
    for (std::size_t i = 0; i < kSignals.size(); ++i) sigaction(kSignals[i], &action, &before_[i]);
  }
  ~Handlers() {
    for (std::size_t i = 0; i < kSignals.size(); ++i) sigaction(kSignals[i], &before_[i], nullptr);
    signalled.store(nullptr);
  }
  Handlers(const Handlers&) = delete;
  Handlers& operator=(const Handlers&) = delete;

 private:
  static constexpr std::array<int, 2> kSignals{SIGTERM, SIGINT};
  std::array<struct sigaction, 2> before_{};
};

}  // namespace

void run_until_signalled(BaseKafkaConsumer& stage) {
  const Handlers handlers(stage);
  stage.run();
}

}  // namespace loom::kafka
