#pragma once

#include <cstdint>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "mapping/plan.h"
#include "mapping/required_paths.h"

namespace loom::decode {

/// How a change event's value is to be read where nobody names its type: neither the mapping nor a schema beside it.
/// What Debezium writes without schemas leaves some of it open.
enum class Unit : std::uint8_t {
  known,         ///< the column's type says it all
  of_instant,    ///< numbers could be milliseconds, microseconds or nanoseconds: they are refused
  of_time,       ///< the same
  of_decimal,    ///< texts could be Base64, of any scale: they are refused
  days,          ///< numbers
  microseconds,  ///< numbers of an interval
  bits,          ///< texts are Base64
  base64,        ///< texts, of bytes
  json,          ///< texts that hold it
};

/// What is wanted of the value in a slot, beside the value itself if it is a scalar.
struct Wish {
  bool elements = false;  ///< a list's elements one by one; lists and objects among them with their JSON text, and
                          ///< where there may be lists among them also the JSON text of the whole
  bool json = false;      ///< the JSON text of a list or an object. Of JSON itself it is there in any case.
  bool bytes = false;     ///< a bytea column takes it
  Unit unit = Unit::known;
  int bits = -1;  ///< how many a column of bits has; 0: any number; -1: it is another column
};

/// Paths wanted of one scope, and what is wanted of the values in their slots.
struct WantedPaths {
  mapping::PathTree tree{};
  std::vector<Wish> wishes{};  ///< by slot; may be shorter: none of either
};

/// Slots of what a change event says of itself (mapping::ChangesPlan).
struct EventSlots {
  std::uint16_t operation = 0;
  std::uint16_t after = 0;
  std::uint16_t before = 0;
  std::uint16_t source = 0;
  std::uint16_t deleted = 0;
  std::uint16_t time = 0;
};

/// All that is wanted of one message, or of one key.
struct Wanted {
  WantedPaths message{};
  std::vector<WantedPaths> elements{};  ///< by array mapping: the paths inside one element
  std::size_t extra_slots = 0;          ///< behind the message's own, for the caller to fill
  /// What a message's schema has to have: one that lacks it is refused as a whole.
  std::vector<mapping::RequiredPaths> required{};
  bool root = false;                   ///< Values::root is wanted; with its JSON text where it is no scalar
  std::optional<EventSlots> events{};  ///< messages are change events, in whichever of their forms
  /// Fields of the row that the plan knows, where it wants to know of others: see Decoder::new_fields(). Of values.
  std::optional<std::set<std::string>> known_fields{};
  bool names_row = false;  ///< a key that names a row: Kafka Connect's, or plain text, count too
};

}  // namespace loom::decode
