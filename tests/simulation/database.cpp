#include "database.h"

#include <fmt/format.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <cstring>

namespace loom::simulation {

namespace {

/// The id in a binary row of one int8 column: count (2 bytes), length (4), value (8).
std::int64_t id_of(std::string_view row) {
  EXPECT_EQ(row.size(), 14U);
  std::uint64_t id = 0;
  std::memcpy(&id, row.data() + 6, sizeof id);
  return static_cast<std::int64_t>(__builtin_bswap64(id));
}

}  // namespace

const SimulatedDatabase::Position* SimulatedDatabase::find(const Where& where) const {
  const auto found = state_.positions.find(where);
  return found == state_.positions.end() ? nullptr : &found->second;
}

Transaction transaction_of(const batch::Batch& batch) {
  Transaction transaction{
      .topic = batch.topic, .ranges = batch.ranges, .offsets = {}, .ids = {}, .row_ids = {}, .dead_letters = {}};
  for (const auto& message : batch.messages) {
    transaction.offsets[message.partition].push_back(message.offset);
    transaction.ids[message.partition].push_back(message.timestamp_ms);
  }
  for (const auto& rows : batch.rows.all()) {
    for (std::size_t i = 0; i < rows.rows.size(); ++i) {
      const std::int64_t id = id_of(rows.row(i));
      EXPECT_EQ(fmt::format(R"({{"id": {}}})", id), batch.messages[rows.rows[i].message].value);
      transaction.row_ids.push_back(id);
    }
  }
  for (const auto& rejected : batch.rejected) {
    const Message& message = batch.messages[rejected.message];
    transaction.dead_letters.emplace_back(message.partition, message.offset);
  }
  return transaction;
}

SimulatedDatabase::Position SimulatedDatabase::claim(const Where& where) {
  for (State& earlier : flushed_) earlier.positions.try_emplace(where);
  return state_.positions[where];
}

batch::Outcome SimulatedDatabase::apply(const Transaction& transaction) {
  batch::Outcome outcome;
  for (const auto& range : transaction.ranges) {
    const Position* at = find({transaction.topic, range.partition});
    if (at == nullptr || at->next != range.from || at->epoch != range.epoch) outcome.kind = batch::OutcomeKind::stale;
    if (at != nullptr) outcome.stored.push_back({range.partition, at->next, at->epoch, at->marks});
  }
  if (outcome.kind == batch::OutcomeKind::stale) {
    outcome.sqlstate = "KO001";
    return outcome;
  }
  flushed_.push_back(state_);
  if (flushed_.size() > 4) flushed_.erase(flushed_.begin());
  store(transaction);
  outcome.stored.clear();
  return outcome;
}

void SimulatedDatabase::store(const Transaction& transaction) {
  auto held = transaction.offsets;
  for (const auto& range : transaction.ranges) {
    const Where where{transaction.topic, range.partition};
    const auto version = version_of(where, range, transaction);
    EXPECT_TRUE(version) << transaction.topic << '/' << range.partition << " from " << range.from << " to " << range.to
                         << ": these are the records of no version of the log";
    held.erase(range.partition);
    Position& at = state_.positions[where];
    at.next = range.to;
    at.marks = range.marks;
    at.version = version.value_or(0);
  }
  EXPECT_TRUE(held.empty()) << "messages of a partition that the batch has no range for";
  for (const std::int64_t id : transaction.row_ids) ++state_.rows[id];
  for (const auto& [partition, offset] : transaction.dead_letters) {
    const Where where{transaction.topic, partition};
    const auto bad = logs_.at(where).between(offset, offset + 1, state_.positions[where].version);
    if (!bad.empty()) ++state_.dead_letters[bad.front()->id];
  }
}

/// The newest one whose records the transaction holds: all of the range, and no others.
std::optional<std::size_t> SimulatedDatabase::version_of(const Where& where, const batch::OffsetRange& range,
                                                         const Transaction& transaction) const {
  const auto held = transaction.ids.find(range.partition);
  for (std::size_t version = logs_.at(where).version() + 1; version-- > 0;) {
    std::vector<std::int64_t> wanted;
    for (const Record* record : logs_.at(where).between(range.from, range.to, version)) wanted.push_back(record->id);
    if (held == transaction.ids.end() ? wanted.empty() : held->second == wanted) return version;
  }
  return std::nullopt;
}

void SimulatedDatabase::restart(const Where& where, std::int64_t stored, std::int64_t epoch, std::int64_t at,
                                RecordMarks marks) {
  Position& position = state_.positions[where];
  if (position.next != stored || position.epoch != epoch) return;
  const Log& log = logs_.at(where);
  const std::int64_t same = log.same_up_to(position.version, stored);
  EXPECT_TRUE(log.between(std::min(same, at), std::max(same, at)).empty())
      << where.first << '/' << where.second << " goes on at " << at << ", and the log is the same up to " << same;
  marks.forget_from(at);
  position = {.next = at, .epoch = epoch + 1, .marks = std::move(marks), .version = log.version()};
  flushed_.clear();
}

void SimulatedDatabase::decide(const Where& where, std::int64_t stored, std::int64_t epoch) {
  const Position* at = find(where);
  if (at != nullptr) restart(where, stored, epoch, logs_.at(where).same_up_to(at->version, stored), {});
}

void SimulatedDatabase::crash(Random& random) {
  if (flushed_.empty()) return;
  state_ = flushed_[random.below(flushed_.size())];
  flushed_.clear();
}

/// What an operator's `offsets reset` does after deleting the rows from there on: both belong together.
void SimulatedDatabase::reset_offset(const Where& where, std::int64_t offset) {
  Position& at = state_.positions[where];
  if (offset > at.next) return;
  forget(where, offset);
  at = {.next = offset, .epoch = at.epoch + 1, .version = logs_.at(where).version()};
  flushed_.clear();
}

void SimulatedDatabase::forget(const Where& where, std::int64_t from) {
  const Position& at = state_.positions[where];
  for (const Record* record : logs_.at(where).between(from, at.next, at.version)) {
    state_.rows.erase(record->id);
    state_.dead_letters.erase(record->id);
  }
}

bool SimulatedDatabase::drained() const {
  return std::all_of(logs_.begin(), logs_.end(), [this](const auto& entry) {
    const Position* at = find(entry.first);
    return at != nullptr && at->next == entry.second.end && entry.second.same_up_to(at->version, at->next) == at->next;
  });
}

std::string SimulatedDatabase::verdict() const {
  for (const auto& [where, log] : logs_) {
    for (const auto& each : log.records) {
      const Record& record = *each;
      const auto count = [&](const std::map<std::int64_t, int>& in) {
        const auto found = in.find(record.id);
        return found == in.end() ? 0 : found->second;
      };
      const int rows = count(state_.rows);
      const int letters = count(state_.dead_letters);
      if (rows != (record.bad ? 0 : 1) || letters != (record.bad ? 1 : 0)) {
        return fmt::format("{}/{} offset {}: {} rows and {} dead letters of a {} message", where.first, where.second,
                           record.offset, rows, letters, record.bad ? "bad" : "good");
      }
    }
  }
  return {};
}

}  // namespace loom::simulation
