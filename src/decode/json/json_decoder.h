#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/reject.h"
#include "decode/decoder.h"
#include "decode/json/json_walk.h"
#include "decode/path_index.h"

namespace loom::decode {

/// What a JSON text may be.
enum class JsonRoot : std::uint8_t {
  object,  ///< or a list where an array mapping stands at the root, which takes whatever is there
  any
};

/// JSON texts into values: a single forward pass over the tokens, driven by the wanted paths. Once the buffers are warm
/// it allocates nothing.
/// Threads: one at a time.
/// Owns:    token positions, unescaped strings, and the values; all are reused from text to text.
/// Fails:   a Reject: invalid_json or not_an_object.
class JsonDecoder final : public Decoder {
 public:
  /// `what`: "value" or "key", for messages to people. An empty key counts as null.
  explicit JsonDecoder(const Wanted& wanted, JsonRoot root = JsonRoot::object, const char* what = "value");
  /// The same into another decoder's values.
  JsonDecoder(const Wanted& wanted, JsonRoot root, const char* what, Values& values);

  /// What only stands around the JSON is passed over: a byte order mark in front, NUL bytes behind.
  std::optional<Reject> decode(std::string_view bytes);
  std::optional<Reject> decode(std::string_view bytes, const Message& record) override;
  /// Decodes a text that is nothing but JSON, whose root may be anything: the root's slot and array mapping take it.
  std::optional<Reject> decode_any(std::string_view text);

 private:
  using Node = PathIndex::Node;
  /// One object's wanted paths and the slots that they fill.
  struct Scope {
    PathIndex& paths;
    Value* slots;
    std::uint64_t id;
  };

  std::optional<Reject> decode_plain(std::string_view text);
  std::optional<Reject> decode_object(std::string_view text);
  std::optional<Reject> look_closer(std::string_view bytes);
  void prepare(const Wanted& wanted);
  void take_root(std::string_view text);
  [[nodiscard]] std::string problem(std::size_t skipped) const;
  std::optional<Reject> invalid() const;
  bool node_value(const Scope& scope, Node& node);
  bool object(const Scope& scope, Node& node);
  bool list(const Scope& scope, const Node& node, Value& value);
  bool collect_elements(Value& value);
  bool map_elements(std::size_t array);
  bool pick_elements(const Scope& scope, const PathIndex::Elements& elements);
  void forget_below(const Scope& scope, const Node& node);

  JsonWalk walk_;
  PathIndex message_paths_;
  std::vector<PathIndex> element_paths_;
  std::uint64_t scopes_ = 0;
  JsonRoot root_;
  const char* what_;
};

}  // namespace loom::decode
