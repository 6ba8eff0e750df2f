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

std::optional<BadMessage> bad_message(std::int64_t number, std::int64_t every) {
  if (every <= 0 || number % every != every / 2) return std::nullopt;
  const std::string good = numbered_message(number);
  const auto with_data = [&](std::string_view data) {
    return fmt::format(R"({{"device_id":"bad","timestamp":{},"data":{{"number":{},{}}}}})", kFirstTimeMs, number, data);
  };
  switch (number / every % 7) {
    case 0:
      return BadMessage{.value = good.substr(0, good.size() / 2), .reason = "invalid_json"};
    case 1:
      return BadMessage{.value = "[" + good + "]", .reason = "not_an_object"};
    case 2:
      return BadMessage{.value = with_data(R"("reading":"warm")"), .reason = "conversion_failed"};
    case 3:
      return BadMessage{.value = with_data(R"("counted":123456789012345678901234567890)"), .reason = "out_of_range"};
    case 4:
      return BadMessage{.value = with_data(R"("note":"a\u0000b")"), .reason = "invalid_text"};
    case 5:
      return BadMessage{.value = std::nullopt, .reason = "tombstone"};
    default:
      return BadMessage{.value = with_data(R"("counted":-1)"), .reason = "check_violation"};
  }
}

std::string bad_numbered_check() { return "CHECK (counted >= 0)"; }

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
  if (bad > 0) {
    text += fmt::format("; {} bad ones, {} dead letters, {} of these wrong", bad, dead_letters, dead_wrong);
  }
  for (const auto& line : first) text += "\n  " + line;
  return text;
}

namespace {

/// The numbers that a table or the dead letters were found to have.
class Judge {
 public:
  Judge(const TestDatabase& database, std::string table, std::int64_t expected, std::int64_t bad_every)
      : database_(database),
        table_(std::move(table)),
        bad_every_(bad_every),
        seen_(static_cast<std::size_t>(expected), false) {
    verdict_.expected = expected;
    if (bad_every > 0) {
      for (std::int64_t number = 0; number < expected; ++number) verdict_.bad += is_bad(number) ? 1 : 0;
    }
  }

  Verdict run() {
    database_.each_row(
        "SELECT number, device_id, note, reading, counted, (extract(epoch FROM taken_at) * 1000)::bigint, checksum,"
        " partition, \"offset\" FROM " +
            table_,
        [this](const auto& row) { take_row(row); });
    if (bad_every_ > 0) {
      database_.each_row(
          "SELECT convert_from(key, 'UTF8'), reason, encode(value, 'hex'), partition, \"offset\" FROM"
          " kafka_dead_letters",
          [this](const auto& row) { take_dead_letter(row); });
    }
    for (std::size_t number = 0; number < seen_.size(); ++number) {
      if (seen_[number]) continue;
      ++verdict_.missing;
      note(verdict_, fmt::format("missing: number {}", number));
    }
    for (const std::int64_t number : found_twice_) note(verdict_, "twice: " + places(number));
    return std::move(verdict_);
  }

 private:
  using Row = std::vector<std::string_view>;

  [[nodiscard]] bool is_bad(std::int64_t number) const { return bad_message(number, bad_every_).has_value(); }
  [[nodiscard]] bool sent(std::int64_t number) const { return number >= 0 && number < verdict_.expected; }

  void mark(std::int64_t number) {
    if (seen_[static_cast<std::size_t>(number)]) {
      ++verdict_.twice;
      if (found_twice_.size() < kExamples) found_twice_.push_back(number);
    }
    seen_[static_cast<std::size_t>(number)] = true;
  }

  void take_row(const Row& row) {
    ++verdict_.rows;
    const std::int64_t number = row[0] == "NULL" ? -1 : std::stoll(std::string(row[0]));
    if (!sent(number) || is_bad(number)) {
      ++verdict_.foreign;
      note(verdict_, fmt::format("never sent: number {} from {}@{}", row[0], row[7], row[8]));
      return;
    }
    const Values stored{.device = std::string(row[1]),
                        .note = std::string(row[2]),
                        .reading = std::string(row[3]),
                        .counted = std::string(row[4]),
                        .taken_ms = std::string(row[5])};
    if (checksum_of(row[0], stored) != row[6] || checksum_of(row[0], values_of(number)) != row[6]) {
      ++verdict_.wrong;
      note(verdict_, fmt::format("wrong values: number {} from {}@{}", row[0], row[7], row[8]));
    }
    mark(number);
  }

  void take_dead_letter(const Row& row) {
    ++verdict_.dead_letters;
    const bool numbered = !row[0].empty() && row[0].find_first_not_of("0123456789") == std::string_view::npos;
    const std::int64_t number = numbered ? std::stoll(std::string(row[0])) : -1;
    const auto bad = sent(number) ? bad_message(number, bad_every_) : std::nullopt;
    const bool same = bad && row[1] == bad->reason && row[2] == (bad->value ? hex(*bad->value) : "NULL");
    if (!same) {
      ++verdict_.dead_wrong;
      note(verdict_, fmt::format("wrong dead letter: key {} from {}@{}: {}", row[0], row[3], row[4], row[1]));
    }
    if (bad) mark(number);
  }

  static std::string hex(std::string_view bytes) {
    std::string out;
    for (const char byte : bytes) out += fmt::format("{:02x}", static_cast<unsigned char>(byte));
    return out;
  }

  [[nodiscard]] std::string places(std::int64_t number) const {
    std::string from;
    const std::string wanted = std::to_string(number);
    for (const auto& row : database_.rows("SELECT partition, \"offset\" FROM " + table_ + " WHERE number = " + wanted +
                                          " UNION ALL SELECT partition, \"offset\" FROM kafka_dead_letters WHERE key = "
                                          "convert_to('" +
                                          wanted + "', 'UTF8')")) {
      from += fmt::format(" {}@{}", row[0], row[1]);
    }
    return fmt::format("number {} from{}", number, from);
  }

  const TestDatabase& database_;
  const std::string table_;
  const std::int64_t bad_every_;
  std::vector<bool> seen_;
  std::vector<std::int64_t> found_twice_;
  Verdict verdict_;
};

}  // namespace

Verdict judge(const TestDatabase& database, const std::string& table, std::int64_t expected, std::int64_t bad_every) {
  return Judge(database, table, expected, bad_every).run();
}

}  // namespace loom::testing
