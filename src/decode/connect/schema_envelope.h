#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "decode/json/json_walk.h"

namespace loom::decode {

/// What Kafka Connect's JsonConverter writes with schemas.enable: {"schema": ..., "payload": ...}, in this order.
/// The schema is the same in message after message, and many times as long as the payload: it is found once, and then
/// recognized by its bytes.
/// Threads: one at a time.  Owns: the text of the last schema.
class SchemaEnvelope {
 public:
  struct Split {
    std::string_view schema;     ///< its JSON; empty: it is null
    std::string_view payload;    ///< its JSON
    bool is_new_schema = false;  ///< another one than that of the last envelope
  };
  /// Nothing where the text is no such envelope. That the payload is JSON is for its decoder to find.
  std::optional<Split> split(std::string_view text);

 private:
  std::optional<Split> look(std::string_view text);

  std::string known_;  ///< from the text's beginning to the payload
  std::size_t schema_begin_ = 0;
  std::size_t schema_end_ = 0;
  JsonWalk walk_;
};

}  // namespace loom::decode
