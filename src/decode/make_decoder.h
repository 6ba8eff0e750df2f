#pragma once

#include <memory>

#include "decode/decoder.h"

namespace loom::decode {

/// Which part of a record is decoded.
enum class Part : std::uint8_t { value, key };

/// The decoder for a topic's values or keys.
std::unique_ptr<Decoder> make_decoder(const Wanted& wanted, Part part);

}  // namespace loom::decode
