#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "decode/protobuf/protobuf_scalars.h"
#include "decode/protobuf/protobuf_tables.h"
#include "decode/protobuf/protobuf_wire.h"
#include "decode/value.h"
#include "decode/wanted_paths.h"

/// The wanted paths bound to a schema: what to do with each field that comes by.
namespace loom::decode {

/// What to do with one field of a message.
struct ProtobufStep {
  enum class Action : std::uint8_t {
    skip,    ///< nobody wants it, but it takes the place of others of its oneof
    number,  ///< into the slot; of an enumeration that is not closed, too
    text,    ///< likewise
    bytes,
    enumeration,
    instant,  ///< a google.protobuf.Timestamp
    message,  ///< its fields are read as they come by, and nothing else of it is wanted
    place     ///< everything else
  };
  static constexpr std::uint16_t kNone = 0xFFFF;

  std::uint32_t tag = 0;         ///< the number and the wire type that the field has by its schema
  std::uint32_t packed_tag = 0;  ///< of a list of numbers also this one; else 0
  Action action = Action::skip;
  formats::ProtobufField::Type type = formats::ProtobufField::Type::int32;
  std::int16_t slot = -1;
  std::int16_t oneof = -1;      ///< index into the place's oneofs
  std::uint16_t place = kNone;  ///< of the field's value
  std::uint16_t also = kNone;   ///< another step for the same field: both its names are wanted
  const ProtobufFieldTable* field = nullptr;
};

/// A node of the wanted paths, and what stands there by the schema. What a run leaves in it holds for one scope: the
/// message, or one element of an array mapping.
struct ProtobufPlace {
  enum class Holding : std::uint8_t { single, list, map };
  struct Pick {
    std::int32_t index = 0;  ///< from 0; negative: from the list's end
    std::uint16_t place = 0;
  };
  struct Key {
    std::string name;
    std::uint16_t place = 0;
  };
  struct Default {
    Value value;
    std::int16_t slot = -1;
    std::int16_t array = -1;
  };
  struct Oneof {
    std::uint64_t scope = 0;
    std::uint32_t number = 0;  ///< of the member that was set last
    std::int32_t index = 0;    ///< in the schema
  };

  ProtobufContent content;
  Holding holding = Holding::single;
  bool is_message = false;  ///< single, and nothing but its fields: read as it comes by
  bool collects = false;    ///< what comes by is kept until the scope's end
  bool wants_json = false;
  bool wants_elements = false;
  std::int16_t slot = -1;
  std::int16_t array = -1;
  std::string path;  ///< for people
  // Of messages
  std::vector<std::uint16_t> low;  ///< number -> index + 1 into steps; 0: nobody wants it
  std::vector<ProtobufStep> steps;
  std::vector<Default> defaults;  ///< of fields without presence, lists and maps
  std::vector<Oneof> oneofs;
  // Of maps and lists, and of what may be either
  std::vector<Key> keys;
  std::vector<Pick> picks;

  // Of the run
  std::uint64_t scope = 0;       ///< the scope that `head` belongs to
  std::uint64_t entered = 0;     ///< the scope in which the message was seen
  SecondsAndNanos parts;         ///< of a Timestamp: what that scope has of it so far
  std::uint32_t head = kNoLink;  ///< what was kept
  std::uint32_t tail = kNoLink;

  [[nodiscard]] const ProtobufStep* find(std::uint32_t number) const {
    if (number < low.size()) return low[number] == 0 ? nullptr : &steps[low[number] - 1U];
    return search(number);
  }

 private:
  [[nodiscard]] const ProtobufStep* search(std::uint32_t number) const;
};

/// All places of one message type's decoding. [0] is the message itself.
struct ProtobufLayout {
  std::vector<ProtobufPlace> places;
  std::vector<std::uint16_t> element_roots;  ///< by array mapping: the place of one element; kNone: there is no list
};

ProtobufLayout make_protobuf_layout(const Wanted& wanted, const ProtobufContent& root);

}  // namespace loom::decode
