#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "mapping/mapping_file.h"
#include "samples/fields.h"
#include "samples/tree.h"
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

/// The JSON object that the record's key is, where the mapping takes fields of it; nothing where it takes none.
std::optional<SampleTemplate> make_key_template(const mapping::TopicMapping& topic);

SampleTemplate make_template(const mapping::TopicMapping& topic, const std::vector<SampleField>& fields,
                             const SampleOverrides& overrides = {});

}  // namespace loom::samples
