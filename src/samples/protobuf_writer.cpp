#include "samples/protobuf_writer.h"

#include <bit>

#include "samples/field_numbers.h"
#include "samples/wire.h"

namespace loom::samples {
namespace {
namespace protobuf_writer {

using Kind = SampleType::Kind;

enum class Wire : std::uint8_t { varint = 0, fixed64 = 1, length = 2 };

Wire wire_of(Kind kind) {
  switch (kind) {
    case Kind::boolean:
    case Kind::integer:
      return Wire::varint;
    case Kind::real:
      return Wire::fixed64;
    default:
      return Wire::length;
  }
}

void put_tag(std::size_t number, Wire wire, std::string& out) {
  put_varint(number << 3U | static_cast<std::uint64_t>(wire), out);
}

bool put_bytes(std::optional<std::string_view> bytes, std::string& out) {
  if (!bytes) return false;
  put_varint(bytes->size(), out);
  out.append(*bytes);
  return true;
}

/// What `write` appends, with its length in front.
template <typename Write>
bool put_with_length(const Write& write, std::string& out) {
  out.push_back(0);
  const std::size_t begin = out.size();
  if (!write()) return false;
  set_varint_before(out.size() - begin, begin, out);
  return true;
}

/// google.protobuf.Timestamp.
bool put_timestamp(std::optional<std::int64_t> us, std::string& out) {
  if (!us) return false;
  constexpr std::int64_t kSecond = 1'000'000;
  const std::int64_t micros = (*us % kSecond + kSecond) % kSecond;
  const std::int64_t seconds = (*us - micros) / kSecond;
  return put_with_length(
      [&] {
        if (seconds != 0) {
          put_tag(1, Wire::varint, out);
          put_varint(static_cast<std::uint64_t>(seconds), out);
        }
        if (micros != 0) {
          put_tag(2, Wire::varint, out);
          put_varint(static_cast<std::uint64_t>(micros) * 1000, out);
        }
        return true;
      },
      out);
}

/// What stands behind the tag.
bool put_value(const SampleType& type, JsonValue& value, ByteBuffer& room, std::string& out) {
  switch (type.kind) {
    case Kind::record:
      return put_with_length([&] { return write_protobuf(type, value, room, out); }, out);
    case Kind::boolean: {
      const auto truth = boolean_in(value);
      out.push_back(truth.value_or(false) ? 1 : 0);
      return truth.has_value();
    }
    case Kind::integer: {
      const auto number = integer_in(value);
      put_varint(static_cast<std::uint64_t>(number.value_or(0)), out);
      return number.has_value();
    }
    case Kind::real: {
      const auto number = real_in(value);
      put_little_endian(std::bit_cast<std::uint64_t>(number.value_or(0)), 8, out);
      return number.has_value();
    }
    case Kind::base64:
      return put_bytes(base64_in(value, room), out);
    case Kind::timestamp:
      return put_timestamp(timestamp_in(value), out);
    case Kind::list:
      return false;  // the schema has no lists of lists
    case Kind::text:
    case Kind::uuid:
    case Kind::decimal:
    case Kind::bytes:
    case Kind::date:
    case Kind::time:
      return put_bytes(any_text_in(value), out);
  }
  return false;
}

/// An element that is null: there is no null, so the type's default stands there.
void put_gap(const SampleType& type, std::string& out) { out.append(type.kind == Kind::real ? 8 : 1, '\0'); }

/// Numbers of a list stand together behind one tag, other elements behind one each.
bool put_list(const SampleType& type, std::size_t number, JsonValue& value, ByteBuffer& room, std::string& out) {
  simdjson::ondemand::array array;
  if (value.get_array().get(array) != simdjson::SUCCESS) return false;
  const SampleType& element = type.element.front();
  const bool packed = wire_of(element.kind) != Wire::length;
  const std::size_t before = out.size();
  if (packed) put_tag(number, Wire::length, out);
  const std::size_t begin = out.size() + 1;
  if (packed) out.push_back(0);
  for (auto each : array) {
    JsonValue one;
    if (each.get(one) != simdjson::SUCCESS) return false;
    if (!packed) put_tag(number, Wire::length, out);
    if (is_null(one)) {
      if (!type.gaps) return false;
      put_gap(element, out);
    } else if (!put_value(element, one, room, out)) {
      return false;
    }
  }
  if (packed && out.size() == begin) {
    out.resize(before);  // an empty list is not on the wire
  } else if (packed) {
    set_varint_before(out.size() - begin, begin, out);
  }
  return true;
}

/// Whether the field can be told to be missing: others have their type's default then.
bool can_miss(const SampleType::Field& field) {
  return field.optional || field.type.kind == Kind::timestamp || field.type.kind == Kind::record;
}

}  // namespace protobuf_writer
}  // namespace

bool write_protobuf(const SampleType& type, JsonValue& value, ByteBuffer& room, std::string& out) {
  simdjson::ondemand::object object;
  if (value.get_object().get(object) != simdjson::SUCCESS) return false;
  for (std::size_t i = 0; i < type.fields.size(); ++i) {
    const SampleType::Field& field = type.fields[i];
    auto found = field_in(object, field.json_name);
    if (!found) {
      if (!protobuf_writer::can_miss(field)) return false;
      continue;
    }
    if (field.type.kind == SampleType::Kind::list) {
      if (!protobuf_writer::put_list(field.type, field_number(i), *found, room, out)) return false;
      continue;
    }
    protobuf_writer::put_tag(field_number(i), protobuf_writer::wire_of(field.type.kind), out);
    if (!protobuf_writer::put_value(field.type, *found, room, out)) return false;
  }
  return true;
}

}  // namespace loom::samples
