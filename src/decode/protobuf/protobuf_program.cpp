#include "decode/protobuf/protobuf_program.h"

#include <string>
#include <utility>

#include "decode/protobuf/protobuf_scalars.h"

namespace loom::decode {
namespace {

using Kind = Value::Kind;
using Known = formats::ProtobufMessage::WellKnown;

std::string_view in_words(ProtobufFault::What what) {
  using What = ProtobufFault::What;
  switch (what) {
    case What::none:
      break;
    case What::ends_early:
      return "it ends too early";
    case What::field_number:
      return "a tag has no field's number";
    case What::wire_type:
      return "a tag has a wire type that does not exist";
    case What::long_varint:
      return "a varint has more than ten bytes";
    case What::end_group:
      return "a group ends that has not begun";
    case What::length:
      return "a length leads beyond the end";
    case What::nesting:
      return "messages are nested too deep";
    case What::text:
      return "a text is no UTF-8";
  }
  return "it cannot be read";
}

}  // namespace

ProtobufProgram::ProtobufProgram(std::shared_ptr<const formats::ProtobufSchema> schema,
                                 const formats::ProtobufMessage& root, const Wanted& wanted)
    : tables_(std::move(schema)),
      root_(tables_.content_of(root)),
      wants_root_(wanted.root),
      layout_(make_protobuf_layout(wanted, root_)) {}

std::optional<Reject> ProtobufProgram::run(std::string_view payload, Values& values) {
  values.reset();
  values.root = Value{};
  values_ = &values;
  slots_ = values.slots.data();
  run_.texts.clear();
  run_.fault.clear();
  run_.chains.open(payload.data());
  open_.clear();
  scope_ = ++scopes_;
  if (decode(payload)) return std::nullopt;
  return reject(payload);
}

bool ProtobufProgram::decode(std::string_view payload) {
  const char* const begin = payload.data();
  if (payload.size() >= kNoLink) {
    run_.fault.set(ProtobufFault::What::length, begin);
    return false;
  }
  const char* const end = begin + payload.size();
  Place& top = layout_.places[0];
  if (top.is_message) {
    enter(top);
    if (!walk(top, begin, end)) return false;
  }
  if (top.collects) keep(top, {begin, end, WireType::length});
  if (!finish(0)) return false;
  if (!wants_root_) return true;
  return json_.value_of(root_, run_.chains.add({begin, end, WireType::length}), true, values_->root);
}

Reject ProtobufProgram::reject(std::string_view payload) const {
  const ProtobufFault& fault = run_.fault;
  std::string text = "the message is no " + root_.message->message->full_name + ": ";
  if (!fault.field.empty()) text += "in " + fault.field + " ";
  text += in_words(fault.what);
  if (fault.at != nullptr) text += " (byte " + std::to_string(fault.at - payload.data() + 1) + ")";
  const bool is_text = fault.what == ProtobufFault::What::text;
  return Reject{is_text ? RejectReason::invalid_text : RejectReason::not_decodable, std::move(text), {}};
}

[[gnu::always_inline]] inline const char* ProtobufProgram::take_step(Place& place, const Step& step, const char* p,
                                                                     const char* end) {
  switch (step.action) {
    case Step::Action::number:
      p = read_number(step.type, p, end, slots_[step.slot], run_.texts, run_.fault);
      break;
    case Step::Action::text: {
      std::size_t length = 0;
      p = read_length(p, end, length, run_.fault);
      if (p == nullptr) return nullptr;
      if (!set_text({p, length}, slots_[step.slot])) return run_.fault.set(ProtobufFault::What::text, p);
      p += length;
      break;
    }
    case Step::Action::bytes: {
      std::size_t length = 0;
      p = read_length(p, end, length, run_.fault);
      if (p == nullptr) return nullptr;
      slots_[step.slot].kind = Kind::bytes;
      slots_[step.slot].text = {p, length};
      p += length;
      break;
    }
    case Step::Action::enumeration: {
      std::uint64_t number = 0;
      p = read_varint(p, end, number, run_.fault);
      if (p == nullptr) return nullptr;
      // A number that a closed enumeration does not have leaves everything as it was.
      const ProtobufEnumTable& names = *step.field->content.enumeration;
      if (!set_enumeration(static_cast<std::int32_t>(number), names, slots_[step.slot])) return p;
      break;
    }
    case Step::Action::instant:
      p = take_instant(step, p, end);
      break;
    case Step::Action::message: {
      std::size_t length = 0;
      p = read_length(p, end, length, run_.fault);
      if (p == nullptr) return nullptr;
      Place& inner = layout_.places[step.place];
      enter(inner);
      if (!inner.steps.empty() && !walk(inner, p, p + length)) return nullptr;
      p += length;
      break;
    }
    case Step::Action::place:
    case Step::Action::skip:
      p = take_place(step, p, end);
      break;
  }
  if (p == nullptr) return nullptr;
  if (step.oneof >= 0) choose(place, step);
  return p;
}

// The loop that nearly all time goes into. Serializers write fields in the order of their numbers, which is that of the
// steps: the next step is nearly always the right one, and its tag one byte.
bool ProtobufProgram::walk(Place& place, const char* p, const char* end) {
  const Step* next = place.steps.data();
  const Step* const last = next + place.steps.size();
  while (p != end) {
    const Step* step = next;
    const char* content = p + 1;
    // As a signed number a byte that others follow is no tag.
    if (step == last || static_cast<std::int32_t>(step->tag) != static_cast<signed char>(*p)) {
      std::uint32_t tag = 0;
      content = read_tag(p, end, tag, run_.fault);
      if (content == nullptr) return false;
      step = place.find(tag >> 3U);
      if (step == nullptr || step->tag != tag) {
        p = take_other(place, step, content, end, tag);
        if (p != nullptr) continue;
        if (step != nullptr) run_.fault.inside(step->field->field->name);
        return false;
      }
    }
    next = step + 1;
    p = take_step(place, *step, content, end);
    if (step->also != Step::kNone && p != nullptr) [[unlikely]] {
      p = take_again(place, *step, content, end);
      next = last;  // the steps that follow are this field's own
    }
    if (p == nullptr) [[unlikely]] {
      run_.fault.inside(step->field->field->name);
      return false;
    }
  }
  return true;
}

/// The same field for whoever wants it by its other name.
const char* ProtobufProgram::take_again(Place& place, const Step& step, const char* p, const char* end) {
  const char* behind = nullptr;
  for (const Step* each = &step; each->also != Step::kNone;) {
    each = &place.steps[each->also];
    behind = take_step(place, *each, p, end);
    if (behind == nullptr) break;
  }
  return behind;
}

const char* ProtobufProgram::take_place(const Step& step, const char* p, const char* end) {
  WireField field;
  p = read_field(p, end, step.tag, field, run_.fault);
  if (p == nullptr || step.action == Step::Action::skip) return p;
  Place& inner = layout_.places[step.place];
  if (inner.is_message) {
    enter(inner);
    if (!inner.steps.empty() && !walk(inner, field.begin, field.end)) return nullptr;
  }
  if (inner.collects) keep(inner, field);
  return p;
}

/// A message that comes twice is one: a part that the second one does not have is the first one's.
const char* ProtobufProgram::take_instant(const Step& step, const char* p, const char* end) {
  std::size_t length = 0;
  p = read_length(p, end, length, run_.fault);
  if (p == nullptr) return nullptr;
  Place& place = layout_.places[step.place];
  if (place.entered != scope_) {
    place.entered = scope_;
    place.parts = {};
  }
  if (!read_parts({p, p + length, WireType::length}, place.parts, run_.fault)) return nullptr;
  slots_[step.slot] = instant_of_parts(place.parts, run_.texts);
  return p + length;
}

/// A field that nobody wants, or that comes in another form than its schema says: packed, or unknown.
const char* ProtobufProgram::take_other(const Place& place, const Step* step, const char* p, const char* end,
                                        std::uint32_t tag) {
  if (step == nullptr || step->packed_tag != tag) return skip_field(p, end, tag, run_.fault);
  WireField field;
  p = read_field(p, end, tag, field, run_.fault);
  if (p == nullptr) return nullptr;
  for (const Step* each = step;; each = &place.steps[each->also]) {
    keep(layout_.places[each->place], field);
    if (each->also == Step::kNone) return p;
  }
}

/// The member takes the place of the one that its oneof had before.
void ProtobufProgram::choose(Place& place, const Step& step) {
  Place::Oneof& oneof = place.oneofs[static_cast<std::size_t>(step.oneof)];
  const std::uint32_t number = step.tag >> 3U;
  if (oneof.scope == scope_ && oneof.number != number) {
    for (const Step* before = place.find(oneof.number); before != nullptr;
         before = before->also == Step::kNone ? nullptr : &place.steps[before->also]) {
      if (before->place != Step::kNone) forget(layout_.places[before->place]);
    }
  }
  oneof.scope = scope_;
  oneof.number = number;
}

// What stands below a list or a map is set only when the scope ends, when nothing is forgotten any more.
void ProtobufProgram::forget(Place& place) {
  if (place.slot >= 0) slots_[place.slot].kind = Kind::absent;
  if (place.array >= 0) values_->arrays[static_cast<std::size_t>(place.array)] = Values::Array{};
  place.head = kNoLink;
  place.entered = 0;
  for (Place::Oneof& oneof : place.oneofs) oneof.scope = 0;
  for (const Step& step : place.steps) {
    if (step.place != Step::kNone) forget(layout_.places[step.place]);
  }
}

void ProtobufProgram::enter(Place& place) {
  if (place.entered == scope_) return;
  place.entered = scope_;
  if (place.slot >= 0 || place.array >= 0) {
    Value value;
    value.kind = Kind::object;
    put(place, value);
  }
  for (const Place::Default& unset : place.defaults) {
    if (unset.slot >= 0) slots_[unset.slot] = unset.value;
    if (unset.array >= 0) values_->arrays[static_cast<std::size_t>(unset.array)].value = unset.value;
  }
}

void ProtobufProgram::put(const Place& place, const Value& value) {
  if (place.slot >= 0) slots_[place.slot] = value;
  if (place.array >= 0) values_->arrays[static_cast<std::size_t>(place.array)].value = value;
}

void ProtobufProgram::keep(Place& place, const WireField& field) {
  // A lone number that its closed enumeration does not have is no value of the field.
  if (place.holding == Place::Holding::single && is_unknown_number(place.content, field)) return;
  const std::uint32_t link = run_.chains.add(field);
  if (place.scope != scope_) {
    place.scope = scope_;
    place.head = kNoLink;
    open_.push_back(static_cast<std::uint16_t>(&place - layout_.places.data()));
  }
  if (place.head == kNoLink) {
    place.head = link;
  } else {
    run_.chains.join(place.tail, link);
  }
  place.tail = link;
}

}  // namespace loom::decode
