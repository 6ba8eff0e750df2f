#include "infer/text_forms.h"

#include <arpa/inet.h>

#include <algorithm>
#include <nlohmann/json.hpp>
#include <string>

#include "base/byte_buffer.h"
#include "decode/base64.h"
#include "decode/number.h"
#include "decode/timestamp.h"
#include "infer/letters.h"

namespace loom::infer {
namespace {

/// Shorter texts of words are Base64 by chance.
constexpr std::size_t kLongBase64 = 32;

bool is_hex(char c) { return is_digit(c) || (c >= 'a' && c <= 'f') || (c >= 'A' && c <= 'F'); }

/// Words and ids are made of fewer kinds of letters, and have no such length by chance.
bool is_base64(std::string_view text) {
  const auto any = [&](bool (*kind)(char)) { return std::any_of(text.begin(), text.end(), kind); };
  ByteBuffer bytes;
  return text.size() >= kLongBase64 && text.size() % 4 == 0 && any(is_upper) && any(is_lower) && any(is_digit) &&
         text.find_first_of(" \n\t") == std::string_view::npos && decode::decode_base64(text, bytes);
}

bool is_uuid(std::string_view text) {
  if (text.size() != 36) return false;
  for (std::size_t i = 0; i < text.size(); ++i) {
    const bool dash = i == 8 || i == 13 || i == 18 || i == 23;
    if (dash ? text[i] != '-' : !is_hex(text[i])) return false;
  }
  return true;
}

bool is_inet(const std::string& text) {
  in6_addr address{};
  return inet_pton(AF_INET, text.c_str(), &address) == 1 ||
         (text.find(':') != std::string::npos && inet_pton(AF_INET6, text.c_str(), &address) == 1);
}

/// `2024-05-06`: digits alone may as well be a number.
bool begins_with_a_date(std::string_view text) {
  constexpr std::string_view kForm = "dddd-dd-dd";
  return text.size() >= kForm.size() && std::equal(kForm.begin(), kForm.end(), text.begin(), [](char form, char c) {
           return form == 'd' ? is_digit(c) : form == c;
         });
}

bool is_json(const std::string& text) {
  const bool may_be = (text.starts_with('{') && text.ends_with('}')) || (text.starts_with('[') && text.ends_with(']'));
  return may_be && nlohmann::json::accept(text);
}

}  // namespace

TextFormSet forms_of(std::string_view text) {
  TextFormSet forms;
  const auto set = [&forms](TextForm form, bool on) { forms.set(static_cast<std::size_t>(form), on); };
  const std::string whole(text);
  std::int64_t number = 0;
  if (begins_with_a_date(text)) {
    const bool alone = text.size() == 10;
    set(TextForm::date, alone && decode::parse_date(text, number) == decode::Parsed::ok);
    set(TextForm::timestamp, !alone && decode::parse_timestamp(text, number) == decode::Parsed::ok);
  } else if (text.size() >= 8 && is_digit(text[0]) && text[2] == ':') {
    set(TextForm::time, decode::parse_time(text, number) == decode::Parsed::ok);
  }
  set(TextForm::uuid, is_uuid(text));
  set(TextForm::inet, is_inet(whole));
  decode::NumberParts parts;
  const bool bare = !text.empty() && (is_digit(text.front()) || text.front() == '-') && is_digit(text.back());
  if (bare && text.find_first_of("eE") == std::string_view::npos && decode::split_number(text, parts)) {
    // 007 is no number, however it looks.
    const bool padded = parts.integer.size() > 1 && parts.integer.front() == '0';
    set(TextForm::decimal, !padded && !parts.fraction.empty());
    set(TextForm::integer, !padded && parts.fraction.empty());
  }
  set(TextForm::json, is_json(whole));
  set(TextForm::base64, is_base64(text));
  return forms;
}

}  // namespace loom::infer
