#include "decode/connect/row_key_decoder.h"

#include "decode/json/structural_index.h"

namespace loom::decode {

RowKeyDecoder::RowKeyDecoder(const Wanted& wanted)
    : Decoder(wanted), wanted_(wanted), json_(wanted, JsonRoot::any, "key", values_) {}

std::optional<Reject> RowKeyDecoder::decode(std::string_view bytes, const Message& record) {
  std::string_view text = bytes;
  const auto split = envelope_.split(bytes);
  if (split) {
    text = split->payload;
    if (split->is_new_schema) {
      const auto schema = formats::parse_connect_schema(split->schema);
      types_ = schema ? std::make_unique<ConnectTypes>(*schema, wanted_.message) : nullptr;
    }
  }
  auto reject = json_.decode(text, record);
  const std::int16_t root = wanted_.message.tree.nodes[0].slot;
  if (reject && reject->reason == RejectReason::invalid_json && root >= 0 && is_utf8(bytes)) {
    values_.reset();
    Value& value = values_.slots[static_cast<std::size_t>(root)];
    value.kind = Value::Kind::string;
    value.text = bytes;
    value.nul = bytes.find('\0') != std::string_view::npos;
    return std::nullopt;
  }
  if (!reject && split && types_) types_->apply(values_, bytes.size());
  return reject;
}

}  // namespace loom::decode
