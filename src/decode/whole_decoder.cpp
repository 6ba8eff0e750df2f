#include "decode/whole_decoder.h"

#include "decode/json/structural_index.h"

namespace loom::decode {

std::optional<Reject> WholeDecoder::decode(std::string_view bytes, const Message& record) {
  values_.reset();
  values_.root = Value{};
  if (part_ == Part::key && !record.has_key) return std::nullopt;
  values_.root.kind = is_text_ ? Value::Kind::string : Value::Kind::bytes;
  values_.root.text = bytes;
  if (!is_text_) return std::nullopt;
  values_.root.nul = bytes.find('\0') != std::string_view::npos;
  if (is_utf8(bytes)) return std::nullopt;
  return Reject{RejectReason::invalid_text,
                std::string("the ") + (part_ == Part::value ? "value" : "key") +
                    " is not valid UTF-8: `format: bytes` takes any bytes",
                {}};
}

}  // namespace loom::decode
