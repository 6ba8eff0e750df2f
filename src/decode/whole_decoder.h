#pragma once

#include "decode/decoder.h"
#include "decode/make_decoder.h"

namespace loom::decode {

/// A value or key that is one text, or one run of bytes: Values::root, and nothing else.
/// Threads: one at a time.  Fails: a Reject: invalid_text.
class WholeDecoder final : public Decoder {
 public:
  WholeDecoder(const Wanted& wanted, Part part, bool is_text) : Decoder(wanted), part_(part), is_text_(is_text) {}

  std::optional<Reject> decode(std::string_view bytes, const Message& record) override;

 private:
  Part part_;
  bool is_text_;
};

}  // namespace loom::decode
