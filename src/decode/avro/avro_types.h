#pragma once

#include "decode/avro/avro_code.h"

namespace loom::decode::avro {

/// The scalar's step without slot and name; of other types only what they are.
Step step_of(const formats::AvroSchema& schema, std::uint32_t type);

/// Fills what Code says by type.
void describe_types(const formats::AvroSchema& schema, Code& code);

/// By type: how many steps it takes to skip a value of it; kManySteps where they go on without end.
inline constexpr std::uint32_t kManySteps = 1'000;
std::vector<std::uint32_t> steps_to_skip(const formats::AvroSchema& schema);

}  // namespace loom::decode::avro
