#include "encode/scalar.h"

namespace loom::encode {

const decode::JsonValue* Scratch::list_in(std::string_view text) {
  const std::size_t first = text.find_first_not_of(" \t\r\n");
  return first == std::string_view::npos || text[first] != '[' ? nullptr : json_in(text);
}

const decode::JsonValue* Scratch::json_in(std::string_view text) {
  if (!list_decoder_) {
    decode::WantedPaths root;
    root.tree.nodes[0].slot = 0;
    root.tree.slots = 1;
    root.wants_elements = {true};
    list_decoder_ = std::make_unique<decode::JsonDecoder>(root, std::vector<decode::WantedPaths>{});
  }
  return list_decoder_->decode_any(text) ? nullptr : &list_decoder_->slot(0);
}

}  // namespace loom::encode
