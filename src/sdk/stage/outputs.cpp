#include "sdk/stage/outputs.h"

#include <unistd.h>

#include <string_view>
#include <thread>
#include <utility>

#include "base/log.h"

namespace loom::kafka {

using std::chrono::milliseconds;

namespace {

constexpr std::string_view kLeftOut = "dlq.left_out";

bool is_bare(const Output& output) {
  return output.dead_letter && !output.headers.empty() && output.headers.back().first == kLeftOut;
}

/// What can still be told of a record that is too large for the dead-letter topic: where it is.
Output bare(const Output& letter, const std::string& why) {
  Output left{.topic = letter.topic, .value = {}, .key = {}, .headers = {}};
  left.partition = letter.partition;
  left.record = letter.record;
  left.dead_letter = true;
  for (const auto& [name, value] : letter.headers) {
    if (name.starts_with("dlq.")) left.headers.emplace_back(name, value.substr(0, 1000));
  }
  left.headers.emplace_back(kLeftOut, "key, value and headers: " + why);
  return left;
}

}  // namespace

StageOutputs::StageOutputs(const DeliverySettings& settings, StageStop& stop)
    : suffix_(settings.dead_letter_suffix),
      stop_(stop),
      producer_(settings.producer),
      dead_letter_topics_(settings.producer.bootstrap_servers, settings.producer.properties),
      backoff_(milliseconds(50), milliseconds(2'000), static_cast<std::uint64_t>(getpid())) {}

void StageOutputs::begin() { producer_.begin_round(); }

void StageOutputs::send_plain(const Turn& turn, std::size_t from) {
  for (std::size_t i = from; i < turn.outputs.size(); ++i) {
    if (!turn.outputs[i].dead_letter) producer_.send(turn.outputs[i], i);
  }
}

void StageOutputs::send_rest(Turn& turn) {
  for (std::size_t i = 0; i < turn.outputs.size(); ++i) {
    Output& output = turn.outputs[i];
    const Delivery delivery = producer_.delivery(i);
    if (output.dropped || delivery == Delivery::acknowledged || delivery == Delivery::pending) continue;
    if (output.dead_letter) dead_letter_topics_.prepare(output, turn.records[output.record].topic);
    if (output.suspect && !settle()) return;
    producer_.send(output, i);
    if (output.suspect && !settle()) return;
  }
}

bool StageOutputs::settle() {
  while (!producer_.serve(milliseconds(200))) {
    if (stop_.overdue()) return false;
  }
  return true;
}

bool StageOutputs::any_failed(const Turn& turn) const {
  for (std::size_t i = 0; i < turn.outputs.size(); ++i) {
    if (!turn.outputs[i].dropped && producer_.delivery(i) != Delivery::acknowledged) return true;
  }
  return false;
}

bool StageOutputs::blame_refused(Turn& turn, const std::string& group) {
  bool any = false;
  const std::size_t count = turn.outputs.size();
  for (std::size_t i = 0; i < count; ++i) {
    if (turn.outputs[i].dropped || producer_.delivery(i) != Delivery::refused) continue;
    any = any || !is_bare(turn.outputs[i]) || !turn.outputs[i].suspect;
    // Brokers refuse the messages of a request all together.
    if (!std::exchange(turn.outputs[i].suspect, true)) continue;
    // A letter with nothing left to leave out: that topic's own fault, so it is tried again.
    if (!is_bare(turn.outputs[i])) replace(turn, i, group);
  }
  return any;
}

void StageOutputs::replace(Turn& turn, std::size_t number, const std::string& group) {
  const Output refused = turn.outputs[number];
  const Record& record = turn.records[refused.record];
  const log::About about{.topic = record.topic, .partition = record.partition, .offset = record.offset};
  for (Output& output : turn.outputs) output.dropped = output.dropped || output.record == refused.record;
  if (refused.dead_letter) {
    log::error(about, "its dead letter goes without its content: {}", producer_.last_error());
    turn.outputs.push_back(bare(refused, producer_.last_error()));
    return;
  }
  const std::string why = "an output for " + refused.topic + " was refused: " + producer_.last_error();
  log::error(about, "became a dead letter: {}", why);
  Output letter = dead_letter_of(record, record.topic + suffix_, group, "output_refused", why);
  letter.record = refused.record;
  turn.outputs.push_back(std::move(letter));
}

bool StageOutputs::pause(const std::string& why) {
  log::warn({}, "a stage's results are tried again: {}", why);
  if (!stop_.wait(backoff_.next())) std::this_thread::sleep_for(milliseconds(50));
  return !stop_.overdue();
}

}  // namespace loom::kafka
