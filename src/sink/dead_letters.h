#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "base/byte_buffer.h"
#include "base/message.h"
#include "batch/batch.h"

namespace loom::sink {

/// The messages that could not become rows, as rows of a binary COPY into kafka_dead_letters. Pure.
ByteBuffer encode_dead_letters(const std::string& consumer_group, const batch::Batch& batch,
                               const std::vector<batch::RejectedMessage>& rejected);

/// Headers as a JSON array of {"name", "value"}, in order; a header without a value has null. A value that is no text
/// is base64, with "encoding": "base64" beside it.
std::string headers_json(const std::vector<Header>& headers);

}  // namespace loom::sink
