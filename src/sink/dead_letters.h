#pragma once

#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

#include "base/byte_buffer.h"
#include "base/message.h"
#include "batch/batch.h"
#include "sink/settings.h"

namespace loom::sink {

/// Bytes of a reject's message that are kept.
inline constexpr std::size_t kDeadLetterMessageMax = 4096;

/// The messages that could not become rows, as rows of a binary COPY into kafka_dead_letters; those that are only for
/// the topic (`route`) are left out. Pure.
ByteBuffer encode_dead_letters(const std::string& consumer_group, const batch::Batch& batch,
                               const std::vector<batch::RejectedMessage>& rejected, const DeadLetterRoute& route = {});

/// Headers as a JSON array of {"name", "value"}, in order; a header without a value has null. A value that is no text
/// is base64, with "encoding": "base64" beside it.
std::string headers_json(const std::vector<Header>& headers);

/// With padding, in the standard alphabet.
std::string base64(std::string_view bytes);

}  // namespace loom::sink
