#pragma once

#include <optional>
#include <string_view>

#include "base/reject.h"
#include "decode/values.h"

namespace loom::decode {

/// A schema compiled against the wanted paths: one forward pass over a message's bytes fills their slots and skips what
/// nobody wants.
/// Threads: one at a time.
/// Owns:    the texts that it makes (JSON of what is wanted whole, numbers without a kind of their own); values are
///          views into them and into the bytes until the next run.
/// Blocks:  never.  Bounds: it reads nothing beyond the bytes, and what it allocates follows from their number.
class Program {
 public:
  virtual ~Program() = default;
  Program(const Program&) = delete;
  Program& operator=(const Program&) = delete;

  /// `payload`: what stands behind a registry's framing. `values` are made anew.
  /// Fails: a Reject (not_decodable: the bytes are not of the schema; invalid_text: a wanted text is no UTF-8), and
  /// values mean nothing.
  virtual std::optional<Reject> run(std::string_view payload, Values& values) = 0;

 protected:
  Program() = default;
};

}  // namespace loom::decode
