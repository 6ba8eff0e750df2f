#include "avro_fixture.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <array>
#include <stdexcept>

#include "decode/plain_form.h"
#include "mapping/paths.h"

namespace loom::decode::testing {

std::string bytes_of(std::string_view hex) {
  const auto digit = [](char c) { return c <= '9' ? c - '0' : (c | 0x20) - 'a' + 10; };
  std::string digits;
  for (const char c : hex) {
    if (c != ' ') digits += c;
  }
  std::string bytes;
  for (std::size_t i = 0; i + 1 < digits.size(); i += 2) {
    bytes += static_cast<char>(digit(digits[i]) * 16 + digit(digits[i + 1]));
  }
  return bytes;
}

WantedPaths paths_for(const std::vector<std::string>& paths) {
  WantedPaths made;
  for (const std::string& path : paths) {
    const bool elements = path.starts_with('*');
    const bool json = path.starts_with('!');
    const auto slot = mapping::add_slot(made.tree, elements || json ? path.substr(1) : path);
    made.wishes.resize(std::max<std::size_t>(made.wishes.size(), slot + 1U));
    made.wishes[slot] = {elements, json};
  }
  return made;
}

std::string in_words(const Value& value) {
  constexpr std::array<std::string_view, Value::kKinds> kNames{
      "-",       "null",  "boolean", "number", "string", "array", "object", "integer",  "real", "single",
      "decimal", "bytes", "instant", "local",  "date",   "time",  "uuid",   "duration", "enum"};
  std::string words(kNames[static_cast<std::size_t>(value.kind)]);
  if (value.kind <= Value::Kind::null) return words;
  PlainRoom room;
  ByteBuffer text;
  append_json(value, room, text);
  if (!text.empty()) words += " " + std::string(text.view());
  return words;
}

std::shared_ptr<const formats::AvroSchema> schema_of(const std::string& text) {
  auto parsed = formats::parse_avro_schema(text);
  if (!parsed.schema) throw std::invalid_argument(parsed.problem);
  return std::make_shared<const formats::AvroSchema>(std::move(*parsed.schema));
}

AvroRun::AvroRun(const std::string& schema, const Wanted& wanted, AvroOptions options)
    : slots_(wanted.message.tree.slots),
      values_(slots_, wanted.extra_slots, wanted.elements),
      program_(schema_of(schema), wanted, options) {}

AvroRun::AvroRun(const std::string& schema, const std::vector<std::string>& paths)
    : AvroRun(schema, Wanted{.message = paths_for(paths)}) {}

std::optional<Reject> AvroRun::run(std::string_view bytes) {
  bytes_ = std::vector<char>(bytes.begin(), bytes.end());
  return program_.run({bytes_.data(), bytes_.size()}, values_);
}

std::string AvroRun::slots(std::string_view hex) {
  if (const auto reject = run(bytes_of(hex))) return reject->message;
  std::string all;
  for (std::size_t i = 0; i < slots_; ++i) all += (i == 0 ? "" : ", ") + in_words(values_.slot(i));
  return all;
}

std::string AvroRun::root(std::string_view hex) {
  if (const auto reject = run(bytes_of(hex))) return reject->message;
  return in_words(values_.root);
}

std::string AvroRun::problem(std::string_view hex) {
  const auto reject = run(bytes_of(hex));
  if (reject) return reject->message;
  ADD_FAILURE() << hex << " was accepted";
  return {};
}

std::string slots(const std::string& schema, const std::vector<std::string>& paths, std::string_view hex) {
  return AvroRun(schema, paths).slots(hex);
}

}  // namespace loom::decode::testing
