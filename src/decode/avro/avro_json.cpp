#include "decode/avro/avro_json.h"

#include "decode/json/json_text.h"

namespace loom::decode::avro {
namespace {

// Names of fields are in the text and not in the bytes, so that the text may be far longer.
constexpr std::size_t kLongestText = std::size_t{256} << 20U;

}  // namespace

const char* JsonWriter::value(std::uint32_t type, const char* at, Value& value, unsigned depth) {
  at = branch(type, at);
  if (at == nullptr) return nullptr;
  const Step& step = code_.types[type];
  if (step.op <= kLastScalar) return reader_.scalar(step, at, value);
  out_.clear();
  nul_ = false;
  at = append(type, at, depth);
  if (at == nullptr) return nullptr;
  value.kind = step.kind;
  value.nul = nul_;
  value.text = texts_.keep(out_.view());
  value.count = 0;
  return at;
}

/// Follows unions, which may stand in one another, to the type that was written.
const char* JsonWriter::branch(std::uint32_t& type, const char* at) {
  while (code_.types[type].op == Op::choice) {
    const Step& step = code_.types[type];
    std::int64_t index = 0;
    const char* const behind = reader_.integer(at, index);
    if (behind == nullptr) return nullptr;
    if (static_cast<std::uint64_t>(index) >= step.b) return reader_.bad_branch(at, index, step.b);
    type = code_.parts[step.a + static_cast<std::uint32_t>(index)].type;
    at = behind;
  }
  return at;
}

// As deep as kMaxNesting allows.
const char* JsonWriter::append(std::uint32_t type, const char* at, unsigned depth) {
  at = branch(type, at);
  if (at == nullptr) return nullptr;
  const Step& step = code_.types[type];
  // Scalars too: a decimal of a few bytes can have a hundred thousand digits.
  if (out_.size() > kLongestText) return reader_.fail(at, "a value whose JSON text has more than 256 MiB");
  if (step.op <= kLastScalar) return append_scalar(step, at);
  if (depth >= kMaxNesting) return reader_.too_deep(at);
  return step.op == Op::record ? append_record(step, at, depth + 1) : append_elements(step, at, depth + 1);
}

const char* JsonWriter::append_scalar(const Step& type, const char* at) {
  Value value;
  at = reader_.scalar(type, at, value);
  if (at == nullptr) return nullptr;
  nul_ = nul_ || value.nul;
  append_json(value, room_, out_);
  return at;
}

const char* JsonWriter::append_record(const Step& type, const char* at, unsigned depth) {
  out_.append('{');
  for (std::uint32_t i = 0; i < type.b; ++i) {
    const Part& field = code_.parts[type.a + i];
    if (i != 0) out_.append(',');
    out_.append(code_.keys[field.key]);
    at = append(field.type, at, depth);
    if (at == nullptr) return reader_.failed_in(code_.names[field.name]);
  }
  out_.append('}');
  return at;
}

const char* JsonWriter::append_elements(const Step& type, const char* at, unsigned depth) {
  const bool is_map = type.op == Op::map;
  const std::uint32_t element = code_.parts[type.a].type;
  Step key;
  key.op = Op::string;
  bool first = true;
  out_.append(is_map ? '{' : '[');
  at = reader_.elements(at, code_.least_bytes[element] + (is_map ? 1 : 0), 1, [&](const char* next) {
    if (!first) out_.append(',');
    first = false;
    if (is_map) {
      next = append_scalar(key, next);
      if (next == nullptr) return next;
      out_.append(':');
    }
    return append(element, next, depth);
  });
  out_.append(is_map ? '}' : ']');
  return at;
}

}  // namespace loom::decode::avro
