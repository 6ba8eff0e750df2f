#pragma once

#include "base/byte_buffer.h"
#include "decode/avro/avro_reader.h"
#include "decode/plain_form.h"

namespace loom::decode::avro {

/// Reads whole values by their types: scalars as they are, the others as JSON text.
/// Threads: one at a time.  Owns: nothing but room for reuse; the texts are the TextRoom's.
/// Fails:   like Reader; also for a text of more than 256 MiB.
class JsonWriter {
 public:
  JsonWriter(const Code& code, Reader& reader, TextRoom& texts) : code_(code), reader_(reader), texts_(texts) {}

  /// `depth`: how deep the value is nested already.
  const char* value(std::uint32_t type, const char* at, Value& value, unsigned depth);

 private:
  const char* append(std::uint32_t type, const char* at, unsigned depth);
  const char* append_scalar(const Step& type, const char* at);
  const char* append_record(const Step& type, const char* at, unsigned depth);
  const char* append_elements(const Step& type, const char* at, unsigned depth);
  const char* branch(std::uint32_t& type, const char* at);

  const Code& code_;
  Reader& reader_;
  TextRoom& texts_;
  ByteBuffer out_;
  PlainRoom room_;
  bool nul_ = false;
};

}  // namespace loom::decode::avro
