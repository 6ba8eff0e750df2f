#include "encode/scalar.h"

namespace loom::encode {

const decode::Value* Scratch::list_in(std::string_view text) {
  const std::size_t first = text.find_first_not_of(" \t\r\n");
  return first == std::string_view::npos || text[first] != '[' ? nullptr : json_in(text);
}

const decode::Value* Scratch::json_in(std::string_view text) {
  if (!list_decoder_) {
    decode::Wanted root;
    root.message.tree.nodes[0].slot = 0;
    root.message.tree.slots = 1;
    root.message.wishes = {{.elements = true}};
    list_decoder_ = std::make_unique<decode::JsonDecoder>(root, decode::JsonRoot::any);
  }
  return list_decoder_->decode_any(text) ? nullptr : &list_decoder_->values().slot(0);
}

}  // namespace loom::encode
