#include "sdk/stage/loop.h"

#include <iterator>

namespace loom::kafka::stage {
namespace {

using Steady = std::chrono::steady_clock;

}  // namespace

void Loop::run() {
  parts_.membership.join();
  while (!parts_.stop.requested()) {
    parts_.membership.follow(parts_.reporter.config());
    take_turn();
    if (parts_.tally.due(Steady::now(), parts_.settings.report_every)) report();
  }
  report();
  parts_.membership.leave();
}

void Loop::take_turn() {
  Turn turn;
  turn.records = parts_.membership.take();
  if (turn.records.empty()) {
    parts_.delivery.idle();
    return;
  }
  process(turn);
  deliver(turn);
}

/// As many as there is time for; what is left is taken again.
void Loop::process(Turn& turn) {
  Membership& membership = parts_.membership;
  parts_.delivery.begin();
  // A turn that takes longer would cost the membership, and all of it would be done again, for ever.
  const TimePoint until = Steady::now() + membership.poll_interval() / 2;
  while (turn.finished < turn.records.size() && !parts_.stop.requested() && Steady::now() < until) {
    const Record& record = turn.records[turn.finished];
    // The group hears of us between turns only.
    auto outputs = parts_.processor.process(record, membership.group(), membership.poll_interval() / 4);
    if (!outputs) break;
    const std::size_t from = turn.outputs.size();
    for (Output& output : *outputs) output.record = turn.finished;
    std::move(outputs->begin(), outputs->end(), std::back_inserter(turn.outputs));
    membership.finish(record);
    ++turn.finished;
    parts_.delivery.added(turn, from);
  }
  if (turn.finished < turn.records.size()) membership.put_back_unfinished();
}

void Loop::deliver(Turn& turn) {
  Membership& membership = parts_.membership;
  const std::vector<Position> positions = membership.finished();
  if (positions.empty()) return;
  switch (parts_.delivery.deliver(turn, positions, membership.target())) {
    case DeliveryResult::delivered:
      membership.delivered(positions);
      return;
    case DeliveryResult::unfinished:
      return;
    case DeliveryResult::given_up:  // nothing more is committed: it is all done again
    case DeliveryResult::group_moved:
      membership.put_back_undelivered();
      return;
  }
}

void Loop::report() {
  parts_.reporter.post(
      {.metrics = parts_.tally.take(parts_.settings.service_name, Steady::now()), .lag = parts_.membership.lag()});
}

}  // namespace loom::kafka::stage
