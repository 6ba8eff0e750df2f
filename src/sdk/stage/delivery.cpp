#include "sdk/stage/delivery.h"

#include <optional>

#include "base/log.h"
#include "base/plural.h"
#include "sdk/stage/outputs.h"
#include "sdk/stage/transaction.h"

namespace loom::kafka::stage {
namespace {

/// What cannot be committed in this time is committed with the next turn.
constexpr std::chrono::seconds kCommitWithin{5};

class PlainDelivery final : public Delivery {
 public:
  PlainDelivery(const DeliverySettings& settings, Stop& stop) : outputs_(settings, stop) {}

  void begin() override { outputs_.begin(); }
  void added(Turn& turn, std::size_t from) override { outputs_.send_plain(turn, from); }
  void idle() override { outputs_.producer().serve(std::chrono::milliseconds(0)); }

  DeliveryResult deliver(Turn& turn, const std::vector<Position>& positions, const DeliveryTarget& target) override {
    while (true) {
      std::string why;
      try {
        outputs_.send_rest(turn);
      } catch (const admin::KafkaError& error) {
        why = error.what();
      }
      if (!outputs_.settle()) return DeliveryResult::given_up;
      if (why.empty() && outputs_.blame_refused(turn, target.group)) continue;
      if (why.empty() && !outputs_.any_failed(turn)) break;
      if (!outputs_.pause(why.empty() ? outputs_.producer().last_error() : why)) return DeliveryResult::given_up;
    }
    outputs_.went_well();
    return target.consumer->commit(positions, kCommitWithin) ? DeliveryResult::delivered : DeliveryResult::unfinished;
  }

 private:
  Outputs outputs_;
};

class TransactionalDelivery final : public Delivery {
 public:
  TransactionalDelivery(const DeliverySettings& settings, Stop& stop) : stop_(stop), outputs_(settings, stop) {
    transaction_.emplace(outputs_.producer().client(), stop);
  }

  bool open() override {
    while (transaction_->init() != StepResult::done) {
      if (!outputs_.pause(transaction_->why()) || stop_.requested()) return false;
    }
    outputs_.went_well();
    return true;
  }
  void begin() override {}
  void added(Turn& /*turn*/, std::size_t /*from*/) override {}
  void idle() override { outputs_.producer().serve(std::chrono::milliseconds(0)); }

  DeliveryResult deliver(Turn& turn, const std::vector<Position>& positions, const DeliveryTarget& target) override {
    while (true) {
      switch (attempt(turn, positions, target)) {
        case StepResult::done:
          outputs_.went_well();
          return DeliveryResult::delivered;
        case StepResult::group_moved:
          log::info({}, "a turn of {} is given up: {}", plural(turn.finished, "message"), why_);
          if (!abort()) return DeliveryResult::given_up;
          return DeliveryResult::group_moved;
        case StepResult::abort:
          if (!abort()) return DeliveryResult::given_up;
          if (outputs_.blame_refused(turn, target.group)) continue;
          if (!outputs_.pause(why_)) return DeliveryResult::given_up;
          continue;
        case StepResult::given_up:
          return DeliveryResult::given_up;
      }
    }
  }

 private:
  /// One transaction, up to its commit. It is open afterwards unless it was done.
  StepResult attempt(Turn& turn, const std::vector<Position>& positions, const DeliveryTarget& target) {
    outputs_.begin();
    StepResult step = transaction_->begin();
    if (step == StepResult::done) step = send(turn);
    if (step == StepResult::done) step = noted(transaction_->send_offsets(target.client, positions));
    if (step == StepResult::done) step = noted(transaction_->commit());
    return step;
  }

  /// False: it is the end's time.
  bool abort() {
    // Brokers that were away end a transaction by themselves when they are back, and librdkafka takes that for another
    // replica's doing. One that really has our name shuts us out without a time-out before: then we stay out.
    const bool were_away = outputs_.producer().timed_out();
    try {
      return transaction_->abort() != StepResult::given_up;
    } catch (const ShutOut& shut_out) {
      if (!were_away) throw;
      log::warn({}, "the producer is made anew after the brokers were away: {}", shut_out.what());
    }
    transaction_.reset();
    outputs_.renew_producer();
    transaction_.emplace(outputs_.producer().client(), stop_);
    return open();
  }

  StepResult send(Turn& turn) {
    try {
      outputs_.send_rest(turn);
    } catch (const admin::KafkaError& error) {
      why_ = error.what();
      return StepResult::abort;
    }
    if (!outputs_.settle()) return StepResult::given_up;
    if (!outputs_.any_failed(turn)) return StepResult::done;
    why_ = outputs_.producer().last_error();
    return StepResult::abort;
  }

  StepResult noted(StepResult step) {
    if (step != StepResult::done) why_ = transaction_->why();
    return step;
  }

  Stop& stop_;
  Outputs outputs_;
  std::optional<Transaction> transaction_;
  std::string why_;
};

}  // namespace

std::unique_ptr<Delivery> make_delivery(const StageSettings& settings, const std::string& group, Stop& stop) {
  DeliverySettings to{.producer = {.bootstrap_servers = settings.bootstrap_servers,
                                   .client_id = settings.service_name,
                                   .transactional_id = {},
                                   .properties = settings.rdkafka},
                      .dead_letter_suffix = settings.dead_letter_suffix};
  if (!settings.exactly_once) return std::make_unique<PlainDelivery>(to, stop);
  // One name for a replica's life and its next one: what a killed process left open is ended when it is back. Which
  // partitions it has does not matter, since the group's metadata goes along with the offsets.
  to.producer.transactional_id = settings.service_name + "." + group + "." + settings.instance;
  return std::make_unique<TransactionalDelivery>(to, stop);
}

}  // namespace loom::kafka::stage
