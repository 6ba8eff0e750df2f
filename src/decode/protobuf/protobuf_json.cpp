#include "decode/protobuf/protobuf_json.h"

#include <algorithm>
#include <string>

#include "decode/json/json_text.h"

namespace loom::decode {
namespace {

using Kind = Value::Kind;
using Known = formats::ProtobufMessage::WellKnown;

bool takes(const ProtobufFieldTable& table, const WireField& field) {
  const auto type = table.content.type;
  if (field.wire == wire_of(type)) return table.field->repeated || !is_unknown_number(table.content, field);
  return table.field->repeated && field.wire == WireType::length && is_packable(type);
}

/// What a field without presence leaves out.
bool is_zero(const Value& value) {
  switch (value.kind) {
    case Kind::boolean:
      return !value.boolean;
    case Kind::integer:
    case Kind::enumeration:
    case Kind::real:
    case Kind::single:
      return value.integer() == 0;
    case Kind::string:
    case Kind::bytes:
      return value.text.empty();
    default:
      return false;
  }
}

/// Keys of one map have one type.
bool key_before(const Value& a, const Value& b) {
  if (a.kind != b.kind) return a.kind > b.kind;  // numbers beyond 63 bits, which are texts, behind the others
  switch (a.kind) {
    case Kind::integer:
      return a.integer() < b.integer();
    case Kind::boolean:
      return !a.boolean && b.boolean;
    case Kind::number:
      return a.text.size() != b.text.size() ? a.text.size() < b.text.size() : a.text < b.text;
    default:
      return a.text < b.text;
  }
}

}  // namespace

template <typename Write>
bool ProtobufJson::kept(Kind kind, Value& value, const Write& write) {
  out_.clear();
  nul_ = false;
  depth_ = 0;
  occurrences_.clear();
  oneofs_.clear();
  entries_.clear();
  if (!write()) return false;
  value = Value{};
  value.kind = kind;
  value.nul = nul_;
  value.text = run_.texts.keep(out_.view());
  return true;
}

bool ProtobufJson::value_of(const ProtobufContent& of, std::uint32_t head, bool wants_text, Value& value) {
  const auto whole = [&](Kind kind) {
    if (wants_text) return kept(kind, value, [&] { return content(of, head); });
    value = Value{};
    value.kind = kind;
    return true;
  };
  if (of.message == nullptr) {
    if (head == kNoLink) {
      value = default_scalar(of);
      return true;
    }
    while (run_.chains.next(head) != kNoLink) head = run_.chains.next(head);
    return read_scalar(of, run_.chains.at(head), value, run_.texts, run_.fault) != ScalarRead::failed;
  }
  switch (of.known()) {
    case Known::timestamp:
    case Known::duration:
    case Known::wrapper:
      return known_scalar(of, head, value);
    case Known::value: {
      const ProtobufFieldTable* field = nullptr;
      std::uint32_t pieces = kNoLink;
      if (!chosen(*of.message, head, field, pieces)) return false;
      if (field == nullptr || field->content.enumeration != nullptr) {
        value = Value{};
        value.kind = Kind::null;
        return true;
      }
      return value_of(field->content, pieces, wants_text, value);
    }
    case Known::list_value:
      return whole(Kind::array);
    default:
      return whole(Kind::object);
  }
}

bool ProtobufJson::list_text(const ProtobufContent& of, std::uint32_t head, Value& value) {
  return kept(Kind::array, value, [&] { return list(of, head); });
}

bool ProtobufJson::map_text(const ProtobufMessageTable& entry, std::uint32_t head, Value& value) {
  return kept(Kind::object, value, [&] { return map(entry, head); });
}

bool ProtobufJson::known_scalar(const ProtobufContent& of, std::uint32_t head, Value& value) {
  if (of.known() == Known::wrapper) {
    const ProtobufFieldTable& inner = of.message->fields[0];
    value = default_scalar(inner.content);
    return run_.chains.each_field(head, run_.fault, [&](std::uint32_t number, const WireField& field) {
      if (number != 1 || field.wire != wire_of(inner.content.type)) return true;
      return read_scalar(inner.content, field, value, run_.texts, run_.fault) != ScalarRead::failed;
    });
  }
  SecondsAndNanos parts;
  for (std::uint32_t link = head; link != kNoLink; link = run_.chains.next(link)) {
    if (!read_parts(run_.chains.at(link), parts, run_.fault)) return false;
  }
  value = of.known() == Known::timestamp ? instant_of_parts(parts, run_.texts) : duration_of_parts(parts, run_.texts);
  return true;
}

bool ProtobufJson::chain_of_field(std::uint32_t head, std::uint32_t wanted, std::uint32_t& found) {
  found = kNoLink;
  std::uint32_t last = kNoLink;
  return run_.chains.each_field(head, run_.fault, [&](std::uint32_t number, const WireField& field) {
    if (number != wanted || field.wire != WireType::length) return true;
    const std::uint32_t link = run_.chains.add(field);
    if (last == kNoLink) {
      found = link;
    } else {
      run_.chains.join(last, link);
    }
    last = link;
    return true;
  });
}

bool ProtobufJson::chosen(const ProtobufMessageTable& value, std::uint32_t head,
                          const ProtobufFieldTable*& chosen_field, std::uint32_t& found) {
  chosen_field = nullptr;
  found = kNoLink;
  std::uint32_t last = kNoLink;
  return run_.chains.each_field(head, run_.fault, [&](std::uint32_t number, const WireField& field) {
    const ProtobufFieldTable* table = value.find(number);
    if (table == nullptr || !takes(*table, field)) return true;
    const std::uint32_t link = run_.chains.add(field);
    if (table == chosen_field) {
      run_.chains.join(last, link);
    } else {
      found = link;
      chosen_field = table;
    }
    last = link;
    return true;
  });
}

bool ProtobufJson::read_entry(const ProtobufMessageTable& entry, const WireField& piece, ProtobufEntry& made) {
  const ProtobufContent& key_content = entry.fields[0].content;
  const ProtobufContent& value_content = entry.fields[1].content;
  made = ProtobufEntry{};
  made.key = default_scalar(key_content);
  std::uint32_t last = kNoLink;
  made.order = run_.chains.add(piece);
  return run_.chains.each_field(made.order, run_.fault, [&](std::uint32_t number, const WireField& field) {
    if (number == 1 && field.wire == wire_of(key_content.type)) {
      return read_scalar(key_content, field, made.key, run_.texts, run_.fault) != ScalarRead::failed;
    }
    if (number != 2 || field.wire != wire_of(value_content.type)) return true;
    made.known = !is_unknown_number(value_content, field);
    const std::uint32_t link = run_.chains.add(field);
    if (last == kNoLink || value_content.message == nullptr) {
      made.value = link;
    } else {
      run_.chains.join(last, link);
    }
    last = link;
    return true;
  });
}

// The depth of this recursion (through message()) is limited there.
bool ProtobufJson::content(const ProtobufContent& of, std::uint32_t head) {
  const Known known = of.known();
  if (of.message == nullptr || known == Known::timestamp || known == Known::duration || known == Known::wrapper) {
    Value value;
    if (!value_of(of, head, false, value)) return false;
    scalar(value);
    return true;
  }
  if (depth_ == kMostNestedMessages) {
    run_.fault.set(ProtobufFault::What::nesting, head == kNoLink ? nullptr : run_.chains.at(head).begin);
    return false;
  }
  ++depth_;
  const std::size_t mark = run_.chains.mark();
  const bool written = message(*of.message, head);
  run_.chains.drop_to(mark);
  --depth_;
  return written;
}

bool ProtobufJson::message(const ProtobufMessageTable& table, std::uint32_t head) {
  const Known known = table.message->known;
  if (known == Known::value) return dynamic(table, head);
  if (known == Known::structure || known == Known::list_value) {
    const ProtobufContent& inner = table.fields[0].content;
    std::uint32_t found = kNoLink;
    if (!chain_of_field(head, 1, found)) return false;
    return known == Known::structure ? map(*inner.message, found) : list(inner, found);
  }
  const std::size_t begin = occurrences_.size();
  if (!collect(table, head)) return false;
  if (table.oneofs) drop_replaced(table, begin);
  const auto first = occurrences_.begin() + static_cast<std::ptrdiff_t>(begin);
  const auto before = [](const Occurrence& a, const Occurrence& b) {
    return a.field != b.field ? a.field < b.field : a.link < b.link;
  };
  // Nearly all writers write their fields in order.
  if (!std::is_sorted(first, occurrences_.end(), before)) std::sort(first, occurrences_.end(), before);
  const bool written = fields(table, begin, occurrences_.size());
  occurrences_.resize(begin);
  return written;
}

bool ProtobufJson::collect(const ProtobufMessageTable& table, std::uint32_t head) {
  return run_.chains.each_field(head, run_.fault, [&](std::uint32_t number, const WireField& field) {
    const ProtobufFieldTable* found = table.find(number);
    if (found == nullptr || !takes(*found, field)) return true;
    const auto index = static_cast<std::uint32_t>(found - table.fields.data());
    occurrences_.push_back({index, run_.chains.add(field)});
    return true;
  });
}

/// Of a oneof only the member that came last stays, and of that one only what came since another did.
void ProtobufJson::drop_replaced(const ProtobufMessageTable& table, std::size_t begin) {
  oneofs_.clear();
  const auto oneof_of = [&](std::size_t i) { return table.fields[occurrences_[i].field].field->oneof; };
  for (std::size_t i = begin; i < occurrences_.size(); ++i) {
    const std::int32_t oneof = oneof_of(i);
    if (oneof < 0) continue;
    if (static_cast<std::size_t>(oneof) >= oneofs_.size()) oneofs_.resize(static_cast<std::size_t>(oneof) + 1);
    OneofState& state = oneofs_[static_cast<std::size_t>(oneof)];
    if (state.field == occurrences_[i].field + 1) continue;
    state = {occurrences_[i].field + 1, static_cast<std::uint32_t>(i)};
  }
  std::size_t to = begin;
  for (std::size_t i = begin; i < occurrences_.size(); ++i) {
    const std::int32_t oneof = oneof_of(i);
    if (oneof >= 0 && i < oneofs_[static_cast<std::size_t>(oneof)].since) continue;
    occurrences_[to++] = occurrences_[i];
  }
  occurrences_.resize(to);
}

bool ProtobufJson::fields(const ProtobufMessageTable& table, std::size_t begin, std::size_t end) {
  out_.append('{');
  bool first = true;
  for (std::size_t at = begin; at != end;) {
    const std::uint32_t field = occurrences_[at].field;
    const std::uint32_t head = occurrences_[at].link;
    for (++at; at != end && occurrences_[at].field == field; ++at) {
      run_.chains.join(occurrences_[at - 1].link, occurrences_[at].link);
    }
    if (!group(table.fields[field], head, first)) {
      run_.fault.inside(table.fields[field].field->name);
      return false;
    }
  }
  out_.append('}');
  return true;
}

/// One field with all that the message has of it.
bool ProtobufJson::group(const ProtobufFieldTable& table, std::uint32_t head, bool& first) {
  const std::size_t before = out_.size();
  if (!first) out_.append(',');
  out_.append(table.json_key);
  const std::size_t behind_key = out_.size();
  bool is_set = true;
  if (table.field->repeated) {
    if (!(table.field->map ? map(*table.content.message, head) : list(table.content, head))) return false;
    is_set = out_.size() != behind_key + 2;
  } else if (table.content.message == nullptr) {
    Value value;
    if (!value_of(table.content, head, false, value)) return false;
    is_set = table.field->has_presence || !is_zero(value);
    if (is_set) scalar(value);
  } else if (!content(table.content, head)) {
    return false;
  }
  if (is_set) {
    first = false;
  } else {
    out_.truncate(before);
  }
  return true;
}

bool ProtobufJson::list(const ProtobufContent& of, std::uint32_t head) {
  out_.append('[');
  const std::size_t begin = out_.size();
  const bool read = run_.chains.each_element(of.type, head, run_.fault, [&](const WireField& element) {
    if (is_unknown_number(of, element)) return true;
    if (out_.size() != begin) out_.append(',');
    const std::size_t mark = run_.chains.mark();
    const bool written = content(of, run_.chains.add(element));
    run_.chains.drop_to(mark);
    return written;
  });
  out_.append(']');
  return read;
}

bool ProtobufJson::map(const ProtobufMessageTable& entry, std::uint32_t head) {
  const std::size_t begin = entries_.size();
  for (std::uint32_t link = head; link != kNoLink; link = run_.chains.next(link)) {
    ProtobufEntry made;
    if (!read_entry(entry, run_.chains.at(link), made)) return false;
    if (made.known) entries_.push_back(made);
  }
  // A key that comes again counts as its last entry has it. Sorted, since maps may be large.
  const auto first_entry = entries_.begin() + static_cast<std::ptrdiff_t>(begin);
  std::sort(first_entry, entries_.end(), [](const ProtobufEntry& a, const ProtobufEntry& b) {
    return key_before(a.key, b.key) || (!key_before(b.key, a.key) && a.order < b.order);
  });
  out_.append('{');
  bool first = true;
  for (std::size_t i = begin; i != entries_.size(); ++i) {
    if (i + 1 != entries_.size() && !key_before(entries_[i].key, entries_[i + 1].key)) continue;
    if (!first) out_.append(',');
    first = false;
    key(entries_[i].key);
    out_.append(':');
    if (!content(entry.fields[1].content, entries_[i].value)) return false;
  }
  out_.append('}');
  entries_.resize(begin);
  return true;
}

bool ProtobufJson::dynamic(const ProtobufMessageTable& table, std::uint32_t head) {
  const ProtobufFieldTable* field = nullptr;
  std::uint32_t found = kNoLink;
  if (!chosen(table, head, field, found)) return false;
  if (field == nullptr || field->content.enumeration != nullptr) {
    scalar(Value{});
    return true;
  }
  return content(field->content, found);
}

void ProtobufJson::key(const Value& value) {
  if (value.kind == Kind::string) return scalar(value);
  out_.append('"');
  scalar(value);
  out_.append('"');
}

void ProtobufJson::scalar(const Value& value) {
  nul_ = nul_ || (value.kind == Kind::string && value.nul);
  append_json(value, room_, out_);
}

}  // namespace loom::decode
