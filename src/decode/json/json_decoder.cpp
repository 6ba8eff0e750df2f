#include "decode/json/json_decoder.h"

#include <string>

#include "decode/json/message_form.h"

namespace loom::decode {

JsonDecoder::JsonDecoder(const Wanted& wanted, JsonRoot root, const char* what)
    : Decoder(wanted), message_paths_(wanted.message), root_(root), what_(what) {
  prepare(wanted);
}

JsonDecoder::JsonDecoder(const Wanted& wanted, JsonRoot root, const char* what, Values& values)
    : Decoder(values), message_paths_(wanted.message), root_(root), what_(what) {
  prepare(wanted);
}

void JsonDecoder::prepare(const Wanted& wanted) {
  element_paths_.reserve(wanted.elements.size());
  for (const auto& array : wanted.elements) element_paths_.emplace_back(array);
  if (message_paths_.node(0).array >= 0) root_ = JsonRoot::any;
}

std::optional<Reject> JsonDecoder::decode(std::string_view bytes, const Message& /*record*/) { return decode(bytes); }

std::optional<Reject> JsonDecoder::decode(std::string_view bytes) {
  if (bytes.empty() && root_ == JsonRoot::any) bytes = "null";
  auto reject = decode_plain(bytes);
  if (reject && reject->reason == RejectReason::invalid_json) [[unlikely]]
    return look_closer(bytes);
  return reject;
}

/// After the quick way has failed: what only stands around the JSON is passed over, and what is none gets its name.
std::optional<Reject> JsonDecoder::look_closer(std::string_view bytes) {
  const JsonPart part = json_part(bytes);
  if (part.text.size() != bytes.size()) {
    auto again = decode_plain(part.text);
    if (!again || again->reason != RejectReason::invalid_json) return again;
  }
  return not_json(what_, bytes, problem(part.skipped));
}

std::optional<Reject> JsonDecoder::decode_plain(std::string_view text) {
  return root_ == JsonRoot::any ? decode_any(text) : decode_object(text);
}

void JsonDecoder::take_root(std::string_view text) {
  values_.root.kind = Value::Kind::object;
  values_.root.text = text;
  values_.root.nul = walk_.nuls() != 0;
}

std::optional<Reject> JsonDecoder::invalid() const {
  return Reject{RejectReason::invalid_json, "the value is not valid JSON: " + problem(0), {}};
}

std::string JsonDecoder::problem(std::size_t skipped) const {
  std::string text = walk_.error();
  const std::size_t position = walk_.error_position();
  if (position != 0) text += " (byte " + std::to_string(position + skipped) + ")";
  return text;
}

std::optional<Reject> JsonDecoder::decode_object(std::string_view text) {
  values_.reset();
  if (!walk_.open(text)) return invalid();
  const Scope scope{message_paths_, values_.slots.data(), ++scopes_};
  const bool is_object = walk_.peek() == '{';
  if (is_object) {
    if (!object(scope, message_paths_.node(0))) return invalid();
  } else {
    Value ignored;
    if (!walk_.value(ignored)) return invalid();
  }
  if (!walk_.at_end()) {
    walk_.fail("something follows the value");
    return invalid();
  }
  if (!is_object) return Reject{RejectReason::not_an_object, "the value is JSON, but not an object", {}};
  take_root(text);
  return std::nullopt;
}

std::optional<Reject> JsonDecoder::decode_any(std::string_view text) {
  values_.reset();
  if (!walk_.open(text)) return invalid();
  const Scope scope{message_paths_, values_.slots.data(), ++scopes_};
  if (!node_value(scope, message_paths_.node(0))) return invalid();
  if (!walk_.at_end()) {
    walk_.fail("something follows the value");
    return invalid();
  }
  take_root(text);
  return std::nullopt;
}

// The loop that nearly all time goes into. Its place among the tokens is a local variable, moved once per field: kept
// in the walk and moved token by token, each move would wait for the last one's store.
bool JsonDecoder::object(const Scope& scope, Node& node) {
  if (!walk_.enter()) return false;
  walk_.step();
  if (walk_.peek() == '}') {
    walk_.step();
    walk_.leave();
    return true;
  }
  Value unwanted;
  std::uint16_t* guess = &node.first_guess;
  const JsonWalk::Token* at = walk_.mark();
  for (;;) {
    // A key, a colon and a value are never the last tokens (see JsonWalk::open), so that there always are three more.
    std::string_view key;
    if (!walk_.plain_key(at, key)) {
      walk_.seek(at);
      if (!walk_.key(key)) return false;
    }
    const int index = node.children == 0 ? PathIndex::kNone : scope.paths.match(node, key, guess);
    Node* const child = index == PathIndex::kNone ? nullptr : &scope.paths.node(static_cast<std::size_t>(index));
    const bool leaf = child == nullptr || child->leaf;
    Value& value = child != nullptr && child->leaf ? scope.slots[child->slot] : unwanted;
    if (leaf && walk_.plain_scalar(at + 2, value)) {
      at += 3;
    } else {
      walk_.seek(at + 2);
      if (!(child == nullptr ? walk_.value(unwanted) : node_value(scope, *child))) return false;
      at = walk_.mark();
      if (walk_.at_end()) return walk_.fail("it ends too early");
    }
    const char next = walk_.at(at);
    ++at;
    if (next == ',') continue;
    walk_.seek(at);
    if (next == '}') break;
    return walk_.fail("before here a comma or a closing bracket was expected");
  }
  walk_.leave();
  return true;
}

// The depth of this recursion (through object()) is that of the mapping's paths, and never over kMaxDepth.
bool JsonDecoder::node_value(const Scope& scope, Node& node) {
  if (node.inner) {
    // A key that comes again takes back what its first value left.
    if (node.seen_in == scope.id) forget_below(scope, node);
    node.seen_in = scope.id;
  }
  // Straight into the slot: a value built aside and copied costs a stalled load per field.
  Value unwanted;
  Value& value = node.slot >= 0 ? scope.slots[node.slot] : unwanted;
  const char first = walk_.peek();
  if (first == '{' && node.children != 0) {
    const char* const begin = walk_.position();
    const std::uint64_t nuls = walk_.nuls();
    if (!object(scope, node)) return false;
    value.kind = Value::Kind::object;
    value.text = {begin, static_cast<std::size_t>(walk_.after_previous() - begin)};
    value.nul = walk_.nuls() != nuls;
    value.count = 0;
  } else if (first == '[' && node.opens_lists) {
    if (!list(scope, node, value)) return false;
  } else if (!walk_.value(value)) {
    return false;
  }
  if (node.array >= 0) {
    Values::Array& array = values_.arrays[static_cast<std::size_t>(node.array)];
    array.value = value;
    if (value.kind != Value::Kind::array) array.count = 0;
  }
  return true;
}

bool JsonDecoder::list(const Scope& scope, const Node& node, Value& value) {
  const char* const begin = walk_.position();
  const std::uint64_t nuls = walk_.nuls();
  const JsonWalk::Token* const again = walk_.mark();
  value.count = 0;
  if (node.wants_elements && !collect_elements(value)) return false;
  if (node.array >= 0) {
    if (node.wants_elements) walk_.rewind(again);
    if (!map_elements(static_cast<std::size_t>(node.array))) return false;
  }
  if (const auto elements = scope.paths.elements_of(node); elements.count != 0) {
    if (node.wants_elements || node.array >= 0) walk_.rewind(again);
    if (!pick_elements(scope, elements)) return false;
  }
  value.kind = Value::Kind::array;
  value.text = {begin, static_cast<std::size_t>(walk_.after_previous() - begin)};
  value.nul = walk_.nuls() != nuls;
  return true;
}

bool JsonDecoder::collect_elements(Value& value) {
  value.elements = static_cast<std::uint32_t>(values_.elements.size());
  if (!walk_.elements([&] { return walk_.value(values_.elements.emplace_back()); })) return false;
  value.count = static_cast<std::uint32_t>(values_.elements.size()) - value.elements;
  return true;
}

// Places counted from the end need the list's length first. An element may be wanted from both ends, and is then read
// for each.
bool JsonDecoder::pick_elements(const Scope& scope, const PathIndex::Elements& elements) {
  std::size_t front = elements.first;
  const std::size_t front_end = front + elements.from_front;
  std::size_t back = front_end;
  const std::size_t back_end = front + elements.count;
  std::int64_t count = 0;
  if (back != back_end) {
    const JsonWalk::Token* const again = walk_.mark();
    if (!walk_.elements([&] { return ++count, walk_.skip(); })) return false;
    walk_.rewind(again);
    while (back != back_end && scope.paths.place(back) + count < 0) ++back;
  }
  std::int64_t at = 0;
  return walk_.elements([&] {
    const bool from_front = front != front_end && scope.paths.place(front) == at;
    const bool from_back = back != back_end && scope.paths.place(back) + count == at;
    const JsonWalk::Token* const element = walk_.mark();
    ++at;
    if (!from_front && !from_back) return walk_.skip();
    if (from_front && !node_value(scope, scope.paths.node(front++))) return false;
    if (from_front && from_back) walk_.rewind(element);
    return !from_back || node_value(scope, scope.paths.node(back++));
  });
}

bool JsonDecoder::map_elements(std::size_t array) {
  PathIndex& paths = element_paths_[array];
  Node& root = paths.node(0);
  Values::Array& found = values_.arrays[array];
  found.first_slot = static_cast<std::uint32_t>(values_.element_slots.size());
  found.count = 0;
  return walk_.elements([&] {
    const std::size_t first = values_.element_slots.size();
    values_.element_slots.resize(first + paths.slots());
    const Scope scope{paths, values_.element_slots.data() + first, ++scopes_};
    if (!node_value(scope, root)) return false;
    // The root's slot is for elements that are values themselves; of an object the fields are wanted.
    if (root.slot >= 0 && scope.slots[root.slot].kind == Value::Kind::object) {
      scope.slots[root.slot].kind = Value::Kind::absent;
    }
    ++found.count;
    return true;
  });
}

void JsonDecoder::forget_below(const Scope& scope, const Node& node) {
  const auto forget = [&](std::size_t first, std::uint16_t count) {
    for (std::size_t i = first; i < first + count; ++i) {
      const Node& child = scope.paths.node(i);
      if (child.slot >= 0) scope.slots[child.slot].kind = Value::Kind::absent;
      if (child.array >= 0) values_.arrays[static_cast<std::size_t>(child.array)] = Values::Array{};
      forget_below(scope, child);
    }
  };
  forget(node.first_child, node.children);
  const auto elements = scope.paths.elements_of(node);
  forget(elements.first, elements.count);
}

}  // namespace loom::decode
