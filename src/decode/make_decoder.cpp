#include "decode/make_decoder.h"

#include "decode/json/json_decoder.h"

namespace loom::decode {

std::unique_ptr<Decoder> make_decoder(const Wanted& wanted, Part part) {
  return part == Part::value ? std::make_unique<JsonDecoder>(wanted)
                             : std::make_unique<JsonDecoder>(wanted, JsonRoot::any, "key");
}

}  // namespace loom::decode
