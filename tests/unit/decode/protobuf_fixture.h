#pragma once

#include <gtest/gtest.h>

#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "base/byte_buffer.h"
#include "decode/plain_form.h"
#include "decode/protobuf/protobuf_program.h"
#include "decode/values.h"
#include "formats/protobuf_schema.h"
#include "mapping/paths.h"

/// What the tests of Protobuf's decoder share: schemas, bytes by hand, and values in words.
namespace loom::decode::testing {

inline std::shared_ptr<const formats::ProtobufSchema> proto_schema(const std::string& text) {
  auto parsed = formats::parse_protobuf_schema(text);
  if (!parsed.schema) ADD_FAILURE() << parsed.problem << " in " << text;
  return std::make_shared<const formats::ProtobufSchema>(parsed.schema ? std::move(*parsed.schema)
                                                                       : formats::ProtobufSchema{});
}

inline std::string from_hex(std::string_view hex) {
  std::string bytes;
  std::string digits;
  for (const char c : hex) {
    if (c == ' ') continue;
    digits += c;
    if (digits.size() != 2) continue;
    bytes += static_cast<char>(std::stoi(digits, nullptr, 16));
    digits.clear();
  }
  return bytes;
}

/// Wanted paths in the order of their slots. In front of a path `*`: its list's elements are wanted one by one; `j`
/// and a blank: its JSON text.
inline WantedPaths wanted_paths(const std::vector<std::string>& paths) {
  WantedPaths made;
  for (std::string path : paths) {
    const bool elements = path.starts_with('*');
    const bool json = path.starts_with("j ");
    path.erase(0, elements ? 1 : json ? 2 : 0);
    const auto slot = mapping::add_slot(made.tree, path);
    made.wishes.resize(std::max<std::size_t>(made.wishes.size(), slot + 1U));
    made.wishes[slot].elements |= elements;
    made.wishes[slot].json |= json;
  }
  return made;
}

inline std::string in_words(const Value& value, const Values& values) {
  using Kind = Value::Kind;
  PlainRoom room;
  switch (value.kind) {
    case Kind::absent:
      return "-";
    case Kind::null:
      return "null";
    case Kind::boolean:
      return value.boolean ? "true" : "false";
    case Kind::string:
      return "'" + std::string(value.text) + "'" + (value.nul ? "0" : "");
    case Kind::object:
      return value.text.empty() ? "{..}" : std::string(value.text);
    case Kind::array: {
      std::string text(value.text);
      if (value.count == 0) return text.empty() ? "[..]" : text;
      text += "<";
      for (std::uint32_t i = 0; i < value.count; ++i) {
        text += (i == 0 ? "" : ",") + in_words(values.elements_of(value)[i], values);
      }
      return text + ">";
    }
    case Kind::instant:
      return "@" + std::to_string(value.integer()) + "/" + std::to_string(value.digits);
    case Kind::enumeration:
      return std::string(value.text) + "=" + std::to_string(value.integer());
    case Kind::bytes:
      return "b" + std::string(plain_form(value, {}, room).text);
    case Kind::single:
      return "f" + std::string(plain_form(value, {}, room).text);
    case Kind::real:
      return "d" + std::string(plain_form(value, {}, room).text);
    default:
      return std::string(plain_form(value, {}, room).text);
  }
}

/// One message type with wanted paths, from bytes to words.
class ProtoReader {
 public:
  ProtoReader(const std::string& proto, std::string_view message, const Wanted& wanted)
      : ProtoReader(proto_schema(proto), message, wanted) {}
  ProtoReader(const std::string& proto, std::string_view message, const std::vector<std::string>& paths)
      : ProtoReader(proto, message, Wanted{.message = wanted_paths(paths)}) {}
  ProtoReader(const std::shared_ptr<const formats::ProtobufSchema>& schema, std::string_view message,
              const Wanted& wanted)
      : slots_(wanted.message.tree.slots),
        root_(wanted.root),
        values_(slots_, wanted.extra_slots, wanted.elements),
        program_(schema, *schema->find(message), wanted) {}

  std::string read(std::string_view hex) { return read_bytes(from_hex(hex)); }
  std::string read_bytes(std::string_view bytes) {
    // A copy of the exact size, so that a sanitizer sees reads beyond it.
    bytes_.assign(bytes.begin(), bytes.end());
    bytes_.shrink_to_fit();
    if (const auto reject = program_.run({bytes_.data(), bytes_.size()}, values_)) {
      return std::string(to_string(reject->reason)) + ": " + reject->message;
    }
    std::string all = root_ ? in_words(values_.root, values_) : "";
    for (std::size_t i = 0; i < slots_; ++i) all += (all.empty() ? "" : " ") + in_words(values_.slot(i), values_);
    return all;
  }
  [[nodiscard]] const Values& values() const { return values_; }

 private:
  std::size_t slots_;
  bool root_;
  Values values_;
  ProtobufProgram program_;
  std::vector<char> bytes_;
};

/// The bytes of a field that has a length.
inline std::string sized(int number, const std::string& content) {
  const auto varint = [](std::uint64_t value) {
    std::string bytes;
    for (; value > 0x7F; value >>= 7U) bytes += static_cast<char>((value & 0x7FU) | 0x80U);
    return bytes + static_cast<char>(value);
  };
  return varint(static_cast<std::uint64_t>(number) << 3U | 2U) + varint(content.size()) + content;
}

}  // namespace loom::decode::testing
