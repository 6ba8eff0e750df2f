#pragma once

#include <string>

#include "mapping/mapping_file.h"
#include "samples/sample_schema.h"

namespace loom::samples {

/// Whether the mapping's schema_file or descriptor_file says the same as the schema of the samples, so that messages of
/// the one can be read by the other. White space and the order of a JSON object's keys do not count, names of messages
/// neither.
bool is_schema_of_file(const SampleSchema& schema, const mapping::MessageFormat& format);

}  // namespace loom::samples
