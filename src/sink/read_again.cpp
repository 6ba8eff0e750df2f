#include "sink/read_again.h"

#include <algorithm>
#include <map>
#include <string>
#include <utility>

#include "base/log.h"
#include "sink/statements.h"

namespace loom::sink {
namespace {

bool is_same(const Result& row, int at, const Message& message) {
  const auto same_bytes = [&](int column, bool has, std::string_view bytes) {
    if (row.is_null(at, column) || !has) return row.is_null(at, column) && !has;
    return row.text(at, column) == statements::hexadecimal(bytes);
  };
  // What no calendar has is null in the table, and then nothing is known of it.
  if (row.is_null(at, 3) || row.integer(at, 3) != message.timestamp_ms) return false;
  return same_bytes(4, message.has_key, message.key) && same_bytes(5, message.has_value, message.value);
}

}  // namespace

void find_waiting(const DatabaseSettings& settings, Connection& connection, batch::Batch& batch) {
  batch.waiting.clear();
  const bool again = std::any_of(batch.ranges.begin(), batch.ranges.end(),
                                 [](const batch::OffsetRange& range) { return range.read_again; });
  if (!again) return;
  const Result rows = connection.execute(
      statements::find_read_again(settings, batch, [&](std::string_view text) { return connection.literal(text); }));
  if (rows.kind() != Result::Kind::tuples) {
    if (!connection.lost()) {
      log::warn({.topic = batch.topic, .reason = rows.error().sqlstate},
                "dead letters of messages that are read again go on waiting, also where they are rows now: {}",
                rows.error().text());
    }
    return;
  }
  if (rows.rows() == 0) return;
  std::map<std::pair<std::int32_t, std::int64_t>, std::uint32_t> messages;
  for (std::uint32_t i = 0; i < batch.messages.size(); ++i) {
    messages[{batch.messages[i].partition, batch.messages[i].offset}] = i;
  }
  for (int row = 0; row < rows.rows(); ++row) {
    const auto found = messages.find({static_cast<std::int32_t>(rows.integer(row, 1)), rows.integer(row, 2)});
    if (found == messages.end() || !is_same(rows, row, batch.messages[found->second])) continue;
    batch.waiting.emplace_back(found->second, rows.integer(row, 0));
  }
}

std::vector<std::int64_t> rows_now(const batch::Batch& batch, const std::vector<batch::RejectedMessage>& rejected) {
  std::vector<std::int64_t> ids;
  for (const auto& [message, id] : batch.waiting) {
    const auto place =
        std::lower_bound(rejected.begin(), rejected.end(), message,
                         [](const batch::RejectedMessage& one, std::uint32_t wanted) { return one.message < wanted; });
    if (place == rejected.end() || place->message != message) ids.push_back(id);
  }
  return ids;
}

}  // namespace loom::sink
