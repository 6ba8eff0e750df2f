#include "support/numbered.h"

#include <fmt/format.h>

#include <string_view>

namespace loom::testing {

namespace {

constexpr std::int64_t kFirstTimeMs = 1'750'000'000'000;  // 2025-06-15T15:06:40Z
constexpr std::size_t kExamples = 12;

/// The values that go with a number, as PostgreSQL prints them.
struct Values {
  std::string device;
  std::string note;
  std::string reading;
  std::string counted;
  std::string taken_ms;
};

Values values_of(std::int64_t number) {
  // Quarters and not more than 15 digits: a double prints as it was written.
  const std::int64_t whole = number % 100'000;
  constexpr std::string_view kQuarters[] = {"", ".25", ".5", ".75"};
  return {.device = fmt::format("device-{}", number % 97),
          .note = fmt::format("message {}: \"quoted\", grüße, {}", number,
                              std::string(static_cast<std::size_t>(number % 61), 'x')),
          .reading = fmt::format("{}{}", whole, kQuarters[number % 4]),
          .counted = std::to_string(number * 1'000'003),
          .taken_ms = std::to_string(kFirstTimeMs + number * 7)};
}

std::string escaped(std::string_view text) {
  std::string out;
  for (const char letter : text) {
    if (letter == '"' || letter == '\\') out += '\\';
    out += letter;
  }
  return out;
}

/// FNV-1a: what matters is only that a mixed-up row has another one.
std::string checksum_of(std::string_view number, const Values& values) {
  std::uint64_t hash = 14695981039346656037ULL;
  for (const std::string_view part :
       {number, std::string_view(values.device), std::string_view(values.note), std::string_view(values.reading),
        std::string_view(values.counted), std::string_view(values.taken_ms)}) {
    for (const char letter : part) hash = (hash ^ static_cast<unsigned char>(letter)) * 1099511628211ULL;
    hash = (hash ^ 0xFFU) * 1099511628211ULL;
  }
  return fmt::format("{:016x}", hash);
}

void note(Verdict& verdict, std::string what) {
  if (verdict.first.size() < kExamples) verdict.first.push_back(std::move(what));
}

}  // namespace

std::string numbered_message(std::int64_t number) {
  const Values values = values_of(number);
  return fmt::format(
      R"({{"device_id":"{}","timestamp":{},"checksum":"{}","data":{{"number":{},"note":"{}","reading":{},"counted":{}}}}})",
      values.device, values.taken_ms, checksum_of(std::to_string(number), values), number, escaped(values.note),
      values.reading, values.counted);
}

std::string numbered_table(const std::string& table, const std::string& extra) {
  return "CREATE TABLE " + table +
         " (number bigint, device_id text, note text, reading double precision, counted bigint, taken_at timestamptz,"
         " checksum text, partition integer, \"offset\" bigint" +
         (extra.empty() ? "" : ", " + extra) + ")";
}

std::string numbered_mapping(const std::string& topic, const std::string& table) {
  return "  " + topic + ":\n    table: " + table + R"(
    field_mappings:
      data.number: number
      device_id: device_id
      data.note: note
      data.reading: reading
      data.counted: counted
      timestamp: taken_at
      checksum: checksum
      $partition: partition
      $offset: offset
    data_types:
      taken_at: timestamp
)";
}

std::string Verdict::describe() const {
  std::string text = fmt::format("{} messages sent, {} rows: missing {}, twice {}, never sent {}, with wrong values {}",
                                 expected, rows, missing, twice, foreign, wrong);
  for (const auto& line : first) text += "\n  " + line;
  return text;
}

Verdict judge(const TestDatabase& database, const std::string& table, std::int64_t expected) {
  Verdict verdict;
  verdict.expected = expected;
  const auto rows = database.rows(
      "SELECT number, device_id, note, reading, counted, (extract(epoch FROM taken_at) * 1000)::bigint, checksum,"
      " partition, \"offset\" FROM " +
      table);
  verdict.rows = static_cast<std::int64_t>(rows.size());
  std::vector<std::string> places(static_cast<std::size_t>(expected));
  for (const auto& row : rows) {
    const std::string place = row[7] + "@" + row[8];
    const std::int64_t number = row[0] == "NULL" ? -1 : std::stoll(row[0]);
    if (number < 0 || number >= expected) {
      ++verdict.foreign;
      note(verdict, fmt::format("never sent: number {} from {}", row[0], place));
      continue;
    }
    const Values stored{.device = row[1], .note = row[2], .reading = row[3], .counted = row[4], .taken_ms = row[5]};
    if (checksum_of(row[0], stored) != row[6] || checksum_of(row[0], values_of(number)) != row[6]) {
      ++verdict.wrong;
      note(verdict, fmt::format("wrong values: number {} from {}", row[0], place));
    }
    std::string& before = places[static_cast<std::size_t>(number)];
    if (!before.empty()) {
      ++verdict.twice;
      note(verdict, fmt::format("twice: number {} from {} and from {}", row[0], before, place));
    }
    before = place;
  }
  for (std::size_t number = 0; number < places.size(); ++number) {
    if (!places[number].empty()) continue;
    ++verdict.missing;
    note(verdict, fmt::format("missing: number {}", number));
  }
  return verdict;
}

}  // namespace loom::testing
