#include "decode/connect/connect_types.h"

#include <algorithm>
#include <array>
#include <charconv>
#include <string>
#include <utility>

#include "decode/base64.h"
#include "decode/connect/infinities.h"

namespace loom::decode {
namespace {

using Kind = Value::Kind;
using formats::ConnectType;

struct Logical {
  std::string_view name;
  ConnectMeaning meaning;
  int digits = 0;
};
constexpr std::array<Logical, 15> kLogical{{{"org.apache.kafka.connect.data.Decimal", ConnectMeaning::decimal},
                                            {"io.debezium.data.VariableScaleDecimal", ConnectMeaning::variable_decimal},
                                            {"org.apache.kafka.connect.data.Date", ConnectMeaning::date},
                                            {"io.debezium.time.Date", ConnectMeaning::date},
                                            {"org.apache.kafka.connect.data.Time", ConnectMeaning::time, 3},
                                            {"io.debezium.time.Time", ConnectMeaning::time, 3},
                                            {"io.debezium.time.MicroTime", ConnectMeaning::time, 6},
                                            {"io.debezium.time.NanoTime", ConnectMeaning::time, 9},
                                            {"org.apache.kafka.connect.data.Timestamp", ConnectMeaning::local_time, 3},
                                            {"io.debezium.time.Timestamp", ConnectMeaning::local_time, 3},
                                            {"io.debezium.time.MicroTimestamp", ConnectMeaning::local_time, 6},
                                            {"io.debezium.time.NanoTimestamp", ConnectMeaning::local_time, 9},
                                            {"io.debezium.time.MicroDuration", ConnectMeaning::duration},
                                            {"io.debezium.data.Json", ConnectMeaning::json},
                                            {"io.debezium.data.Bits", ConnectMeaning::bits}}};

void give_text(std::string_view text, Value& value) {
  value.kind = Kind::string;
  value.nul = false;
  value.text = text;
}

}  // namespace

ConnectTypes::ConnectTypes(const formats::ConnectSchema& schema, const WantedPaths& wanted) {
  add(schema, 0, wanted, 0);
}

ConnectTypes::Typed ConnectTypes::meaning_of(const ConnectType& type) {
  Typed typed;
  for (const Logical& logical : kLogical) {
    if (logical.name != type.name) continue;
    typed.meaning = logical.meaning;
    typed.digits = logical.digits;
  }
  if (type.name.empty() && type.kind == ConnectType::Kind::bytes) typed.meaning = ConnectMeaning::bytes;
  if (typed.meaning == ConnectMeaning::decimal) typed.digits = type.scale.value_or(0);
  if (typed.meaning == ConnectMeaning::bits) typed.digits = type.length.value_or(0);
  return typed;
}

// NOLINTNEXTLINE(misc-no-recursion): as deep as the mapping's paths
void ConnectTypes::add(const formats::ConnectSchema& schema, std::uint32_t index, const WantedPaths& wanted,
                       std::uint16_t node) {
  const mapping::PathNode& here = wanted.tree.nodes.at(node);
  const ConnectType& type = schema.types.at(index);
  if (here.slot >= 0) {
    const bool is_list = type.kind == ConnectType::Kind::list && type.items;
    Typed typed = meaning_of(is_list ? schema.types.at(*type.items) : type);
    typed.slot = static_cast<std::uint16_t>(here.slot);
    typed.of_elements = is_list;
    const bool for_bytes = typed.slot < wanted.wishes.size() && wanted.wishes[typed.slot].bytes;
    const int bits = typed.slot < wanted.wishes.size() ? wanted.wishes[typed.slot].bits : -1;
    if (typed.meaning == ConnectMeaning::bits && bits >= 0) typed.digits = bits;
    if (for_bytes && type.kind == ConnectType::Kind::text) {
      text_for_bytes_.push_back(typed.slot);
      typed.meaning = ConnectMeaning::bytes;  // a binary.handling.mode of Base64
    }
    if (typed.meaning != ConnectMeaning::plain) typed_.push_back(typed);
  }
  for (const auto& child : here.children) {
    if (const auto field = schema.field(index, child.key)) add(schema, *field, wanted, child.node);
  }
}

void ConnectTypes::apply(Values& values, std::size_t message_bytes) {
  room_.clear();
  bits_.clear();
  // Nothing is moved below, since values are views: what is put there was longer, or is a number's.
  room_.reserve(message_bytes + std::size_t{64} * typed_.size());
  for (const Typed& typed : typed_) {
    Value& value = values.slots[typed.slot];
    if (!typed.of_elements) {
      if (value.present()) give(typed, value);
      continue;
    }
    if (value.kind != Kind::array) continue;
    for (std::uint32_t i = 0; i < value.count; ++i) {
      Value& element = values.elements[value.elements + i];
      if (element.present()) give(typed, element);
    }
  }
}

void ConnectTypes::forget_untold_bytes(Values& values) const {
  for (const std::uint16_t slot : text_for_bytes_) {
    if (values.slots[slot].kind == Kind::null) values.slots[slot].kind = Kind::absent;
  }
}

void ConnectTypes::give(const Typed& typed, Value& value) {
  std::int64_t number = 0;
  switch (typed.meaning) {
    case ConnectMeaning::plain:
      return;
    case ConnectMeaning::decimal:
      if (value.kind == Kind::string) give_decimal(value.text, typed.digits, value);
      return;
    case ConnectMeaning::variable_decimal:
      return give_variable_decimal(value);
    case ConnectMeaning::bits:
      if (value.kind == Kind::string) value = bits_.of(value, typed.digits);
      return;
    case ConnectMeaning::bytes:
      if (value.kind == Kind::string) value = bytes_of(value, room_);
      return;
    case ConnectMeaning::json:
      if (value.kind == Kind::string) value = json_of(value, walk_);
      return;
    case ConnectMeaning::date:
      if (!whole_number(value, number)) return;
      if (const auto text = infinite_date(number); !text.empty()) return give_text(text, value);
      value.kind = Kind::date;
      return value.set_integer(number);
    case ConnectMeaning::time:
    case ConnectMeaning::local_time:
      if (!whole_number(value, number)) return;
      if (typed.meaning == ConnectMeaning::local_time) {
        if (const auto text = infinite_time(number, typed.digits); !text.empty()) return give_text(text, value);
      }
      value.kind = typed.meaning == ConnectMeaning::time ? Kind::time : Kind::local_time;
      value.digits = static_cast<std::uint8_t>(typed.digits);
      value.boolean = false;
      value.text = {};
      return value.set_integer(number);
    case ConnectMeaning::duration:
      if (whole_number(value, number)) value = duration_of(number, room_);
      return;
  }
}

void ConnectTypes::give_decimal(std::string_view base64, int scale, Value& value) {
  const std::size_t begin = room_.size();
  if (!decode_base64(base64, room_) || room_.size() == begin) {
    room_.truncate(begin);
    return;
  }
  value.kind = Kind::decimal;
  value.text = room_.view(begin, room_.size());
  value.set_integer(scale);
}

void ConnectTypes::give_variable_decimal(Value& value) {
  int scale = 0;
  std::string_view unscaled;
  if (value.kind != Kind::object || !read_variable_decimal(value.text, walk_, scale, unscaled)) return;
  give_decimal(unscaled, scale, value);
}

Value duration_of(std::int64_t microseconds, ByteBuffer& room) {
  const std::size_t begin = room.size();
  const bool is_negative = microseconds < 0;
  const auto bits = static_cast<std::uint64_t>(microseconds);
  const std::uint64_t size = is_negative ? 0 - bits : bits;
  std::string fraction = std::to_string(size % 1'000'000);
  fraction.insert(0, 6 - fraction.size(), '0');
  room.append(std::string_view(is_negative ? "PT-" : "PT"));
  room.append(std::string_view(std::to_string(size / 1'000'000) + "." + fraction + "S"));
  Value value;
  value.kind = Kind::duration;
  value.text = room.view(begin, room.size());
  return value;
}

void BitTexts::clear() {
  texts_.clear();
  bytes_ = 0;
}

Value BitTexts::of(const Value& base64, int length) {
  constexpr std::size_t kMostOfMessage = std::size_t{64} << 20U;
  decoded_.clear();
  if (!decode_base64(base64.text, decoded_)) return base64;
  const std::string_view bytes = decoded_.view();
  const std::size_t count = length > 0 ? static_cast<std::size_t>(length) : bytes.size() * 8;
  if (bytes_ + count > kMostOfMessage) return base64;
  std::string& text = texts_.emplace_back();
  text.reserve(count);
  for (std::size_t bit = count; bit-- > 0;) {
    const bool is_set = bit / 8 < bytes.size() && (static_cast<unsigned char>(bytes[bit / 8]) >> (bit % 8) & 1U) != 0;
    if (length > 0 || is_set || !text.empty()) text += is_set ? '1' : '0';
  }
  bytes_ += count;
  Value value;
  give_text(text, value);
  return value;
}

Value bytes_of(const Value& base64, ByteBuffer& room) {
  const std::size_t begin = room.size();
  if (!decode_base64(base64.text, room)) {
    room.truncate(begin);
    return base64;
  }
  Value value;
  value.kind = Kind::bytes;
  value.text = room.view(begin, room.size());
  return value;
}

Value json_of(const Value& text, JsonWalk& walk) {
  Value inside;
  const std::uint64_t nuls = walk.nuls();
  if (!walk.open(text.text) || !walk.value(inside) || !walk.at_end()) return text;
  Value value;
  value.kind = Kind::object;  // whose text goes into a column as it is, also where it is a single value
  value.text = text.text;
  value.nul = text.nul || walk.nuls() != nuls;
  return value;
}

bool whole_number(const Value& value, std::int64_t& number) {
  if (value.kind == Kind::integer) {
    number = value.integer();
    return true;
  }
  if (value.kind != Kind::number) return false;
  const auto [end, error] = std::from_chars(value.text.data(), value.text.data() + value.text.size(), number);
  return error == std::errc() && end == value.text.data() + value.text.size();
}

bool read_variable_decimal(std::string_view json, JsonWalk& walk, int& scale, std::string_view& unscaled) {
  if (!json.starts_with("{\"scale\":") && !json.starts_with("{\"value\":")) return false;
  Value scale_value;
  Value unscaled_value;
  Value other;
  std::size_t fields = 0;
  const auto member = [&](std::string_view key) {
    ++fields;
    return walk.value(key == "scale" ? scale_value : key == "value" ? unscaled_value : other);
  };
  if (!walk.open(json) || walk.peek() != '{' || !walk.members(member) || fields != 2) return false;
  std::int64_t number = 0;
  if (!whole_number(scale_value, number) || unscaled_value.kind != Kind::string) return false;
  if (number < -100'000 || number > 100'000) return false;
  scale = static_cast<int>(number);
  unscaled = unscaled_value.text;
  return true;
}

}  // namespace loom::decode
