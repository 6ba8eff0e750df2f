#include "simulation.h"

#include <fmt/format.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <utility>

#include "support/id_plan.h"

namespace loom::simulation {

namespace {

using batch::Outcome;
using batch::OutcomeKind;
using std::chrono::milliseconds;

pipeline::WorkerSettings settings(Random& random) {
  pipeline::WorkerSettings chosen;
  chosen.lane.limits.size = 1 + random.below(8);
  chosen.lane.limits.rows_max = chosen.lane.limits.size + random.below(20);
  chosen.turn = 1 + random.below(10);
  return chosen;
}

Outcome failure(OutcomeKind kind, const char* sqlstate) {
  Outcome outcome;
  outcome.kind = kind;
  outcome.sqlstate = sqlstate;
  return outcome;
}

}  // namespace

SimulatedPlans::SimulatedPlans(Random& random, const bool& faults)
    : random_(random), faults_(faults), plan_(test_support::id_plan("events")) {}

void SimulatedPlans::request(pipeline::PlanRequest /*request*/, std::function<void(pipeline::PlanAnswer)> answer) {
  if (faults_ && random_.chance(10)) {
    answer({.plan = nullptr, .error = "the table is not there"});
  } else {
    answer({.plan = plan_, .error = {}});
  }
}

Simulation::Simulation(std::uint64_t seed) : random_(seed), database_(logs_), plans_(random_, faults_) {
  const std::size_t topics = 1 + random_.below(2);
  const std::size_t partitions = 1 + random_.below(4);
  for (std::size_t topic = 0; topic < topics; ++topic) {
    for (std::size_t partition = 0; partition < partitions; ++partition) {
      Log log;
      log.topic = "topic" + std::to_string(topic);
      log.partition = static_cast<std::int32_t>(partition);
      logs_.emplace(Where{log.topic, log.partition}, std::move(log));
    }
  }
  const std::size_t members = 1 + random_.below(4);
  for (std::size_t i = 0; i < members; ++i) {
    members_.push_back({.worker = std::make_unique<pipeline::Worker>(
                            settings(random_), context(), sink_, plans_,
                            [this](std::unique_ptr<pipeline::PartitionReader> reader) {
                              const auto owner = owners_.find({reader->topic(), reader->partition()});
                              if (owner != owners_.end() && owner->second.source == &reader->source())
                                owners_.erase(owner);
                            }),
                        .frozen = false});
  }
}

pipeline::Context Simulation::context() {
  return {.clock = clock_, .counters = counters_, .memory = memory_, .failpoints = failpoints_};
}

void Simulation::run() {
  const std::size_t actions = 100 + random_.below(300);
  for (std::size_t i = 0; i < actions && !::testing::Test::HasFailure(); ++i) act();

  faults_ = false;
  for (auto& member : members_) member.frozen = false;
  while (!late_news_.empty()) tell_late_news();
  for (int round = 0; round < 2000 && !::testing::Test::HasFailure(); ++round) {
    for (const auto& [where, log] : logs_) {
      if (!owners_.contains(where)) assign(where);
    }
    poke_all();
    for (std::size_t member = 0; member < members_.size(); ++member) step(member);
    while (!sink_.jobs.empty()) finish_job(false);
    if (database_.drained() && ghosts_.empty()) break;
    finish_ghost();
    audit();
    clock_.advance(milliseconds(100));
  }
  EXPECT_TRUE(database_.drained()) << "not everything was stored\n" << describe();
  EXPECT_EQ(database_.verdict(), "");
}

/// Who holds what, for the reader of a failure.
std::string Simulation::describe() const {
  std::string text;
  for (const auto& [where, log] : logs_) {
    const auto* at = database_.find(where);
    const auto owner = owners_.find(where);
    text += fmt::format("{}/{}: stored {} of {}, owner {}\n", where.first, where.second, at == nullptr ? -1 : at->next,
                        log.end, owner == owners_.end() ? -1 : static_cast<int>(owner->second.member));
  }
  for (std::size_t i = 0; i < members_.size(); ++i) {
    const pipeline::WorkerView view = members_[i].worker->view();
    for (const auto& lane : view.lanes) {
      text += fmt::format("member {}: lane {} state {} {}\n", i, lane.topic, static_cast<int>(lane.state), lane.reason);
    }
    for (const auto& partition : view.partitions) {
      text += fmt::format("member {}: {}/{} stored {} next {}{}\n", i, partition.topic, partition.partition,
                          partition.stored, partition.next, partition.leaving ? " leaving" : "");
    }
  }
  return text;
}

void Simulation::act() {
  switch (random_.below(19)) {
    case 0:
    case 1:
    case 2:
      produce();
      break;
    case 3:
    case 4:
    case 5:
    case 6:
      step(random_.below(members_.size()));
      break;
    case 7:
    case 8:
    case 9:
      finish_job(true);
      break;
    case 10:
    case 11:
      let_time_pass();
      break;
    case 12: {
      auto at = std::next(logs_.begin(), static_cast<std::ptrdiff_t>(random_.below(logs_.size())));
      if (!owners_.contains(at->first)) assign(at->first);
      break;
    }
    case 13:
      release_one();
      break;
    case 14: {
      Member& member = members_[random_.below(members_.size())];
      member.frozen = !member.frozen;
      break;
    }
    case 16:
      tell_late_news();
      break;
    case 17:
      finish_ghost();
      break;
    case 18:
      audit();
      break;
    case 15:
      if (random_.chance(20)) {
        database_.crash(random_);
      } else if (random_.chance(10)) {
        auto at = std::next(logs_.begin(), static_cast<std::ptrdiff_t>(random_.below(logs_.size())));
        if (database_.find(at->first) != nullptr) database_.reset_offset(at->first, 0);
      } else if (random_.chance(10)) {
        lose_end_of_a_log();
      } else {
        steal_from_frozen();
      }
      break;
    default:
      break;
  }
}

void Simulation::produce() {
  auto at = std::next(logs_.begin(), static_cast<std::ptrdiff_t>(random_.below(logs_.size())));
  for (std::size_t i = 1 + random_.below(10); i > 0; --i) at->second.produce(random_, next_id_++);
  const auto owner = owners_.find(at->first);
  if (owner != owners_.end()) owner->second.source->poke();
}

/// An unclean election of a leader, or a topic that is made again. Not where nothing is remembered of what was stored:
/// there nobody could notice.
void Simulation::lose_end_of_a_log() {
  auto at = std::next(logs_.begin(), static_cast<std::ptrdiff_t>(random_.below(logs_.size())));
  Log& log = at->second;
  const auto* position = database_.find(at->first);
  if (position != nullptr && position->next > 0 && !position->marks.newest().known()) return;
  const auto lost = static_cast<std::int64_t>(random_.below(static_cast<std::size_t>(log.end) + 1) / 2);
  const std::int64_t end = random_.chance(20) ? 0 : log.end - lost;
  // Where nothing but markers is left nobody has read a record to remember.
  log.cut(log.between(0, end).empty() ? 0 : end);
  if (random_.chance(50)) produce();
}

std::size_t Simulation::live_member() {
  std::vector<std::size_t> live;
  for (std::size_t i = 0; i < members_.size(); ++i) {
    if (!members_[i].frozen) live.push_back(i);
  }
  return live.empty() ? members_.size() : live[random_.below(live.size())];
}

/// What GroupConsumer does on assignment: the row first, then its position, then the source.
void Simulation::assign(const Where& where) {
  const std::size_t member = live_member();
  if (member == members_.size()) return;
  const SimulatedDatabase::Position at = database_.claim(where);
  for (auto& news : late_news_) {  // a member hears what it lost before it hears what it got
    if (news.member == member && news.where == where) members_[member].worker->release(where.first, where.second, true);
  }
  std::erase_if(late_news_, [&](const LateNews& news) { return news.member == member && news.where == where; });
  pipeline::PartitionLedger ledger(where.second, at.next, at.epoch, at.marks);
  auto source = std::make_unique<SimulatedSource>(logs_.at(where), ledger.position(), random_, faults_);
  owners_[where] = {.member = member, .source = source.get()};
  members_[member].worker->add_partition(
      std::make_unique<pipeline::PartitionReader>(std::move(source), std::move(ledger)));
}

void Simulation::release_one() {
  if (owners_.empty()) return;
  auto at = std::next(owners_.begin(), static_cast<std::ptrdiff_t>(random_.below(owners_.size())));
  const bool discard = random_.chance(30);
  members_[at->second.member].worker->release(at->first.first, at->first.second, discard);
}

/// The group takes a stopped process for dead: its partitions get new owners while it still holds batches of them.
void Simulation::steal_from_frozen() {
  for (auto& [where, owner] : owners_) {
    if (!members_[owner.member].frozen) continue;
    const Where taken = where;
    late_news_.push_back({owner.member, taken});
    owners_.erase(taken);
    assign(taken);
    return;
  }
}

void Simulation::tell_late_news() {
  if (late_news_.empty()) return;
  const LateNews news = late_news_.back();
  if (members_[news.member].frozen) return;
  late_news_.pop_back();
  members_[news.member].worker->release(news.where.first, news.where.second, true);
}

/// The client hears nothing more of a query that it sent: it was not stored, or it was, or it will be.
void Simulation::give_up_waiting(const batch::Batch& batch) {
  switch (random_.below(3)) {
    case 0:
      break;
    case 1:
      database_.apply(transaction_of(batch));
      break;
    default:
      ghosts_.push_back(transaction_of(batch));
      break;
  }
}

/// A backend that nobody waits for any more commits, or is refused.
void Simulation::finish_ghost() {
  if (ghosts_.empty()) return;
  database_.apply(ghosts_.back());
  ghosts_.pop_back();
}

/// What GroupConsumer does now and then.
void Simulation::audit() {
  for (auto& member : members_) {
    for (const auto& at : member.worker->view().partitions) {
      const Where where{at.topic, at.partition};
      if (at.new_start) database_.restart(where, at.stored, at.epoch, *at.new_start, at.marks);
      if (!at.decision.empty()) database_.decide(where, at.stored, at.epoch);
      std::optional<batch::StoredOffset> found;
      if (const auto* position = database_.find({at.topic, at.partition})) {
        found = batch::StoredOffset{.partition = at.partition,
                                    .next_offset = position->next,
                                    .epoch = position->epoch,
                                    .marks = position->marks};
      }
      member.worker->audit(at.topic, at.partition, at.stored, found);
    }
  }
}

void Simulation::finish_job(bool faults) {
  if (sink_.jobs.empty()) return;
  const std::size_t chosen = random_.below(sink_.jobs.size());
  SimulatedSink::Job job = std::move(sink_.jobs[chosen]);
  sink_.jobs.erase(sink_.jobs.begin() + static_cast<std::ptrdiff_t>(chosen));
  Outcome outcome;
  switch (faults ? random_.below(12) : 99) {
    case 0:
      outcome = failure(OutcomeKind::retry, "40001");
      break;
    case 1:
    case 2:
      give_up_waiting(*job.batch);
      outcome = failure(OutcomeKind::retry, "");
      outcome.in_doubt = true;
      break;
    case 3:
      outcome = failure(OutcomeKind::catalog_changed, "42703");
      break;
    case 4:
      outcome = failure(OutcomeKind::stop_topic, "21000");
      break;
    default:
      outcome = database_.apply(transaction_of(*job.batch));
      break;
  }
  job.reply({std::move(job.batch), std::move(outcome)});
}

void Simulation::let_time_pass() { clock_.advance(milliseconds(1 + random_.below(random_.chance(10) ? 5000 : 300))); }

void Simulation::step(std::size_t member) {
  if (!members_[member].frozen) members_[member].worker->step();
}

void Simulation::poke_all() {
  for (auto& [where, owner] : owners_) owner.source->poke();
}

}  // namespace loom::simulation
