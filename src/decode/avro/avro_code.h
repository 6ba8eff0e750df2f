#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "decode/value.h"
#include "formats/avro_schema.h"

namespace loom::decode::avro {

/// What a step does with the bytes that it stands before. The scalars come first; with them a type is described, too.
enum class Op : std::uint8_t {
  null,
  boolean,
  int32,        ///< also what is counted in one: `kind`, `digits`
  int64,        ///< likewise
  float32,      //
  float64,      //
  string,       //
  bytes,        //
  fixed,        ///< of `b` bytes; as `kind`
  decimal,      ///< with `a` digits behind the point
  big_decimal,  //
  fixed_decimal,
  enumeration,  ///< of type `a`
  duration,
  // What is no scalar. `a`: where its parts begin in Code::parts, `b`: how many there are.
  record,
  list,
  map,
  choice,
  // Steps of a program
  skip_bytes,    ///< `a` of them
  skip_varints,  ///< `a` of them
  skip_sized,    ///< a length and as many bytes
  skip_list,     ///< of elements of type `b`, each skipped by program `a`
  skip_map,      ///< likewise
  branch,        ///< on a union's index; the branches' steps: `b` of Code::targets from `a` on
  jump,          ///< to step `a`
  call,          ///< program `a`
  mark,          ///< the slot has a value of `kind`, of which only this is wanted
  whole,         ///< the value of type `a` into the slot, with its JSON text
  collect,       ///< elements of list type `a` one by one; `b` is 1 where the JSON text of the whole is wanted, too
  explode,       ///< elements of type `b` into the slots of array mapping `slot`, each by program `a`
  array_other,   ///< array mapping `slot` finds no list, but a value of type `a`
  pick,          ///< Code::picks[a]: elements by their places
  look_up,       ///< Code::lookups[a]: a map's values by their keys
  end,
};
inline constexpr Op kLastScalar = Op::duration;

struct Step {
  Op op = Op::end;
  std::uint8_t digits = 0;
  Value::Kind kind = Value::Kind::absent;
  bool stay = false;       ///< the next step reads the same value again
  std::int16_t slot = -1;  ///< or the array mapping
  std::uint32_t name = 0;  ///< of what is read: index into Code::names
  std::uint32_t a = 0;
  std::uint32_t b = 0;
};

/// A field, an element's or a map's value's type, a union's branch.
struct Part {
  std::uint32_t type = 0;
  std::uint32_t name = 0;  ///< of a field
  std::uint32_t key = 0;   ///< likewise: index into Code::keys
};

/// Elements wanted by their places: each is read by a program.
struct Pick {
  struct Place {
    std::int32_t index = 0;
    std::uint32_t program = 0;
  };
  std::vector<Place> places;
  std::uint32_t type = 0;     ///< the elements'
  std::uint32_t skip = 0;     ///< the program that passes over one
  bool counts_first = false;  ///< some are counted from the end
};

/// A map's values wanted by their keys.
struct Lookup {
  struct Key {
    std::string key;
    std::uint32_t program = 0;
    std::uint64_t seen_in = 0;          ///< the last map that had the key
    std::vector<std::uint16_t> slots;   ///< what the value fills, which a later one of the same key takes back
    std::vector<std::uint16_t> arrays;  ///< likewise
  };
  std::vector<Key> keys;
  std::uint32_t type = 0;  ///< the values'
  std::uint32_t skip = 0;
};

/// A schema compiled against wanted paths.
struct Code {
  std::vector<Step> steps;
  std::vector<std::uint32_t> starts;  ///< by program: its first step. [0] is the message's.
  std::vector<std::uint32_t> targets;
  std::vector<Pick> picks;
  std::vector<Lookup> lookups;
  std::vector<std::string> names;  ///< for people, as paths are written
  std::vector<std::string> keys;   ///< `"name":`
  // By type of the schema
  std::vector<Step> types;
  std::vector<Part> parts;
  std::vector<std::uint32_t> least_bytes;  ///< that a value of it takes
  std::vector<std::uint32_t> exact_bytes;  ///< that every value of it takes, or 0
  bool reads_message = false;              ///< some path is wanted
};

}  // namespace loom::decode::avro
