#include "support/flow.h"

#include <chrono>
#include <stdexcept>
#include <utility>

#include "support/numbered.h"

namespace loom::testing {

namespace {

/// Which partition each of a round of messages goes to: {3, 1} gives 0 0 0 1.
std::vector<std::int32_t> round_of(const std::vector<unsigned>& shares) {
  std::vector<std::int32_t> round;
  for (std::size_t partition = 0; partition < shares.size(); ++partition) {
    round.insert(round.end(), shares[partition], static_cast<std::int32_t>(partition));
  }
  return round;
}

}  // namespace

Flow::Flow(std::string bootstrap, std::string topic, Settings settings)
    : bootstrap_(std::move(bootstrap)), topic_(std::move(topic)), settings_(std::move(settings)), thread_([this] {
        try {
          run();
        } catch (const std::exception& error) {
          failure_ = error.what();
        }
        done_ = true;
      }) {}

Flow::~Flow() {
  stopping_ = true;
  if (thread_.joinable()) thread_.join();
}

void Flow::run() {
  using Clock = std::chrono::steady_clock;
  const std::vector<std::int32_t> round = round_of(settings_.shares);
  // A leader that says nothing any more is to be the service's affair, not ours. One request at a time: with several on
  // their way, of which one is not answered, librdkafka 2.0.2 can lose count of its sequence numbers and give up.
  TestProducer producer(bootstrap_, {{"socket.timeout.ms", "6000"}, {"max.in.flight.requests.per.connection", "1"}});
  const auto begin = Clock::now();
  for (std::int64_t number = settings_.from; number < settings_.to && !stopping_; ++number) {
    const auto due = begin + std::chrono::duration_cast<Clock::duration>(std::chrono::duration<double>(
                                 static_cast<double>(number - settings_.from) / settings_.rate));
    // In small clumps: a sleep for each message would be slower than the rate.
    if (due > Clock::now() + std::chrono::milliseconds(5)) std::this_thread::sleep_until(due);
    const auto bad = bad_message(number, settings_.bad_every);
    producer.send(topic_, {.value = bad ? bad->value : numbered_message(number),
                           .key = std::to_string(number),
                           .partition = round[static_cast<std::size_t>(number) % round.size()],
                           .headers = {}});
    sent_ = number - settings_.from + 1;
  }
  producer.flush();
}

void Flow::finish() {
  if (thread_.joinable()) thread_.join();
  if (!failure_.empty()) throw std::runtime_error("the flow broke off: " + failure_);
}

std::int64_t Flow::stop() {
  stopping_ = true;
  finish();
  return settings_.from + sent_;
}

}  // namespace loom::testing
