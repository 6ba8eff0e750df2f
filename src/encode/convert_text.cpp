#include <utility>

#include "decode/base64.h"
#include "decode/json/json_text.h"
#include "decode/json/structural_index.h"
#include "decode/number.h"
#include "encode/convert_rules.h"
#include "encode/numeric.h"

namespace loom::encode::rules {
namespace {

using Kind = Value::Kind;
using mapping::NulPolicy;

}  // namespace

Conversion text(const Value& value, Scratch& scratch, Scalar& out) {
  if (value.kind == Kind::boolean) {
    out.text = value.boolean ? "true" : "false";
    return Conversion::ok;
  }
  out.text = value.text;
  // An object's `\u0000` is plain ASCII in its JSON text; only a string holds the character itself.
  if (!value.nul || value.kind != Kind::string) return Conversion::ok;
  if (scratch.nul == NulPolicy::reject) return Conversion::invalid_text;
  scratch.bytes.clear();
  decode::append_without_nul(value.text, scratch.nul, scratch.bytes);
  out.text = scratch.bytes.view();
  return Conversion::ok;
}

Conversion text_json(const Value& value, Scratch& scratch, Scalar& out) {
  if (value.kind != Kind::string) return text(value, scratch, out);
  return json(value, scratch, out);
}

Conversion text_list(const Value& value, Scratch& scratch, Scalar& out) {
  return value.kind == Kind::array ? text(value, scratch, out) : json_list(value, scratch, out);
}

// `[1,2.5,3]`: JSON, and what pgvector reads.
Conversion text_float_list(const Value& value, Scratch& scratch, Scalar& out) {
  if (value.kind != Kind::string && value.kind != Kind::array) return Conversion::failed;
  // Also a list in the message is read from its text again: that happens only for types without a binary encoder.
  const Value* const list = scratch.list_in(value.text);
  if (list == nullptr) return Conversion::failed;
  const Value* const elements = scratch.list_values().elements_of(*list);
  scratch.bytes.clear();
  scratch.bytes.append('[');
  for (std::uint32_t i = 0; i < list->count; ++i) {
    const Value& element = elements[i];
    if (!element.present()) continue;
    if (element.kind != Kind::number && element.kind != Kind::string) return Conversion::failed;
    const std::string_view number = decode::trim(element.text);
    if (check_numeric(number) != decode::Parsed::ok) return Conversion::failed;
    if (scratch.bytes.size() > 1) scratch.bytes.append(',');
    scratch.bytes.append(number);
  }
  scratch.bytes.append(']');
  out.text = scratch.bytes.view();
  return Conversion::ok;
}

Conversion text_base64(const Value& value, Scratch& scratch, Scalar& out) {
  if (value.kind != Kind::string) return Conversion::failed;
  scratch.bytes.clear();
  if (!decode::decode_base64(value.text, scratch.bytes)) return Conversion::failed;
  out.text = scratch.bytes.view();
  if (!decode::is_utf8(out.text)) return Conversion::invalid_text;
  if (out.text.find('\0') == std::string_view::npos) return Conversion::ok;
  if (scratch.nul == NulPolicy::reject) return Conversion::invalid_text;
  scratch.plain.clear();
  decode::append_without_nul(out.text, scratch.nul, scratch.plain);
  std::swap(scratch.plain, scratch.bytes);
  out.text = scratch.bytes.view();
  return Conversion::ok;
}

}  // namespace loom::encode::rules
