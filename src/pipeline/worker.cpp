#include "pipeline/worker.h"

#include <algorithm>
#include <utility>

#include "pipeline/turns.h"

namespace loom::pipeline {

namespace {
constexpr auto kRetrySoon = std::chrono::milliseconds(10);
}  // namespace

Worker::Worker(const WorkerSettings& settings, const Context& context, batch::Sink& sink, PlanProvider& plans,
               Released released)
    : context_(context), sink_(sink), plans_(plans), released_(std::move(released)), settings_(settings) {}

void Worker::add_partition(std::unique_ptr<PartitionReader> reader) { letters_.post(AddPartition{std::move(reader)}); }

void Worker::release(std::string topic, std::int32_t partition, bool discard) {
  letters_.post(Release{std::move(topic), partition, discard});
}

void Worker::audit(std::string topic, std::int32_t partition, std::int64_t believed,
                   std::optional<batch::StoredOffset> found) {
  letters_.post(Audit{std::move(topic), partition, believed, std::move(found)});
}

void Worker::reconfigure(const WorkerSettings& settings) { letters_.post(Reconfigure{settings}); }

WorkerView Worker::view() const {
  const MutexLock lock(view_mutex_);
  return view_;
}

Duration Worker::stepping() const {
  const TimePoint began = step_began_;
  return began == TimePoint::max() ? Duration::zero() : context_.clock.now() - began;
}

TimePoint Worker::step() {
  step_began_ = context_.clock.now();
  const TimePoint next = take_step();
  step_began_ = TimePoint::max();
  return next;
}

TimePoint Worker::take_step() {
  letters_.collect(collected_);
  for (auto& letter : collected_) {
    std::visit([this](auto& content) { read(std::move(content)); }, letter);
  }
  collected_.clear();

  const bool more = give_turns();
  const TimePoint now = context_.clock.now();
  TimePoint next = more ? now : TimePoint::max();
  for (auto at = lanes_.begin(); at != lanes_.end();) {
    next = std::min(next, tend(*at->second));
    at = at->second->empty() ? lanes_.erase(at) : std::next(at);
  }
  if (now >= published_ + look_every(places_.size())) {
    for (const auto& [topic, lane] : lanes_) {
      share_turns(*lane);
      line_up_doubtful(*lane);
    }
    publish(now);
  }
  // With partitions in hand, the view must not grow old while nothing happens.
  return places_.empty() ? next : std::min(next, published_ + look_every(places_.size()));
}

// ---- Letters

Lane& Worker::lane(const std::string& topic) {
  auto& found = lanes_[topic];
  if (found == nullptr) found = std::make_unique<Lane>(topic, settings_.lane, context_);
  return *found;
}

void Worker::read(AddPartition letter) {
  PartitionReader& reader = *letter.reader;
  Lane& home = lane(reader.topic());
  const std::uint64_t id = next_id_++;
  reader.arrive(id, [this, id] { letters_.post(Ready{id}); });
  Place& place = places_[id] = {.lane = &home, .partition = reader.partition()};
  home.add(std::move(reader));
  line_up(place);  // it may have filled before anyone listened
  published_ = {};
}

void Worker::read(const Release& letter) {
  const auto at = lanes_.find(letter.topic);
  if (at == lanes_.end()) return;
  if (!letter.discard) {
    at->second->release(letter.partition);
  } else if (auto reader = at->second->discard(letter.partition)) {
    give_back(std::move(reader));
  }
}

void Worker::read(PlanArrived letter) {
  const auto at = lanes_.find(letter.topic);
  if (at == lanes_.end()) return;
  if (letter.answer.plan != nullptr) {
    at->second->use_plan(std::move(letter.answer.plan));
  } else {
    at->second->plan_failed(letter.answer.error, letter.answer.cause);
  }
}

void Worker::read(Settled letter) {
  const auto at = lanes_.find(letter.topic);
  if (at == lanes_.end()) return;
  Lane& lane = *at->second;
  lane.settle(std::move(letter.reply));
  send_due(lane);  // before anything else: a connection waits for it
  lane.tidy();
}

void Worker::read(const Audit& letter) {
  const auto at = lanes_.find(letter.topic);
  if (at == lanes_.end()) return;
  at->second->audit(letter.partition, letter.believed, letter.found);
}

void Worker::read(const Reconfigure& letter) {
  settings_ = letter.settings;
  for (auto& [topic, lane] : lanes_) {
    lane->use_settings(settings_.lane);
    plans_.request({.topic = topic}, [this, name = topic](PlanAnswer answer) {
      letters_.post(PlanChanged{name, std::move(answer)});
    });
  }
}

void Worker::read(PlanChanged letter) {
  const auto at = lanes_.find(letter.topic);
  if (at != lanes_.end() && letter.answer.plan != nullptr) at->second->change_plan(std::move(letter.answer.plan));
}

void Worker::read(Ready letter) {
  const auto at = places_.find(letter.partition_id);
  if (at == places_.end()) return;
  at->second.lane->note_ready(at->second.partition);
  line_up(at->second);
}

void Worker::read(SchemasChanged /*letter*/) {
  schemas_news_ = false;  // what comes from now on may not be seen below
  for (auto& [topic, lane] : lanes_) lane->schemas_changed();
}

void Worker::line_up(Place& place) {
  if (place.in_line) return;
  place.in_line = true;
  line_.push_back(&place);
}

// ---- Turns

/// One turn for each partition in line. True when one of them could go on at once.
bool Worker::give_turns() {
  bool more = false;
  for (std::size_t turns = line_.size(); turns > 0; --turns) {
    Place& place = *line_.front();
    line_.pop_front();
    place.in_line = false;
    more = give_turn(place) || more;
  }
  return more;
}

/// True when it could go on at once.
bool Worker::give_turn(Place& place) {
  const auto most = static_cast<std::size_t>(place.share * static_cast<double>(settings_.turn));
  if (!place.lane->fill_from(place.partition, std::max<std::size_t>(most, 1))) return false;
  line_up(place);
  return place.lane->wants_input() && !place.lane->find(place.partition)->seek_pending();
}

bool Worker::input_waiting(const Lane& lane) const {
  return std::any_of(lane.readers().begin(), lane.readers().end(), [this](const PartitionReader& reader) {
    return !reader.leaving() && places_.at(reader.id()).in_line;
  });
}

/// Sends what is due, asks for a plan, lets settled partitions go. Returns when this lane next wants attention.
TimePoint Worker::tend(Lane& lane) {
  bool fresh = false;
  if (lane.take_plan_request(fresh)) {
    plans_.request({.topic = lane.topic(), .fresh = fresh, .wants = lane.wanted_of_plan()},
                   [this, topic = lane.topic()](PlanAnswer answer) {
                     letters_.post(PlanArrived{topic, std::move(answer)});
                   });
  }
  send_due(lane);
  for (auto& reader : lane.take_settled()) give_back(std::move(reader));
  TimePoint next = lane.wake_at();
  for (const PartitionReader& reader : lane.readers()) {
    if (!reader.seek_pending() || reader.closed()) continue;
    line_up(places_.at(reader.id()));  // nothing comes from its queue before it has its turn, and with it its seek
    if (lane.wants_input()) next = std::min(next, context_.clock.now() + kRetrySoon);
  }
  return next;
}

/// The batch that is due, or the order of the next one's rows.
void Worker::send_due(Lane& lane) {
  if (batch::Batch* const full = lane.full_batch()) sink_.prepare(*full);
  auto batch = lane.hand_over(input_waiting(lane));
  if (batch == nullptr) return;
  sink_.submit(std::move(batch), [this, topic = lane.topic()](batch::WriteReply reply) {
    letters_.post(Settled{topic, std::move(reply)});
  });
}

void Worker::give_back(std::unique_ptr<PartitionReader> reader) {
  reader->depart();
  const auto at = places_.find(reader->id());
  std::erase(line_, &at->second);
  places_.erase(at);
  published_ = {};
  released_(std::move(reader));
}

// ---- What others see

/// A log that changed while nothing comes of it calls nobody.
void Worker::line_up_doubtful(const Lane& lane) {
  for (const PartitionReader& reader : lane.readers()) {
    if (reader.in_doubt()) line_up(places_.at(reader.id()));
  }
}

void Worker::share_turns(const Lane& lane) {
  std::int64_t longest = 0;
  for (const PartitionReader& reader : lane.readers()) longest = std::max(longest, reader.backlog());
  for (const PartitionReader& reader : lane.readers()) {
    places_.at(reader.id()).share = turn_share(reader.backlog(), longest);
  }
}

void Worker::publish(TimePoint now) {
  published_ = now;
  WorkerView fresh;
  for (const auto& [topic, lane] : lanes_) {
    fresh.lanes.push_back({.topic = topic,
                           .state = lane->shown_state(),
                           .reason = lane->shown_reason(),
                           .long_trouble = lane->long_trouble(),
                           .trouble = lane->trouble(),
                           .out_since = lane->out_since(),
                           .next_try = lane->next_try(),
                           .plan = lane->plan()});
    for (const PartitionReader& reader : lane->readers()) {
      const PartitionLedger& ledger = reader.ledger();
      PartitionView& shown = fresh.partitions.emplace_back();
      shown.topic = topic;
      shown.partition = ledger.partition();
      shown.stored = ledger.stored();
      shown.next = ledger.next();
      shown.epoch = ledger.epoch();
      shown.backlog = reader.backlog();
      shown.first_unstored_ms = ledger.first_unstored_ms();
      shown.leaving = reader.leaving();
      shown.decision = reader.decision();
      if (ledger.settled() && reader.new_start()) {
        shown.new_start = reader.new_start();
        shown.marks = ledger.marks();
        shown.marks.forget_from(*shown.new_start);
      }
    }
  }
  const MutexLock lock(view_mutex_);
  view_ = std::move(fresh);
}

}  // namespace loom::pipeline
