#include "samples/avro_writer.h"

#include <bit>

#include "samples/wire.h"

namespace loom::samples {
namespace {
namespace avro_writer {

constexpr std::int64_t kNullBranch = 0;  // unions here are [null, type]
constexpr std::int64_t kTypeBranch = 1;

bool put_bytes(std::optional<std::string_view> bytes, std::string& out) {
  if (!bytes) return false;
  put_zigzag(static_cast<std::int64_t>(bytes->size()), out);
  out.append(*bytes);
  return true;
}

bool put_long(std::optional<std::int64_t> number, std::string& out) {
  if (!number) return false;
  put_zigzag(*number, out);
  return true;
}

/// Big-endian, in as few bytes as hold the sign.
bool put_decimal(std::optional<std::int64_t> unscaled, std::string& out) {
  if (!unscaled) return false;
  std::size_t size = 1;
  while (size < 8 && *unscaled >> (8 * size - 1) != 0 && *unscaled >> (8 * size - 1) != -1) ++size;
  put_zigzag(static_cast<std::int64_t>(size), out);
  for (std::size_t i = size; i > 0; --i) out.push_back(static_cast<char>(*unscaled >> (8 * (i - 1))));
  return true;
}

bool put_record(const SampleType& type, JsonValue& value, ByteBuffer& room, std::string& out) {
  simdjson::ondemand::object object;
  if (value.get_object().get(object) != simdjson::SUCCESS) return false;
  for (const SampleType::Field& field : type.fields) {
    auto found = field_in(object, field.json_name);
    if (field.optional) put_zigzag(found ? kTypeBranch : kNullBranch, out);
    if (found ? !write_avro(field.type, *found, room, out) : !field.optional) return false;
  }
  return true;
}

/// One block with all elements, and the empty one that ends an array.
bool put_array(const SampleType& type, JsonValue& value, ByteBuffer& room, std::string& out) {
  simdjson::ondemand::array array;
  if (value.get_array().get(array) != simdjson::SUCCESS) return false;
  out.push_back(0);
  const std::size_t begin = out.size();
  std::uint64_t count = 0;
  for (auto element : array) {
    JsonValue one;
    if (element.get(one) != simdjson::SUCCESS) return false;
    const bool null = type.gaps && is_null(one);
    if (type.gaps) put_zigzag(null ? kNullBranch : kTypeBranch, out);
    if (!null && !write_avro(type.element.front(), one, room, out)) return false;
    ++count;
  }
  if (count == 0) return true;  // the byte that is there ends it
  set_varint_before(count << 1U, begin, out);
  out.push_back(0);
  return true;
}

bool put_real(std::optional<double> number, std::string& out) {
  if (!number) return false;
  put_little_endian(std::bit_cast<std::uint64_t>(*number), 8, out);
  return true;
}

bool put_boolean(std::optional<bool> truth, std::string& out) {
  if (!truth) return false;
  out.push_back(*truth ? 1 : 0);
  return true;
}

}  // namespace avro_writer
}  // namespace

bool write_avro(const SampleType& type, JsonValue& value, ByteBuffer& room, std::string& out) {
  using SampleKind = SampleType::Kind;
  switch (type.kind) {
    case SampleKind::record:
      return avro_writer::put_record(type, value, room, out);
    case SampleKind::list:
      return avro_writer::put_array(type, value, room, out);
    case SampleKind::text:
      return avro_writer::put_bytes(any_text_in(value), out);
    case SampleKind::uuid:
      return avro_writer::put_bytes(uuid_in(value), out);
    case SampleKind::bytes:
      return avro_writer::put_bytes(text_in(value), out);
    case SampleKind::base64:
      return avro_writer::put_bytes(base64_in(value, room), out);
    case SampleKind::boolean:
      return avro_writer::put_boolean(boolean_in(value), out);
    case SampleKind::integer:
      return avro_writer::put_long(integer_in(value), out);
    case SampleKind::real:
      return avro_writer::put_real(real_in(value), out);
    case SampleKind::decimal:
      return avro_writer::put_decimal(unscaled_in(value, type.scale), out);
    case SampleKind::timestamp:
      return avro_writer::put_long(timestamp_in(value), out);
    case SampleKind::date:
      return avro_writer::put_long(date_in(value), out);
    case SampleKind::time:
      return avro_writer::put_long(time_in(value), out);
  }
  return false;
}

}  // namespace loom::samples
