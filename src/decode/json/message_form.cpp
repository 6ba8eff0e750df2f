#include "decode/json/message_form.h"

#include <array>
#include <cstdint>
#include <optional>
#include <vector>

#include "decode/json/json_decoder.h"

namespace loom::decode {
namespace {

using std::string_view_literals::operator""sv;  // NOLINT(misc-unused-using-decls): it is used, a false alarm

constexpr std::string_view kUtf8Mark = "\xEF\xBB\xBF";

struct Magic {
  std::string_view begin;
  std::string_view what;
};

// The longer of two that begin alike goes first.
constexpr std::array<Magic, 4> kMarks{{{"\xFF\xFE\0\0"sv, "UTF-32 (little-endian)"},
                                       {"\0\0\xFE\xFF"sv, "UTF-32 (big-endian)"},
                                       {"\xFF\xFE"sv, "UTF-16 (little-endian)"},
                                       {"\xFE\xFF"sv, "UTF-16 (big-endian)"}}};

// None of these can begin a JSON text, and each is long enough not to come about by chance.
constexpr std::array<Magic, 7> kFormats{{{"\x1F\x8B\x08"sv, "data compressed by gzip"},
                                         {"\x28\xB5\x2F\xFD"sv, "data compressed by zstd"},
                                         {"\x04\x22\x4D\x18"sv, "data compressed by lz4"},
                                         {"\x82SNAPPY\0"sv, "data compressed by snappy"},
                                         {"\xAC\xED\0\x05"sv, "a serialized Java object"},
                                         {"\xD9\xD9\xF7"sv, "CBOR"},
                                         {"Obj\x01"sv, "an Avro file"}}};

std::uint32_t be32(std::string_view bytes) {
  std::uint32_t number = 0;
  for (std::size_t i = 0; i < 4; ++i) number = number << 8U | static_cast<unsigned char>(bytes[i]);
  return number;
}

std::string hex(std::string_view bytes) {
  constexpr std::string_view kHexDigits = "0123456789abcdef";
  std::string text;
  for (const char c : bytes) {
    const auto byte = static_cast<unsigned char>(c);
    text += kHexDigits[byte >> 4U];
    text += kHexDigits[byte & 0xFU];
  }
  return text;
}

bool is_json_blank(char c) { return c == ' ' || c == '\t' || c == '\n' || c == '\r'; }

/// UTF-16 without a mark: a bracket, and every other byte is zero.
std::string_view unmarked_utf16(std::string_view bytes) {
  if (bytes.size() < 4 || bytes.size() % 2 != 0) return {};
  const auto opens = [](char c) { return c == '{' || c == '['; };
  if (opens(bytes[0]) && bytes[1] == '\0' && bytes[3] == '\0') return "UTF-16 (little-endian)";
  if (bytes[0] == '\0' && opens(bytes[1]) && bytes[2] == '\0') return "UTF-16 (big-endian)";
  return {};
}

std::string text_encoding(std::string_view bytes) {
  for (const auto& mark : kMarks) {
    if (bytes.starts_with(mark.begin)) {
      return "begins with the byte order mark of " + std::string(mark.what) + ", and JSON messages have to be UTF-8";
    }
  }
  const std::string_view unmarked = unmarked_utf16(bytes);
  return unmarked.empty() ? std::string() : "is " + std::string(unmarked) + ", and JSON messages have to be UTF-8";
}

/// What serializers of schema registries put in front of a message.
std::string registry_framing(std::string_view what, std::string_view bytes) {
  constexpr std::size_t kId = 4;
  constexpr std::size_t kLongId = 8;
  constexpr std::size_t kUuid = 16;
  std::string id;
  const bool is_json_behind = bytes.size() > 1 && (bytes[1] == '{' || bytes[1] == '[');  // no id is so large
  if (bytes.size() > 1 + kId && bytes[0] == '\0' && !is_json_behind) {
    const std::uint32_t number = be32(bytes.substr(1));
    if (number != 0) {
      id = "schema " + std::to_string(number);
    } else if (bytes.size() > 1 + kLongId && bytes[1 + kId] == '\0' && be32(bytes.substr(1 + kId)) != 0) {
      id = "schema " + std::to_string(be32(bytes.substr(1 + kId))) + " in eight bytes, as Apicurio writes it";
    } else {
      return {};  // no registry counts from 0
    }
  } else if (bytes.size() > 2 + kUuid && bytes[0] == '\x03' && (bytes[1] == '\0' || bytes[1] == '\x05')) {
    id = "schema version " + hex(bytes.substr(2, kUuid)) + " of AWS Glue";
  } else if (bytes.size() > 2 + kLongId && bytes.starts_with("\xC3\x01")) {
    id = "a schema of fingerprint " + hex(bytes.substr(2, kLongId)) + ", as Avro's single objects have it";
  } else {
    return {};
  }
  return "begins with a schema registry's framing (" + id + "): this topic's " + (what == "key" ? "keys" : "messages") +
         " are in a registry's format (Avro, Protobuf or JSON Schema), not plain JSON";
}

/// Where the objects and lists begin that the text is made of one behind the other; nothing where it is anything else.
std::vector<std::size_t> begins_of_values(std::string_view text) {
  std::vector<std::size_t> begins;
  std::size_t depth = 0;
  bool in_string = false;
  for (std::size_t at = 0; at < text.size(); ++at) {
    const char c = text[at];
    if (in_string) {
      if (c == '\\') ++at;
      in_string = c != '"';
    } else if (c == '{' || c == '[') {
      if (depth++ == 0) begins.push_back(at);
    } else if ((c == '}' || c == ']') && depth > 0) {
      --depth;
    } else if (depth == 0) {
      if (!is_json_blank(c)) return {};
    } else {
      in_string = c == '"';
    }
  }
  return begins;
}

/// Several whole JSON values are told from a broken one: every single one has to be valid.
std::string several_values(const JsonPart& part) {
  const auto begins = begins_of_values(part.text);
  if (begins.size() < 2) return {};
  JsonDecoder decoder(Wanted{}, JsonRoot::any);
  for (std::size_t i = 0; i < begins.size(); ++i) {
    const std::size_t end = i + 1 < begins.size() ? begins[i + 1] : part.text.size();
    if (decoder.decode_any(part.text.substr(begins[i], end - begins[i]))) return {};
  }
  return "holds " + std::to_string(begins.size()) + " JSON values one behind the other (the second begins at byte " +
         std::to_string(begins[1] + part.skipped) + "), and a message has to be a single one";
}

std::string known_form(std::string_view what, std::string_view bytes) {
  if (auto encoding = text_encoding(bytes); !encoding.empty()) return encoding;
  if (auto framing = registry_framing(what, bytes); !framing.empty()) return framing;
  for (const auto& format : kFormats) {
    if (bytes.starts_with(format.begin)) return "is " + std::string(format.what) + ", not JSON";
  }
  return several_values(json_part(bytes));
}

}  // namespace

JsonPart json_part(std::string_view bytes) {
  JsonPart part{bytes, 0};
  if (bytes.starts_with(kUtf8Mark)) {
    part.skipped = kUtf8Mark.size();
    part.text.remove_prefix(part.skipped);
  }
  std::string_view kept = part.text;
  bool nul = false;
  while (!kept.empty() && (kept.back() == '\0' || is_json_blank(kept.back()))) {
    nul |= kept.back() == '\0';
    kept.remove_suffix(1);
  }
  if (nul) part.text = kept;
  return part;
}

Reject not_json(std::string_view what, std::string_view bytes, const std::string& problem) {
  const std::string form = known_form(what, bytes);
  const std::string text = form.empty() ? "is not valid JSON: " + problem : form;
  return {RejectReason::invalid_json, "the " + std::string(what) + " " + text, {}};
}

}  // namespace loom::decode
