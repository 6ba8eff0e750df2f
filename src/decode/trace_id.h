#pragma once

#include <cstddef>
#include <string>

#include "base/message.h"

namespace loom {

/// Longer ones are none.
inline constexpr std::size_t kTraceIdMax = 128;

/// The trace that a message belongs to; empty: none is known. The first that is there and good of
///   the trace id in header `traceparent` (https://www.w3.org/TR/trace-context/), header `trace_id`, and the string
///   `trace_id` at the top of the JSON value
/// Visible ASCII characters, whatever the message holds. Looks through the whole value: for dead letters, not for every
/// message.
/// Threads: any.  Pure.  Fails: never.
std::string trace_id_of(const Message& message);

}  // namespace loom
