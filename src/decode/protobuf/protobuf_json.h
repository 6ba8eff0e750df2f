#pragma once

#include <cstdint>
#include <string_view>
#include <vector>

#include "base/byte_buffer.h"
#include "decode/plain_form.h"
#include "decode/protobuf/kept_texts.h"
#include "decode/protobuf/protobuf_scalars.h"
#include "decode/protobuf/protobuf_tables.h"
#include "decode/protobuf/protobuf_wire.h"

namespace loom::decode {

/// What parts of one message's decoding share.
struct ProtobufRun {
  WireChains chains;
  KeptTexts texts;
  ProtobufFault fault;
};

/// The entry of a map.
struct ProtobufEntry {
  Value key;
  std::uint32_t value = kNoLink;  ///< its content: a chain of pieces, or none
  std::uint32_t order = 0;        ///< grows from entry to entry
  bool known = true;              ///< false: its value is a number that its closed enumeration does not have
};

/// What lies deeper than this is refused: libraries read at least 100 messages in messages, most no more.
inline constexpr unsigned kMostNestedMessages = 200;

/// Protobuf's values as JSON texts, and what messages with a meaning of their own stand for. Names are those of the
/// .proto text; fields that are not set are left out.
/// Threads: one at a time.
/// Fails:   false, and run.fault says why.
class ProtobufJson {
 public:
  explicit ProtobufJson(ProtobufRun& run) : run_(run) {}

  /// Any content into a value: of what is no scalar its JSON text, where that is wanted. `head`: the chain of its
  /// pieces, of which a scalar takes the last; none: its default.
  bool value_of(const ProtobufContent& content, std::uint32_t head, bool wants_text, Value& value);
  bool list_text(const ProtobufContent& content, std::uint32_t head, Value& value);
  bool map_text(const ProtobufMessageTable& entry, std::uint32_t head, Value& value);

  bool read_entry(const ProtobufMessageTable& entry, const WireField& field, ProtobufEntry& made);
  /// The chain of what the field of this number holds in a message in pieces; of length-prefixed ones only.
  bool chain_of_field(std::uint32_t head, std::uint32_t number, std::uint32_t& found);
  /// google.protobuf.Value: the field that it has set, or nullptr, and the chain of that one's pieces.
  bool chosen(const ProtobufMessageTable& value, std::uint32_t head, const ProtobufFieldTable*& field,
              std::uint32_t& found);

 private:
  struct Occurrence {
    std::uint32_t field;  ///< index into the message's table
    std::uint32_t link;
  };
  struct OneofState {
    std::uint32_t field = 0;  ///< index + 1 of the member that is set
    std::uint32_t since = 0;  ///< occurrences before this one are gone
  };

  template <typename Write>
  bool kept(Value::Kind kind, Value& value, const Write& write);
  bool known_scalar(const ProtobufContent& content, std::uint32_t head, Value& value);
  bool content(const ProtobufContent& content, std::uint32_t head);
  bool message(const ProtobufMessageTable& table, std::uint32_t head);
  bool fields(const ProtobufMessageTable& table, std::size_t begin, std::size_t end);
  bool group(const ProtobufFieldTable& table, std::uint32_t head, bool& first);
  bool list(const ProtobufContent& content, std::uint32_t head);
  bool map(const ProtobufMessageTable& entry, std::uint32_t head);
  bool dynamic(const ProtobufMessageTable& table, std::uint32_t head);
  bool collect(const ProtobufMessageTable& table, std::uint32_t head);
  void drop_replaced(const ProtobufMessageTable& table, std::size_t begin);
  void scalar(const Value& value);
  void key(const Value& value);

  ProtobufRun& run_;
  ByteBuffer out_;
  PlainRoom room_;
  std::vector<Occurrence> occurrences_;
  std::vector<OneofState> oneofs_;
  std::vector<ProtobufEntry> entries_;
  unsigned depth_ = 0;
  bool nul_ = false;
};

}  // namespace loom::decode
