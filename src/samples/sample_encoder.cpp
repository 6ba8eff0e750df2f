#include "samples/sample_encoder.h"

#include <simdjson.h>

#include <utility>

#include "base/byte_buffer.h"
#include "samples/avro_writer.h"
#include "samples/json_scalars.h"
#include "samples/protobuf_writer.h"

namespace loom::samples {

struct SampleEncoder::Parser {
  simdjson::ondemand::parser parser;
  std::string padded;  ///< the message, with room behind it that the parser may read
  ByteBuffer room;
};

SampleEncoder::SampleEncoder(SampleSchema schema, std::optional<SampleFrame> frame)
    : schema_(std::move(schema)), frame_(frame), parser_(std::make_unique<Parser>()) {}

SampleEncoder::~SampleEncoder() = default;

bool SampleEncoder::encode(std::string_view json, std::string& out) {
  out.clear();
  const bool protobuf = schema_.format == formats::Format::protobuf;
  if (frame_) {
    out.push_back(0);
    for (int i = frame_->id_bytes; i > 0; --i) out.push_back(static_cast<char>(frame_->id >> (8 * (i - 1))));
    if (protobuf) out.push_back(0);  // the first message of the file
  }
  std::string& padded = parser_->padded;
  padded.reserve(json.size() + simdjson::SIMDJSON_PADDING);
  padded.assign(json);
  simdjson::ondemand::document document;
  if (parser_->parser.iterate(padded.data(), padded.size(), padded.capacity()).get(document) != simdjson::SUCCESS) {
    return false;
  }
  JsonValue root;
  if (document.get_value().get(root) != simdjson::SUCCESS) return false;
  return protobuf ? write_protobuf(schema_.root, root, parser_->room, out)
                  : write_avro(schema_.root, root, parser_->room, out);
}

}  // namespace loom::samples
