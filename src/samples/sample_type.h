#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "formats/format.h"
#include "mapping/mapping_file.h"

namespace loom::samples {

/// The type that a value of the samples has in a schema.
struct SampleType {
  enum class Kind : std::uint8_t {
    record,
    list,
    text,
    uuid,  ///< and text
    boolean,
    integer,
    real,
    decimal,
    bytes,   ///< of a text that stands for its own bytes
    base64,  ///< bytes of a text in Base64
    timestamp,
    date,
    time
  };
  /// What an integer counts.
  enum class Unit : std::uint8_t {
    none,
    small,  ///< nothing, and 32 bits hold it
    day,
    time_ms,
    time_us,
    timestamp_ms,
    timestamp_us,
    timestamp_ns
  };
  struct Field;

  Kind kind = Kind::text;
  Unit unit = Unit::none;
  int precision = 0;  ///< of decimal
  int scale = 0;      ///< likewise
  std::vector<Field> fields;
  std::vector<SampleType> element{};  ///< of list, one
  bool gaps = false;                  ///< of list: elements may be null
};

struct SampleType::Field {
  std::string name;
  std::string json_name;  ///< as it stands in JSON, without the quotes
  bool optional = true;   ///< the mapping does without it
  SampleType type;
};

/// What messages of the topic are, in Avro or in Protobuf: what the mapping's types make of the JSON that
/// SampleGenerator writes, so that the same rows come out. Objects, and fields that the mapping does not require, are
/// optional.
/// Fails: std::runtime_error, when no schema can say it.
SampleType sample_type(const mapping::TopicMapping& topic, formats::Format format);

}  // namespace loom::samples
