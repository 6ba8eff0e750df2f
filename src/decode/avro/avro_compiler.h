#pragma once

#include "decode/avro/avro_code.h"
#include "decode/wanted_paths.h"
#include "formats/avro_schema.h"

namespace loom::decode::avro {

/// Walks the schema together with the wanted paths, once. A path's step is a field of that name, or else one with that
/// alias. Pure.
Code compile(const formats::AvroSchema& schema, const Wanted& wanted);

}  // namespace loom::decode::avro
