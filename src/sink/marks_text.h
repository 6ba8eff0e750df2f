#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "base/record_marks.h"

namespace loom::sink {

/// kafka_consumer_offsets.record_marks as an array literal, without quotes: the epoch and the position that the marks
/// are of, then their numbers. Empty where nothing is remembered.
std::string marks_literal(std::int64_t epoch, std::int64_t next_offset, const RecordMarks& marks);

/// The same back, from its numbers with commas between them. Nothing where there are none, or they are of another epoch
/// or of a later position; those of an earlier position are good, but the newest is not the last record then.
std::optional<RecordMarks> marks_in(std::string_view text, std::int64_t epoch, std::int64_t next_offset);

}  // namespace loom::sink
