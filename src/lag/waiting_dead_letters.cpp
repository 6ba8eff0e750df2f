#include "lag/waiting_dead_letters.h"

#include <fmt/format.h>

#include <algorithm>
#include <string_view>

namespace loom::lag {
namespace {

using namespace std::chrono_literals;

constexpr Duration kEvery = 5s;
constexpr Duration kAfterFailure = 30s;  // every attempt is an error in the database's log
constexpr int kShare = 50;               // counting takes one part of so many

// Topic by topic through the index alone, whatever the planner believes of a table that has just grown.
constexpr std::string_view kCount =
    "SET LOCAL statement_timeout = 1000; SET LOCAL enable_seqscan = off; SET LOCAL enable_bitmapscan = off; "
    "SET LOCAL jit = off; "
    "WITH RECURSIVE topics AS ("
    "(SELECT topic FROM kafka_dead_letters WHERE consumer_group = {0} ORDER BY topic LIMIT 1) UNION ALL "
    "SELECT (SELECT d.topic FROM kafka_dead_letters d WHERE d.consumer_group = {0} AND d.topic > t.topic "
    "ORDER BY d.topic LIMIT 1) FROM topics t WHERE t.topic IS NOT NULL), "
    "counted AS (SELECT topic, reason, count(*) AS letters, max(id) AS newest FROM (SELECT t.topic, d.reason, d.id "
    "FROM topics t, LATERAL (SELECT reason, id FROM kafka_dead_letters d WHERE d.consumer_group = {0} "
    "AND d.topic = t.topic LIMIT {1}) d WHERE t.topic IS NOT NULL LIMIT {2}) one GROUP BY 1, 2) "
    "SELECT c.topic, c.reason, c.letters, coalesce(left(d.message, 1000), ''), coalesce(d.partition, 0), "
    "coalesce(d.\"offset\", 0), coalesce(d.trace_id, ''), "
    "coalesce((extract(epoch FROM d.created_at) * 1000000)::bigint, 0) "
    "FROM counted c LEFT JOIN kafka_dead_letters d ON d.id = c.newest";

}  // namespace

std::uint64_t WaitingDeadLetters::total(const std::map<std::string, WaitingKind>& reasons) {
  std::uint64_t sum = 0;
  for (const auto& [reason, kind] : reasons) sum += kind.count;
  return sum;
}

std::uint64_t WaitingDeadLetters::total() const {
  std::uint64_t sum = 0;
  for (const auto& [topic, reasons] : topics) sum += total(reasons);
  return sum;
}

bool WaitingDeadLetters::at_least() const {
  return !all_counted ||
         std::any_of(topics.begin(), topics.end(), [](const auto& topic) { return total(topic.second) >= kTopicMost; });
}

std::shared_ptr<const WaitingDeadLetters> WaitingCounter::look(sink::Connection& connection) {
  const TimePoint began = clock_.now();
  if (began < not_before_) return nullptr;
  const sink::Result rows = connection.execute(
      fmt::format(kCount, connection.literal(group_), WaitingDeadLetters::kTopicMost, WaitingDeadLetters::kMost));
  const TimePoint ended = clock_.now();
  if (rows.kind() != sink::Result::Kind::tuples) {
    not_before_ = ended + kAfterFailure;
    return nullptr;
  }
  not_before_ = ended + std::max<Duration>(kEvery, (ended - began) * kShare);
  auto found = std::make_shared<WaitingDeadLetters>();
  found->sampled_us = clock_.wall_us();
  std::uint64_t sum = 0;
  for (int row = 0; row < rows.rows(); ++row) {
    WaitingKind& kind = found->topics[std::string(rows.text(row, 0))][std::string(rows.text(row, 1))];
    kind.count = static_cast<std::uint64_t>(rows.integer(row, 2));
    kind.message = rows.text(row, 3);
    kind.partition = static_cast<std::int32_t>(rows.integer(row, 4));
    kind.offset = rows.integer(row, 5);
    kind.trace_id = rows.text(row, 6);
    kind.created_us = rows.integer(row, 7);
    sum += kind.count;
  }
  found->all_counted = sum < WaitingDeadLetters::kMost;
  return found;
}

}  // namespace loom::lag
