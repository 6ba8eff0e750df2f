#include "decode/avro/avro_types.h"

#include <algorithm>
#include <optional>

#include "base/byte_buffer.h"
#include "decode/json/json_text.h"
#include "mapping/paths.h"

namespace loom::decode::avro {
namespace {

using formats::AvroSchema;
using formats::AvroType;
using TypeKind = AvroType::Kind;

Step scalar(Op op, Value::Kind kind, int digits = 0) {
  Step step;
  step.op = op;
  step.kind = kind;
  step.digits = static_cast<std::uint8_t>(digits);
  return step;
}

Step counted(const AvroType& type) {
  const Op op = type.kind == TypeKind::int32 ? Op::int32 : Op::int64;
  switch (type.logical) {
    case AvroType::Logical::date:
      return scalar(op, Value::Kind::date);
    case AvroType::Logical::time_ms:
      return scalar(op, Value::Kind::time, 3);
    case AvroType::Logical::time_us:
      return scalar(op, Value::Kind::time, 6);
    case AvroType::Logical::timestamp_ms:
      return scalar(op, Value::Kind::instant, 3);
    case AvroType::Logical::timestamp_us:
      return scalar(op, Value::Kind::instant, 6);
    case AvroType::Logical::timestamp_ns:
      return scalar(op, Value::Kind::instant, 9);
    case AvroType::Logical::local_timestamp_ms:
      return scalar(op, Value::Kind::local_time, 3);
    case AvroType::Logical::local_timestamp_us:
      return scalar(op, Value::Kind::local_time, 6);
    case AvroType::Logical::local_timestamp_ns:
      return scalar(op, Value::Kind::local_time, 9);
    default:
      return scalar(op, Value::Kind::integer);
  }
}

Step run_of_bytes(const AvroType& type) {
  const bool fixed = type.kind == TypeKind::fixed;
  Step step = scalar(fixed ? Op::fixed : Op::bytes, Value::Kind::bytes);
  step.b = static_cast<std::uint32_t>(type.size);
  if (type.logical == AvroType::Logical::uuid) step.kind = Value::Kind::uuid;
  if (type.logical == AvroType::Logical::duration) step.op = Op::duration;
  if (type.logical == AvroType::Logical::big_decimal) step.op = Op::big_decimal;
  if (type.logical == AvroType::Logical::decimal) {
    step.op = fixed ? Op::fixed_decimal : Op::decimal;
    step.a = static_cast<std::uint32_t>(type.scale);
  }
  return step;
}

/// A number for each type, made of those of its parts.
/// What is asked for before it is known is a type inside itself.
class PerType {
 public:
  template <typename Make>
  PerType(const AvroSchema& schema, std::uint32_t inside_itself, const Make& make)
      : numbers_(schema.types.size(), inside_itself), known_(schema.types.size()) {
    // Types refer to those before them, but for the root, and to those written inside them, which are not nested deeper
    // than schemas are: in this order the recursion is never deeper.
    for (std::uint32_t type = 1; type < schema.types.size(); ++type) find(type, make);
    find(0, make);
  }
  std::vector<std::uint32_t> numbers() && { return std::move(numbers_); }

 private:
  template <typename Make>
  std::uint32_t find(std::uint32_t type, const Make& make) {
    if (known_[type]) return numbers_[type];
    known_[type] = true;
    numbers_[type] = make(type, [&](std::uint32_t part) { return find(part, make); });
    return numbers_[type];
  }
  std::vector<std::uint32_t> numbers_;
  std::vector<bool> known_;
};

template <typename Part>
std::uint32_t least_bytes(const AvroType& type, const Part& part) {
  constexpr std::uint64_t kEnough = 1U << 20U;
  switch (type.kind) {
    case TypeKind::null:
      return 0;
    case TypeKind::float32:
      return 4;
    case TypeKind::float64:
      return 8;
    case TypeKind::fixed:
      return static_cast<std::uint32_t>(type.size);
    case TypeKind::record: {
      std::uint64_t sum = 0;
      for (const auto& field : type.fields) sum = std::min(kEnough, sum + part(field.type));
      return static_cast<std::uint32_t>(sum);
    }
    default:
      return 1;
  }
}

std::uint32_t exact_bytes(const AvroType& type) {
  switch (type.kind) {
    case TypeKind::boolean:
      return 1;
    case TypeKind::float32:
      return 4;
    case TypeKind::float64:
      return 8;
    case TypeKind::fixed:
      return static_cast<std::uint32_t>(type.size);
    default:
      return 0;
  }
}

}  // namespace

Step step_of(const AvroSchema& schema, std::uint32_t index) {
  const AvroType& type = schema.types[index];
  switch (type.kind) {
    case TypeKind::null:
      return scalar(Op::null, Value::Kind::null);
    case TypeKind::boolean:
      return scalar(Op::boolean, Value::Kind::boolean);
    case TypeKind::int32:
    case TypeKind::int64:
      return counted(type);
    case TypeKind::float32:
      return scalar(Op::float32, Value::Kind::single);
    case TypeKind::float64:
      return scalar(Op::float64, Value::Kind::real);
    case TypeKind::bytes:
    case TypeKind::fixed:
      return run_of_bytes(type);
    case TypeKind::string:
      return scalar(Op::string, Value::Kind::string);
    case TypeKind::enumeration: {
      Step step = scalar(Op::enumeration, Value::Kind::enumeration);
      step.a = index;
      return step;
    }
    case TypeKind::record:
      return scalar(Op::record, Value::Kind::object);
    case TypeKind::map:
      return scalar(Op::map, Value::Kind::object);
    case TypeKind::array:
      return scalar(Op::list, Value::Kind::array);
    case TypeKind::choice:
      return scalar(Op::choice, Value::Kind::absent);
  }
  return {};
}

void describe_types(const AvroSchema& schema, Code& code) {
  ByteBuffer key;
  for (std::uint32_t index = 0; index < schema.types.size(); ++index) {
    const AvroType& type = schema.types[index];
    Step step = step_of(schema, index);
    if (step.op > kLastScalar) {
      step.a = static_cast<std::uint32_t>(code.parts.size());
      for (const std::uint32_t part : type.branches) code.parts.push_back({part, 0, 0});
      for (const auto& field : type.fields) {
        key.clear();
        append_json_string(field.name, key);
        key.append(':');
        code.parts.push_back(
            {field.type, static_cast<std::uint32_t>(code.names.size()), static_cast<std::uint32_t>(code.keys.size())});
        code.names.push_back(mapping::path_to(field.name));
        code.keys.emplace_back(key.view());
      }
      step.b = static_cast<std::uint32_t>(code.parts.size()) - step.a;
    }
    code.types.push_back(step);
    code.exact_bytes.push_back(exact_bytes(type));
  }
  // A record that is a field of itself has no end: whatever its bytes, it cannot be read.
  code.least_bytes = PerType(schema, 1, [&](std::uint32_t type, const auto& part) {
                       return least_bytes(schema.types[type], part);
                     }).numbers();
}

std::vector<std::uint32_t> steps_to_skip(const AvroSchema& schema) {
  return PerType(schema, kManySteps,
                 [&](std::uint32_t index, const auto& part) {
                   const AvroType& type = schema.types[index];
                   std::uint32_t sum = 1;
                   // A list is one step, whatever its elements are: they have a program of their own.
                   if (type.kind == TypeKind::array || type.kind == TypeKind::map) return sum;
                   for (const auto& field : type.fields) sum = std::min(kManySteps, sum + part(field.type));
                   for (const std::uint32_t branch : type.branches) sum = std::min(kManySteps, sum + part(branch));
                   return sum;
                 })
      .numbers();
}

}  // namespace loom::decode::avro
