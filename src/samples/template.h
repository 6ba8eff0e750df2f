#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "mapping/mapping_file.h"
#include "samples/values.h"

namespace loom::samples {

/// The JSON text of a topic's messages with gaps: fixed text, and between it values made up for each message.
/// Threads: const use by any.
struct SampleTemplate {
  struct Piece {
    std::string literal;                  ///< comes first
    std::optional<SampleValue> value;     ///< then this
    std::vector<SampleTemplate> element;  ///< or this one, repeated: an array; empty or one
    std::uint32_t array = 0;              ///< which array mapping that is
  };
  std::vector<Piece> pieces;

  void append(std::string& out, const SampleContext& context, SampleRandom& random) const;
};

/// How many elements array mapping `array` has in message `index`: none in every eighth, else one to three.
std::uint32_t sample_elements(std::uint64_t index, std::uint32_t array);

/// One value that the messages of a topic carry.
struct SampleField {
  std::string path;
  std::string column;  ///< empty: no column takes it, it is only required
  mapping::ValueType type = mapping::ValueType::unspecified;
  mapping::Transform transform = mapping::Transform::none;
  SampleValue value;
  bool only_source = true;  ///< its column has no other source, and it feeds no other column
};

/// The fields of the message itself, in the mapping's order. A column with several sources gets its required one, else
/// the deepest: real messages keep their payload under `data`.
std::vector<SampleField> sample_fields(const mapping::TopicMapping& topic);

/// Path -> what stands there instead of the field's value, as JSON; nothing: the field is left out.
using SampleOverrides = std::map<std::string, std::optional<std::string>>;

/// The JSON object that the record's key is, where the mapping takes fields of it; nothing where it takes none.
std::optional<SampleTemplate> make_key_template(const mapping::TopicMapping& topic);

SampleTemplate make_template(const mapping::TopicMapping& topic, const std::vector<SampleField>& fields,
                             const SampleOverrides& overrides = {});

}  // namespace loom::samples
