// Timestamps and numbers from their text, by format.

#include <fmt/format.h>

#include <array>
#include <charconv>
#include <cmath>
#include <cstdint>
#include <cstdlib>
#include <random>
#include <string>
#include <vector>

#include "decode/number.h"
#include "decode/timestamp.h"
#include "measure.h"
#include "message_writer.h"

namespace {

using loom::benchmarks::Instant;
using loom::decode::Parsed;

constexpr std::size_t kValues = 1024;

/// Texts of one format and what they say.
template <typename Value>
struct Texts {
  Parsed (*parse)(std::string_view, Value&);
  std::vector<std::string> texts;
  std::vector<Value> values;

  void add(std::string text, Value value) {
    texts.push_back(std::move(text));
    values.push_back(value);
  }
  [[nodiscard]] bool right() const {
    for (std::size_t i = 0; i < texts.size(); ++i) {
      Value value{};
      if (parse(texts[i], value) != Parsed::ok || value != values[i]) return false;
    }
    return texts.size() == kValues;
  }
};

template <typename Value>
void measure(benchmark::State& state, const Texts<Value>& texts) {
  if (!texts.right()) {
    loom::benchmarks::fail(state, "a value was read wrongly");
    return;
  }
  std::size_t next = 0;
  std::size_t bytes = 0;
  loom::benchmarks::Measure measured(state);
  for (auto _ : state) {
    Value value{};
    auto parsed = texts.parse(texts.texts[next], value);
    benchmark::DoNotOptimize(parsed);
    benchmark::DoNotOptimize(value);
    bytes += texts.texts[next].size();
    next = (next + 1) % kValues;
  }
  measured.report(static_cast<std::size_t>(state.iterations()), bytes);
}

// ---- Timestamps

constexpr std::int64_t kUnixTo2000 = 946'684'800'000'000;  // microseconds

enum class Spelling : std::uint8_t { iso_us_z, iso_ms_offset, space_no_zone, date, seconds, milliseconds, nanoseconds };

/// Instants as PostgreSQL counts them, in a spelling that may have less than microseconds.
Texts<std::int64_t> instants(Spelling spelling) {
  std::mt19937_64 random(7);
  const bool number = spelling >= Spelling::seconds;
  Texts<std::int64_t> made{number ? loom::decode::timestamp_from_number : loom::decode::parse_timestamp, {}, {}};
  for (std::size_t i = 0; i < kValues; ++i) {
    const Instant at = loom::benchmarks::instant(random());
    const std::int64_t unix_us = at.us + kUnixTo2000;
    const std::int64_t to_ms = at.us / 1000 * 1000;
    switch (spelling) {
      case Spelling::iso_us_z:
        made.add(at.iso, at.us);
        break;
      case Spelling::iso_ms_offset:
        made.add(at.iso.substr(0, 23) + "+02:00", to_ms - 7'200'000'000);
        break;
      case Spelling::space_no_zone:
        made.add(at.iso.substr(0, 10) + ' ' + at.iso.substr(11, 8), at.us / 1'000'000 * 1'000'000);
        break;
      case Spelling::date:
        made.add(at.iso.substr(0, 10), at.us / 86'400'000'000 * 86'400'000'000);
        break;
      case Spelling::seconds:
        made.add(fmt::format("{}.{:06}", unix_us / 1'000'000, unix_us % 1'000'000), at.us);
        break;
      case Spelling::milliseconds:
        made.add(std::to_string(unix_us / 1000), to_ms);
        break;
      case Spelling::nanoseconds:
        // Whole seconds: 19 digits are read by way of a double, which is exact for these.
        made.add(std::to_string(unix_us / 1'000'000) + "000000000", at.us / 1'000'000 * 1'000'000);
        break;
    }
  }
  return made;
}

void timestamp(benchmark::State& state, Spelling spelling) { measure(state, instants(spelling)); }
BENCHMARK_CAPTURE(timestamp, iso_microseconds_Z, Spelling::iso_us_z);
BENCHMARK_CAPTURE(timestamp, iso_milliseconds_offset, Spelling::iso_ms_offset);
BENCHMARK_CAPTURE(timestamp, space_seconds_no_zone, Spelling::space_no_zone);
BENCHMARK_CAPTURE(timestamp, date_alone, Spelling::date);
BENCHMARK_CAPTURE(timestamp, unix_seconds_6_decimals, Spelling::seconds);
BENCHMARK_CAPTURE(timestamp, unix_milliseconds, Spelling::milliseconds);
BENCHMARK_CAPTURE(timestamp, unix_nanoseconds, Spelling::nanoseconds);

// ---- Numbers; glibc's strtod is the judge

void floating(benchmark::State& state, const char* format) {
  std::mt19937_64 random(8);
  Texts<double> made{loom::decode::parse_double, {}, {}};
  for (std::size_t i = 0; i < kValues; ++i) {
    const double value = (static_cast<double>(random() >> 11U) * 0x1p-53 - 0.5) * 400;
    std::string text = fmt::format(fmt::runtime(format), value);
    const double judged = std::strtod(text.c_str(), nullptr);
    made.add(std::move(text), judged);
  }
  measure(state, made);
}
BENCHMARK_CAPTURE(floating, 6_decimals, "{:.6f}");
BENCHMARK_CAPTURE(floating, 1_decimal, "{:.1f}");
BENCHMARK_CAPTURE(floating, without_fraction, "{:.0f}");
BENCHMARK_CAPTURE(floating, shortest_17_digits, "{}");
BENCHMARK_CAPTURE(floating, with_exponent, "{:.9e}");

void integer(benchmark::State& state, int digits) {
  std::mt19937_64 random(9);
  Texts<std::int64_t> made{loom::decode::parse_integer, {}, {}};
  auto most = static_cast<std::uint64_t>(std::pow(10.0, digits));
  for (std::size_t i = 0; i < kValues; ++i) {
    // All with as many digits as asked for.
    const auto value = static_cast<std::int64_t>(most / 10 + random() % (most - most / 10));
    made.add(std::to_string(value), value);
  }
  measure(state, made);
}
BENCHMARK_CAPTURE(integer, 3_digits, 3);
BENCHMARK_CAPTURE(integer, 9_digits, 9);
BENCHMARK_CAPTURE(integer, 18_digits, 18);

}  // namespace

// Each benchmark proves its own values first.
int main(int argc, char** argv) {
  return loom::benchmarks::run(argc, argv, [] { return std::nullopt; });
}
