#include "sdk/stage/outputs.h"

#include <unistd.h>

#include <thread>
#include <utility>

#include "base/log.h"

namespace loom::kafka::stage {

using std::chrono::milliseconds;

Outputs::Outputs(const DeliverySettings& settings, Stop& stop)
    : suffix_(settings.dead_letter_suffix),
      stop_(stop),
      producer_settings_(settings.producer),
      producer_(std::make_unique<Producer>(producer_settings_)),
      dead_letter_topics_(settings.producer.bootstrap_servers, settings.producer.properties),
      backoff_(milliseconds(50), milliseconds(2'000), static_cast<std::uint64_t>(getpid())) {}

void Outputs::renew_producer() {
  producer_.reset();  // before the next one has its transactional id
  producer_ = std::make_unique<Producer>(producer_settings_);
}

void Outputs::begin() { producer_->begin_round(); }

void Outputs::send_plain(const Turn& turn, std::size_t from) {
  for (std::size_t i = from; i < turn.outputs.size(); ++i) {
    if (!turn.outputs[i].dead_letter) producer_->send(turn.outputs[i], i);
  }
}

void Outputs::send_rest(Turn& turn) {
  for (std::size_t i = 0; i < turn.outputs.size(); ++i) {
    Output& output = turn.outputs[i];
    const OutputState state = producer_->state(i);
    if (output.dropped || state == OutputState::acknowledged || state == OutputState::pending) continue;
    if (output.dead_letter) dead_letter_topics_.prepare(output, turn.records[output.record].topic);
    if (output.suspect && !settle()) return;
    producer_->send(output, i);
    if (output.suspect && !settle()) return;
  }
}

bool Outputs::settle() {
  while (!producer_->serve(milliseconds(200))) {
    if (stop_.overdue()) return false;
  }
  return true;
}

bool Outputs::any_failed(const Turn& turn) const {
  for (std::size_t i = 0; i < turn.outputs.size(); ++i) {
    if (!turn.outputs[i].dropped && producer_->state(i) != OutputState::acknowledged) return true;
  }
  return false;
}

bool Outputs::blame_refused(Turn& turn, const std::string& group) {
  bool any = false;
  const std::size_t count = turn.outputs.size();
  for (std::size_t i = 0; i < count; ++i) {
    if (turn.outputs[i].dropped || producer_->state(i) != OutputState::refused) continue;
    any = any || !is_bare(turn.outputs[i]) || !turn.outputs[i].suspect;
    // Brokers refuse the messages of a request all together.
    if (!std::exchange(turn.outputs[i].suspect, true)) continue;
    // A dead letter with nothing left to leave out: that topic's own fault, so it is tried again.
    if (!is_bare(turn.outputs[i])) replace(turn, i, group);
  }
  return any;
}

void Outputs::replace(Turn& turn, std::size_t number, const std::string& group) {
  const Output refused = turn.outputs[number];
  const Record& record = turn.records[refused.record];
  const log::About about{.topic = record.topic, .partition = record.partition, .offset = record.offset};
  for (Output& output : turn.outputs) output.dropped = output.dropped || output.record == refused.record;
  if (refused.dead_letter) {
    log::error(about, "its dead letter goes without its content: {}", producer_->last_error());
    turn.outputs.push_back(bare_dead_letter_of(refused, producer_->last_error()));
    return;
  }
  const std::string why = "an output for " + refused.topic + " was refused: " + producer_->last_error();
  log::error(about, "became a dead letter: {}", why);
  Output dead_letter = dead_letter_of(record, record.topic + suffix_, group, "output_refused", why);
  dead_letter.record = refused.record;
  turn.outputs.push_back(std::move(dead_letter));
}

bool Outputs::pause(const std::string& why) {
  log::warn({}, "a stage's results are tried again: {}", why);
  if (!stop_.wait(backoff_.next())) std::this_thread::sleep_for(milliseconds(50));
  return !stop_.overdue();
}

}  // namespace loom::kafka::stage
