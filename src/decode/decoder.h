#pragma once

#include <memory>
#include <optional>
#include <string_view>

#include "base/message.h"
#include "base/reject.h"
#include "decode/values.h"
#include "mapping/plan_wants.h"

namespace loom::decode {

/// A record's value or its key, in one format, into values. Each format has a room of its own below this folder.
/// Threads: one at a time.
/// Owns:    the values, and buffers that they may be views into; all are reused from message to message.
/// Blocks:  never.
class Decoder {
 public:
  virtual ~Decoder() = default;
  Decoder(const Decoder&) = delete;
  Decoder& operator=(const Decoder&) = delete;

  /// Decodes the bytes of a record's value or key. What it finds is in values() until the next call; views in it die
  /// with the bytes, too.
  /// Fails: a Reject, and values() means nothing.
  virtual std::optional<Reject> decode(std::string_view bytes, const Message& record) = 0;
  /// After decode() without a reject: there are no values, since the schema is not known yet (see SchemaSource).
  [[nodiscard]] bool awaits_schema() const { return awaits_schema_; }

  /// After decode() without a reject: there are no values, since the message's schema has these fields of the row,
  /// which the plan does not know (Wanted::known_fields). nullptr: it knows them all.
  [[nodiscard]] const mapping::NewFields* new_fields() const { return new_fields_; }

  [[nodiscard]] Values& values() { return values_; }
  [[nodiscard]] const Values& values() const { return values_; }

 private:
  std::unique_ptr<Values> own_;

 protected:
  explicit Decoder(const Wanted& wanted)
      : own_(std::make_unique<Values>(wanted.message.tree.slots, wanted.extra_slots, wanted.elements)),
        values_(*own_) {}
  /// Its values are another decoder's, which hands messages over to it.
  explicit Decoder(Values& values) : values_(values) {}

  Values& values_;
  bool awaits_schema_ = false;
  const mapping::NewFields* new_fields_ = nullptr;
};

}  // namespace loom::decode
