#include "decode/make_decoder.h"

#include "decode/connect/change_decoder.h"
#include "decode/connect/row_key_decoder.h"
#include "decode/json/json_decoder.h"
#include "decode/schema_decoder.h"
#include "decode/whole_decoder.h"

namespace loom::decode {

using formats::Format;

std::unique_ptr<Decoder> make_decoder(const Wanted& wanted, Part part, const mapping::MessageFormat& format,
                                      const Registry& registry) {
  if (wanted.events) return std::make_unique<ChangeDecoder>(wanted, format, registry);
  switch (format.format) {
    case Format::json:
      if (wanted.names_row) return std::make_unique<RowKeyDecoder>(wanted);
      return part == Part::value ? std::make_unique<JsonDecoder>(wanted)
                                 : std::make_unique<JsonDecoder>(wanted, JsonRoot::any, "key");
    case Format::text:
    case Format::bytes:
      return std::make_unique<WholeDecoder>(wanted, part, format.format == Format::text);
    case Format::json_schema:
    case Format::avro:
    case Format::protobuf:
    case Format::automatic:
      break;
  }
  return std::make_unique<SchemaDecoder>(wanted, part, format, registry);
}

}  // namespace loom::decode
