#pragma once

#include <cstdint>
#include <string>

#include "preview/preview.h"

namespace loom::preview {

/// One line without its end: `3: orders (id=1, name='Ann'); items (...)`, or `3: out_of_range: ...`. Long values are
/// cut. `line`: the number of the message's line.
std::string render(const Previewed& message, std::uint64_t line);

/// The same as a JSON object with whole values: `{"line", "rows": [{"table", "columns": {...}}]}`, or `{"line",
/// "reason", "message"}`. A value is a string or null; a column whose default PostgreSQL computes is not there.
std::string render_json(const Previewed& message, std::uint64_t line);

}  // namespace loom::preview
