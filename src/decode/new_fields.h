#pragma once

#include <string>

#include "decode/wanted_paths.h"
#include "formats/schema.h"
#include "mapping/plan_wants.h"

namespace loom::decode {

/// What of the schema's row the plan does not know, where it wants to know of it (Wanted::known_fields). `message`: of
/// Protobuf, by its full name. Pure.
mapping::NewFields fields_beyond_plan(const Wanted& wanted, const formats::Schema& schema, const std::string& message);

}  // namespace loom::decode
