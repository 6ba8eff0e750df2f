#include "message_writer.h"

#include <fmt/format.h>

#include <chrono>
#include <cstdlib>
#include <cstring>
#include <utility>

namespace loom::benchmarks {

Instant instant(std::uint64_t seed) {
  using namespace std::chrono;
  constexpr std::uint64_t kSpread = 366ULL * 86'400 * 1'000'000;
  const sys_days start = year{2024} / 1 / 1;
  const microseconds into{seed % kSpread};
  const auto days_in = floor<days>(into);
  const year_month_day date{start + days_in};
  const hh_mm_ss time{into - days_in};
  Instant made;
  made.iso = fmt::format("{:04}-{:02}-{:02}T{:02}:{:02}:{:02}.{:06}Z", static_cast<int>(date.year()),
                         static_cast<unsigned>(date.month()), static_cast<unsigned>(date.day()), time.hours().count(),
                         time.minutes().count(), time.seconds().count(), time.subseconds().count());
  made.us = (microseconds{start - sys_days{year{2000} / 1 / 1}} + into).count();
  return made;
}

std::string big_endian(std::uint64_t value, std::size_t bytes) {
  std::string out(bytes, '\0');
  for (std::size_t i = 0; i < bytes; ++i) out[bytes - 1 - i] = static_cast<char>((value >> (8 * i)) & 0xFFU);
  return out;
}

std::string bits_of(double value) {
  std::uint64_t bits = 0;
  std::memcpy(&bits, &value, sizeof bits);
  return big_endian(bits, 8);
}

std::string base64(std::string_view bytes) {
  static constexpr std::string_view kDigits = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
  std::string out;
  out.reserve(bytes.size() / 3 * 4 + 4);
  for (std::size_t i = 0; i < bytes.size(); i += 3) {
    const std::string_view group = bytes.substr(i, 3);
    unsigned bits = 0;
    for (std::size_t k = 0; k < 3; ++k) {
      bits = bits << 8U | (k < group.size() ? static_cast<unsigned char>(group[k]) : 0U);
    }
    for (std::size_t k = 0; k < 4; ++k) {
      out += k <= group.size() ? kDigits[(bits >> (18 - 6 * k)) & 63U] : '=';
    }
  }
  return out;
}

void MessageWriter::name(std::string_view key) {
  if (json.back() != '{' && json.back() != '[') json += ',';
  json += fmt::format("\"{}\":", key);
}

void MessageWriter::expect(const std::string& column, std::string value) {
  if (!column.empty()) row[column] = std::move(value);
}

void MessageWriter::text(std::string_view key, std::string_view value, const std::string& column) {
  escaped(key, value, value, column);
}

void MessageWriter::escaped(std::string_view key, std::string_view text_of, std::string_view value,
                            const std::string& column) {
  name(key);
  json += fmt::format("\"{}\"", text_of);
  expect(column, std::string(value));
}

void MessageWriter::number(std::string_view key, double value, const std::string& column) {
  name(key);
  const std::string text_of = fmt::format("{:.6f}", value);
  json += text_of;
  expect(column, bits_of(std::strtod(text_of.c_str(), nullptr)));
}

void MessageWriter::integer(std::string_view key, std::int64_t value, const std::string& column) {
  name(key);
  json += std::to_string(value);
  expect(column, big_endian(static_cast<std::uint64_t>(value), 8));
}

void MessageWriter::boolean(std::string_view key, bool value, const std::string& column) {
  name(key);
  json += value ? "true" : "false";
  expect(column, std::string(1, value ? '\1' : '\0'));
}

void MessageWriter::timestamp(std::string_view key, const Instant& value, const std::string& column) {
  name(key);
  json += fmt::format("\"{}\"", value.iso);
  expect(column, big_endian(static_cast<std::uint64_t>(value.us), 8));
}

void MessageWriter::bytes(std::string_view key, std::string value, const std::string& column) {
  name(key);
  json += '"';
  json += base64(value);
  json += '"';
  expect(column, std::move(value));
}

void MessageWriter::open(std::string_view key, char bracket) {
  name(key);
  json += bracket;
}

void MessageWriter::open_element() {
  if (json.back() != '[') json += ',';
  json += '{';
}

void MessageWriter::close(char bracket) { json += bracket; }

}  // namespace loom::benchmarks
