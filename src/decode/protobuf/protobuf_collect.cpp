// What ProtobufProgram does when a scope has ended: lists, maps and texts out of the pieces that came by.

#include "decode/protobuf/protobuf_program.h"
#include "decode/protobuf/protobuf_scalars.h"

namespace loom::decode {
namespace {

using Holding = ProtobufPlace::Holding;
using Known = formats::ProtobufMessage::WellKnown;

/// The text of a map's key, as a step of a path has it.
std::string_view key_text(const Value& key, char (&room)[24]) {
  switch (key.kind) {
    case Value::Kind::boolean:
      return key.boolean ? "true" : "false";
    case Value::Kind::integer:
      return {room, static_cast<std::size_t>(std::to_chars(room, room + sizeof room, key.integer()).ptr - room)};
    default:
      return key.text;
  }
}

}  // namespace

// Places may be opened while others are finished: those below elements that were picked.
bool ProtobufProgram::finish(std::size_t from) {
  for (std::size_t i = from; i < open_.size(); ++i) {
    Place& place = layout_.places[open_[i]];
    if (place.head != kNoLink && !finish_place(place)) {
      run_.fault.inside(place.path);
      return false;
    }
  }
  open_.resize(from);
  return true;
}

bool ProtobufProgram::finish_place(Place& place) {
  switch (place.holding) {
    case Holding::list:
      return set_list(place, place.content, place.head);
    case Holding::map:
      return set_map(place, *place.content.message, place.head);
    case Holding::single:
      break;
  }
  if (!place.is_message) return set_single(place, place.content, place.head);
  // All but its text is there already.
  Value value;
  if (!json_.value_of(place.content, place.head, true, value)) return false;
  put(place, value);
  return true;
}

/// One value that is no list or map by its schema. `content`: the place's, or what the place's stands for.
bool ProtobufProgram::set_single(Place& place, const ProtobufContent& content, std::uint32_t head) {
  if (place.is_message) return set_message(place, head);
  std::uint32_t inner = kNoLink;
  switch (content.known()) {
    case Known::structure:
      return json_.chain_of_field(head, 1, inner) && set_map(place, *content.message->fields[0].content.message, inner);
    case Known::list_value:
      return json_.chain_of_field(head, 1, inner) && set_list(place, content.message->fields[0].content, inner);
    case Known::value: {
      const ProtobufFieldTable* field = nullptr;
      if (!json_.chosen(*content.message, head, field, inner)) return false;
      if (field != nullptr && field->content.message != nullptr) return set_single(place, field->content, inner);
      break;
    }
    default:
      break;
  }
  Value value;
  if (!json_.value_of(content, head, place.wants_json, value)) return false;
  put(place, value);
  return true;
}

bool ProtobufProgram::set_message(Place& place, std::uint32_t head) {
  enter(place);
  for (std::uint32_t link = head; link != kNoLink && !place.steps.empty();) {
    const WireField piece = run_.chains.at(link);
    link = run_.chains.next(link);
    if (!walk(place, piece.begin, piece.end)) return false;
  }
  if (!place.wants_json) return true;
  Value value;
  if (!json_.value_of(place.content, head, true, value)) return false;
  put(place, value);
  return true;
}

template <typename Take>
bool ProtobufProgram::each_element(const ProtobufContent& content, std::uint32_t head, const Take& take) {
  return run_.chains.each_element(content.type, head, run_.fault, [&](const WireField& element) {
    if (is_unknown_number(content, element)) return true;
    return take(element);
  });
}

bool ProtobufProgram::set_list(const Place& place, const ProtobufContent& content, std::uint32_t head) {
  Value value;
  const bool may_hold_lists = content.known() == Known::value || content.known() == Known::list_value;
  if (place.wants_json || (place.wants_elements && may_hold_lists)) {
    if (!json_.list_text(content, head, value)) return false;
  }
  value.kind = Value::Kind::array;
  if (place.wants_elements && !collect_elements(content, head, value)) return false;
  put(place, value);
  if (place.array >= 0 && !map_elements(static_cast<std::size_t>(place.array), content, head)) return false;
  return place.picks.empty() || pick_elements(place, content, head);
}

bool ProtobufProgram::collect_elements(const ProtobufContent& content, std::uint32_t head, Value& value) {
  auto& elements = values_->elements;
  value.elements = static_cast<std::uint32_t>(elements.size());
  const bool read = each_element(content, head, [&](const WireField& element) {
    Value& made = elements.emplace_back();
    if (content.message == nullptr) {
      return read_scalar(content, element, made, run_.texts, run_.fault) != ScalarRead::failed;
    }
    const std::size_t mark = run_.chains.mark();
    const bool is_read = json_.value_of(content, run_.chains.add(element), true, made);
    run_.chains.drop_to(mark);
    return is_read;
  });
  value.count = static_cast<std::uint32_t>(elements.size()) - value.elements;
  return read;
}

bool ProtobufProgram::pick_elements(const Place& place, const ProtobufContent& content, std::uint32_t head) {
  std::int64_t count = 0;
  for (const Place::Pick& pick : place.picks) {
    if (pick.index >= 0) continue;
    if (!each_element(content, head, [&](const WireField&) { return ++count != 0; })) return false;
    break;
  }
  std::int64_t at = 0;
  return each_element(content, head, [&](const WireField& element) {
    for (const Place::Pick& pick : place.picks) {
      if (pick.index != at && pick.index + count != at) continue;
      if (pick.index >= 0 && pick.index != at) continue;
      Place& inner = layout_.places[pick.place];
      if (!set_single(inner, inner.content, run_.chains.add(element))) return false;
    }
    ++at;
    return true;
  });
}

bool ProtobufProgram::map_elements(std::size_t array, const ProtobufContent& content, std::uint32_t head) {
  Values::Array& found = values_->arrays[array];
  found.first_slot = static_cast<std::uint32_t>(values_->element_slots.size());
  found.count = 0;
  Place& root = layout_.places[layout_.element_roots[array]];
  Value* const outer_slots = slots_;
  const std::uint64_t outer_scope = scope_;
  const std::size_t open = open_.size();
  const bool read = each_element(content, head, [&](const WireField& element) {
    const std::size_t first = values_->element_slots.size();
    values_->element_slots.resize(first + values_->slots_per_element[array]);
    slots_ = values_->element_slots.data() + first;
    scope_ = ++scopes_;
    const std::size_t mark = run_.chains.mark();
    if (!set_single(root, root.content, run_.chains.add(element)) || !finish(open)) return false;
    run_.chains.drop_to(mark);
    // The root's slot is for elements that are values themselves; of an object the fields are wanted.
    if (root.slot >= 0 && slots_[root.slot].kind == Value::Kind::object) slots_[root.slot].kind = Value::Kind::absent;
    ++found.count;
    return true;
  });
  slots_ = outer_slots;
  scope_ = outer_scope;
  return read;
}

bool ProtobufProgram::set_map(const Place& place, const ProtobufMessageTable& entry, std::uint32_t head) {
  Value value;
  if (place.wants_json && !json_.map_text(entry, head, value)) return false;
  value.kind = Value::Kind::object;
  put(place, value);
  if (place.keys.empty()) return true;
  // A key that comes again counts as its last entry has it.
  for (const Place::Key& key : place.keys) layout_.places[key.place].head = kNoLink;
  constexpr std::uint32_t kUnset = kNoLink - 1;  // an entry without a value
  for (std::uint32_t link = head; link != kNoLink; link = run_.chains.next(link)) {
    ProtobufEntry made;
    if (!json_.read_entry(entry, run_.chains.at(link), made)) return false;
    if (!made.known) continue;
    char room[24];
    const std::string_view text = key_text(made.key, room);
    for (const Place::Key& key : place.keys) {
      if (key.name == text) layout_.places[key.place].head = made.value == kNoLink ? kUnset : made.value;
    }
  }
  for (const Place::Key& key : place.keys) {
    Place& inner = layout_.places[key.place];
    const std::uint32_t found = std::exchange(inner.head, kNoLink);
    if (found == kNoLink) continue;
    if (!set_single(inner, inner.content, found == kUnset ? kNoLink : found)) return false;
  }
  return true;
}

}  // namespace loom::decode
