#include "decode/trace_id.h"

#include <simdjson.h>

#include <algorithm>
#include <string_view>

namespace loom {

namespace {

bool is_hex(std::string_view text) {
  return std::all_of(text.begin(), text.end(), [](char c) { return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'f'); });
}
bool is_id(std::string_view hex) { return is_hex(hex) && hex.find_first_not_of('0') != std::string_view::npos; }

/// `00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01`; versions after 00 may go on behind that.
std::string_view id_in_traceparent(std::string_view text) {
  constexpr std::size_t kLength = 55;
  if (text.size() < kLength || text[2] != '-' || text[35] != '-' || text[52] != '-') return {};
  const std::string_view version = text.substr(0, 2);
  if (!is_hex(version) || version == "ff") return {};
  if (text.size() > kLength && (version == "00" || text[kLength] != '-')) return {};
  if (!is_id(text.substr(3, 32)) || !is_id(text.substr(36, 16)) || !is_hex(text.substr(53, 2))) return {};
  return text.substr(3, 32);
}

std::string_view if_good(std::string_view id) {
  const bool visible = std::all_of(id.begin(), id.end(), [](char c) { return c > ' ' && c <= '~'; });
  return visible && id.size() <= kTraceIdMax ? id : std::string_view();
}

/// Header names come in any case.
bool is_named(const Header& header, std::string_view name) {
  return header.name.size() == name.size() &&
         std::equal(name.begin(), name.end(), header.name.begin(), [](char ours, char theirs) {
           return ours == theirs || (theirs >= 'A' && theirs <= 'Z' && ours == theirs - 'A' + 'a');
         });
}

/// The id in a value that was completed by `ending`; empty where there is none, or the cut went through it.
std::string id_in_object(std::string_view value, std::string_view ending) {
  std::string whole;
  whole.reserve(value.size() + ending.size() + simdjson::SIMDJSON_PADDING);
  whole.append(value).append(ending);
  simdjson::ondemand::parser parser;
  simdjson::ondemand::document document;
  simdjson::ondemand::object object;
  simdjson::ondemand::value found;
  if (parser.iterate(whole).get(document) != simdjson::SUCCESS) return {};
  if (document.get_object().get(object) != simdjson::SUCCESS) return {};
  if (object.find_field("trace_id").get(found) != simdjson::SUCCESS) return {};
  const std::string_view token = found.raw_json_token();
  if (token.data() + token.size() > whole.data() + value.size()) return {};
  std::string_view id;
  if (found.get_string().get(id) != simdjson::SUCCESS) return {};
  return std::string(if_good(id));
}

std::string id_in_value(std::string_view value) {
  if (value.find("\"trace_id\"") == std::string_view::npos) return {};  // most have none: no copy then
  // A message that was cut off is a dead letter for that, and its beginning still says whose it was.
  for (const std::string_view ending : {"", "}", "\"}"}) {
    std::string id = id_in_object(value, ending);
    if (!id.empty()) return id;
  }
  return {};
}

}  // namespace

std::string trace_id_of(const Message& message) {
  const auto headers = message.headers();
  for (const Header& header : headers) {
    if (!is_named(header, "traceparent")) continue;
    const std::string_view id = id_in_traceparent(header.value);
    if (!id.empty()) return std::string(id);
  }
  for (const Header& header : headers) {
    if (!is_named(header, "trace_id")) continue;
    const std::string_view id = if_good(header.value);
    if (!id.empty()) return std::string(id);
  }
  return id_in_value(message.value);
}

}  // namespace loom
