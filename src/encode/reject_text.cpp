#include "encode/reject_text.h"

#include "decode/json/structural_index.h"
#include "decode/plain_form.h"

namespace loom::encode {
namespace {

using Kind = decode::Value::Kind;

constexpr std::size_t kShown = 80;

std::string in_quotes(std::string_view text) { return '"' + std::string(text) + '"'; }

}  // namespace

std::string show_value(const decode::Value& typed) {
  decode::PlainRoom room;
  const decode::Value value = decode::plain_form(typed, {}, room);
  if (value.kind == Kind::array && value.text.empty()) return "a list";
  if (value.kind == Kind::object && value.text.empty()) return "an object";
  if (value.kind == Kind::boolean) return value.boolean ? "true" : "false";
  std::size_t size = value.text.size();
  if (size > kShown) {
    size = kShown;
    // A byte of the form 10xxxxxx goes on with the character before it.
    while (size > 0 && (static_cast<unsigned char>(value.text[size]) & 0xC0U) == 0x80U) --size;
  }
  std::string shown(value.text.substr(0, size));
  const bool utf8 = decode::is_utf8(shown);
  for (char& c : shown) {
    const auto byte = static_cast<unsigned char>(c);
    if (byte < 0x20 || byte == 0x7F || (byte >= 0x80 && !utf8)) c = '?';
  }
  if (size < value.text.size()) shown += "...";
  return value.kind == Kind::string ? in_quotes(shown) : shown;
}

Reject conversion_reject(const mapping::ColumnInfo& column, std::string_view source, const decode::Value& value,
                         Conversion how) {
  Reject reject;
  const std::string type = column.type_name.empty() ? "the column's type" : column.type_name;
  reject.message = "column " + in_quotes(column.name) + ", source " + in_quotes(source) + ": ";
  switch (how) {
    case Conversion::ok:
    case Conversion::failed:
      reject.reason = RejectReason::conversion_failed;
      reject.message += show_value(value) + " cannot become " + type;
      break;
    case Conversion::out_of_range:
      reject.reason = RejectReason::out_of_range;
      reject.message += show_value(value) + " is out of range for " + type;
      break;
    case Conversion::invalid_text:
      reject.reason = RejectReason::invalid_text;
      reject.message += show_value(value) + " holds a character that " + type + " cannot store (NUL)";
      break;
  }
  return reject;
}

}  // namespace loom::encode
