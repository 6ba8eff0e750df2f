#include "decode/plain_text.h"

#include "decode/json/structural_index.h"

namespace loom::decode {

bool is_text(std::string_view text, bool& nul) {
  nul = text.find('\0') != std::string_view::npos;
  return is_utf8(text);
}

}  // namespace loom::decode
