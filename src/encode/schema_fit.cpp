#include "encode/schema_fit.h"

#include <algorithm>
#include <array>
#include <limits>
#include <string>
#include <string_view>
#include <vector>

#include "decode/json/json_decoder.h"
#include "encode/column_codec.h"

namespace loom::encode {
namespace schema_fit {
namespace {

using decode::Value;
using formats::Format;
using mapping::SchemaField;
using Kind = SchemaField::Kind;

constexpr std::string_view kInstant = "\"2024-05-06T07:08:09.123Z\"";
constexpr std::string_view kUuid = "\"0190a1b2-c3d4-7e5f-8a9b-0c1d2e3f4a5b\"";
constexpr std::string_view kLargestUnsigned = "18446744073709551615";  // of 64 bits, which no typed integer holds
constexpr std::string_view kUuidBytes("\x01\x90\xa1\xb2\xc3\xd4\x7e\x5f\x8a\x9b\x0c\x1d\x2e\x3f\x4a\x5b", 16);

/// Gives a column values, and counts those that it takes.
class Trial {
 public:
  explicit Trial(const mapping::PlanColumn& column)
      : codec_(column, false), scratch_(mapping::NulPolicy::reject), decoder_(wanted(codec_), decode::JsonRoot::any) {}

  void json(std::string_view text) {
    if (!decoder_.decode_any(text)) give(decoder_.values().slot(0));
  }

  void give(const Value& value) {
    ByteBuffer field;
    ++given_;
    if (codec_.append(value, decoder_.values(), scratch_, field) == Conversion::ok) ++taken_;
  }

  [[nodiscard]] std::optional<Fit> result() const {
    if (given_ == 0) return std::nullopt;
    if (taken_ == 0) return Fit::never;
    return taken_ == given_ ? Fit::always : Fit::sometimes;
  }

 private:
  static decode::Wanted wanted(const ColumnCodec& codec) {
    decode::Wanted root;
    root.message.tree.nodes[0].slot = 0;
    root.message.tree.slots = 1;
    root.message.wishes = {{.elements = codec.wants_elements()}};
    return root;
  }

  ColumnCodec codec_;
  Scratch scratch_;
  decode::JsonDecoder decoder_;
  int given_ = 0;
  int taken_ = 0;
};

std::int64_t largest(const SchemaField& field) {
  const int bits = field.is_signed ? field.bits - 1 : field.bits;
  return bits >= 63 ? std::numeric_limits<std::int64_t>::max() : (std::int64_t{1} << bits) - 1;
}

std::int64_t smallest(const SchemaField& field) { return field.is_signed ? -largest(field) - 1 : 0; }

Value number(Value::Kind kind, std::int64_t number, std::uint8_t digits = 0) {
  Value value;
  value.kind = kind;
  value.digits = digits;
  value.set_integer(number);
  return value;
}

Value text(Value::Kind kind, std::string_view text) {
  Value value;
  value.kind = kind;
  value.text = text;
  return value;
}

/// The largest number of so many digits, as two's complement.
std::string nines(int digits) {
  std::vector<unsigned> bytes{0};  // the lowest first
  for (int i = 0; i < digits; ++i) {
    unsigned carry = 9;
    for (unsigned& byte : bytes) {
      const unsigned next = byte * 10 + carry;
      byte = next & 0xFFU;
      carry = next >> 8U;
    }
    if (carry != 0) bytes.push_back(carry);
  }
  if (bytes.back() >= 0x80) bytes.push_back(0);
  std::string text;
  std::transform(bytes.rbegin(), bytes.rend(), std::back_inserter(text),
                 [](unsigned byte) { return static_cast<char>(byte); });
  return text;
}

void give_texts(Trial& trial) {
  constexpr std::array<std::string_view, 10> kTexts{R"("")",          R"("some text")", R"("1")",   R"("1.5")",
                                                    R"("true")",      R"("{\"a\":1}")", R"("[1]")", R"("10:11:12")",
                                                    R"("192.0.2.1")", R"("c29tZQ==")"};
  for (const auto one : kTexts) trial.json(one);
  trial.json(kInstant);
  trial.json(kUuid);
}

/// What is the same in all formats. False: it is not.
bool give_plain(Trial& trial, const SchemaField& field) {
  switch (field.kind) {
    case Kind::boolean:
      trial.json("true");
      trial.json("false");
      return true;
    case Kind::text:
      give_texts(trial);
      return true;
    case Kind::object:
      trial.json(R"({"a":1})");
      return true;
    case Kind::list:
      switch (field.element) {
        case Kind::boolean:
          trial.json("[true,false]");
          return true;
        case Kind::integer:
        case Kind::decimal:
          trial.json("[1,2]");
          return true;
        case Kind::real:
        case Kind::single:
          trial.json("[1.5,2.25]");
          return true;
        case Kind::object:
          trial.json(R"([{"a":1}])");
          return true;
        case Kind::list:
          trial.json("[[1]]");
          return true;
        case Kind::text:
        case Kind::enumeration:
          trial.json(R"(["some text"])");
          trial.json(R"(["1"])");
          return true;
        default:
          return true;  // nothing is tried, and nothing is said
      }
    case Kind::varied:
    case Kind::unknown:
      return true;
    default:
      return false;
  }
}

void give_typed(Trial& trial, const SchemaField& field, Format format) {
  using V = Value::Kind;
  switch (field.kind) {
    case Kind::integer:
      for (const auto one : {std::int64_t{0}, std::int64_t{1}, smallest(field), largest(field)}) {
        trial.give(number(V::integer, one));
      }
      if (field.bits == 64 && !field.is_signed) trial.json(kLargestUnsigned);
      return;
    case Kind::real:
    case Kind::single:
      for (const double one : {0.0, 1.5, -1000.25}) {
        Value value = number(field.kind == Kind::real ? V::real : V::single, 0);
        value.set_real(one);
        trial.give(value);
      }
      return;
    case Kind::decimal:
      for (const std::string& one : {nines(1), nines(std::min(field.precision, 1000))}) {
        Value value = number(V::decimal, field.scale);
        value.text = one;
        trial.give(value);
      }
      return;
    case Kind::bytes:
      trial.give(text(V::bytes, std::string_view("\x00\xff", 2)));
      trial.give(text(V::bytes, "some"));
      trial.give(text(V::bytes, kUuidBytes));
      return;
    case Kind::instant:
      return trial.give(number(V::instant, 1'714'979'289'123, 3));
    case Kind::local_time:
      return trial.give(number(V::local_time, 1'714'979'289'123, 3));
    case Kind::date:
      return trial.give(number(V::date, 19'849));
    case Kind::time:
      return trial.give(number(V::time, 36'672'500, 3));
    case Kind::uuid:
      return trial.give(text(V::uuid, kUuidBytes));
    case Kind::duration:
      return trial.give(text(V::duration, "P1DT2H3.5S"));
    case Kind::enumeration: {
      Value value = number(V::enumeration, 1);
      value.text = "SOME_NAME";
      value.boolean = format == Format::protobuf;
      return trial.give(value);
    }
    default:
      return;
  }
}

void give_json(Trial& trial, const SchemaField& field) {
  switch (field.kind) {
    case Kind::integer:
      for (const auto one : {std::int64_t{0}, std::int64_t{1}, smallest(field), largest(field)}) {
        trial.json(std::to_string(one));
      }
      if (field.bits == 64 && !field.is_signed) trial.json(kLargestUnsigned);
      return;
    case Kind::real:
    case Kind::single:
      for (const char* one : {"0", "1.5", "-1000.25"}) trial.json(one);
      return;
    case Kind::decimal: {
      trial.json("1");
      std::string most(static_cast<std::size_t>(std::max(1, field.precision - field.scale)), '9');
      return trial.json(most + ".5");
    }
    case Kind::instant:
      return trial.json(kInstant);
    case Kind::date:
      return trial.json(R"("2024-05-06")");
    case Kind::time:
      return trial.json(R"("10:11:12Z")");
    case Kind::uuid:
      return trial.json(kUuid);
    case Kind::duration:
      return trial.json(R"("P1DT2H3.5S")");
    case Kind::address:
      return trial.json(R"("192.0.2.1")");
    default:
      return;
  }
}

}  // namespace
}  // namespace schema_fit

std::optional<Fit> fit(const mapping::PlanColumn& column, const mapping::SchemaField& field, formats::Format format) {
  schema_fit::Trial trial(column);
  if (!schema_fit::give_plain(trial, field)) {
    if (format == formats::Format::avro || format == formats::Format::protobuf) {
      schema_fit::give_typed(trial, field, format);
    } else {
      schema_fit::give_json(trial, field);
    }
  }
  return trial.result();
}

}  // namespace loom::encode
