#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include "samples/sample_schema.h"

namespace loom::samples {

/// The id of a registry's schema, as it stands in front of messages.
struct SampleFrame {
  std::uint64_t id = 0;
  int id_bytes = 4;  ///< or 8
};

/// Writes the JSON messages that SampleGenerator makes in the format of their schema.
/// Threads: one at a time.  Owns: the schema, and buffers that are reused from message to message.  Blocks: never.
class SampleEncoder {
 public:
  /// `frame`: what stands in front of each message, as a registry's serializers put it; nothing: messages stand alone.
  SampleEncoder(SampleSchema schema, std::optional<SampleFrame> frame);
  ~SampleEncoder();
  SampleEncoder(const SampleEncoder&) = delete;
  SampleEncoder& operator=(const SampleEncoder&) = delete;

  /// Overwrites `out`. False: the message is not of the schema, and `out` means nothing.
  bool encode(std::string_view json, std::string& out);

  [[nodiscard]] const SampleSchema& schema() const { return schema_; }
  [[nodiscard]] bool is_framed() const { return frame_.has_value(); }

 private:
  struct Parser;

  SampleSchema schema_;
  std::optional<SampleFrame> frame_;
  std::unique_ptr<Parser> parser_;
};

}  // namespace loom::samples
