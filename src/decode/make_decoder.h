#pragma once

#include <cstdint>
#include <memory>

#include "decode/decoder.h"
#include "mapping/mapping_file.h"

namespace loom::decode {

class SchemaSource;

/// Which part of a record is decoded.
enum class Part : std::uint8_t { value, key };

/// Where schemas come from, and how messages name them.
struct Registry {
  SchemaSource* schemas = nullptr;  ///< nullptr: there is none
  int id_bytes = 4;                 ///< of an id in front of a message: 4 or 8
};

/// The decoder for a topic's values or keys. What `registry` points to outlives it.
std::unique_ptr<Decoder> make_decoder(const Wanted& wanted, Part part, const mapping::MessageFormat& format,
                                      const Registry& registry);

}  // namespace loom::decode
