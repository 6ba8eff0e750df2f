#include "decode/avro/avro_program.h"

#include <algorithm>
#include <utility>

#include "decode/avro/avro_compiler.h"

namespace loom::decode {

using avro::Op;

AvroProgram::AvroProgram(std::shared_ptr<const formats::AvroSchema> schema, const Wanted& wanted, AvroOptions options)
    : schema_(std::move(schema)),
      code_(avro::compile(*schema_, wanted)),
      root_(wanted.root),
      bare_root_(options.bare_root_bytes && schema_->types[0].kind == formats::AvroType::Kind::bytes),
      root_slot_(wanted.message.tree.nodes[0].slot),
      root_array_(wanted.message.tree.nodes[0].array),
      reader_(*schema_, texts_),
      json_(code_, reader_, texts_) {}

std::optional<Reject> AvroProgram::run(std::string_view payload, Values& values) {
  if (payload.empty()) payload = "";  // a place that is not nullptr
  values.reset();
  values_ = &values;
  texts_.start();
  reader_.open(payload);
  const char* const behind = bare_root_ ? bare_message(payload) : message(payload.data());
  if (behind == reader_.end()) [[likely]]
    return std::nullopt;
  if (behind != nullptr) reader_.left_over(behind);
  return reader_.reject();
}

const char* AvroProgram::message(const char* at) {
  if (root_) {
    const char* const behind = json_.value(0, at, values_->root, 0);
    if (behind == nullptr || !code_.reads_message) return behind;
  }
  return execute(0, at, values_->slots.data(), 0);
}

const char* AvroProgram::bare_message(std::string_view payload) {
  Value value;
  const char* const behind = reader_.bare(code_.types[0], payload, value);
  if (root_) values_->root = value;
  if (root_slot_ >= 0) values_->slots[static_cast<std::size_t>(root_slot_)] = value;
  if (root_array_ >= 0) values_->arrays[static_cast<std::size_t>(root_array_)].value = value;
  return behind;
}

// The loop that nearly all time goes into.
const char* AvroProgram::execute(std::uint32_t program, const char* at, Value* slots, unsigned depth) {
  const Step* const steps = code_.steps.data();
  const Step* step = steps + code_.starts[program];
  for (;;) {
    if (step->op <= avro::kLastScalar) [[likely]] {
      at = reader_.scalar(*step, at, slots[step->slot]);
      if (at == nullptr) [[unlikely]]
        return reader_.failed_in(code_.names[step->name]);
      ++step;
      continue;
    }
    const char* behind = nullptr;
    switch (step->op) {
      case Op::end:
        return at;
      case Op::jump:
        step = steps + step->a;
        continue;
      case Op::branch: {
        std::int64_t index = 0;
        behind = reader_.integer(at, index);
        if (behind == nullptr) break;
        if (static_cast<std::uint64_t>(index) >= step->b) [[unlikely]] {
          behind = reader_.bad_branch(at, index, step->b);
          break;
        }
        step = steps + code_.targets[step->a + static_cast<std::uint32_t>(index)];
        at = behind;
        continue;
      }
      case Op::skip_bytes:
        behind = reader_.skip(at, step->a);
        break;
      case Op::skip_varints:
        behind = reader_.skip_varints(at, step->a);
        break;
      case Op::skip_sized: {
        std::size_t bytes = 0;
        behind = reader_.size(at, bytes);
        if (behind != nullptr) behind += bytes;
        break;
      }
      default:
        behind = control(*step, at, slots, depth);
    }
    if (behind == nullptr) [[unlikely]]
      return reader_.failed_in(code_.names[step->name]);
    if (!step->stay) at = behind;
    ++step;
  }
}

const char* AvroProgram::control(const Step& step, const char* at, Value* slots, unsigned depth) {
  if (step.op == Op::mark) {
    Value& value = slots[step.slot];
    value = Value{};
    value.kind = step.kind;
    return at;
  }
  if (depth >= avro::kMaxNesting) return reader_.too_deep(at);
  switch (step.op) {
    case Op::call:
      return execute(step.a, at, slots, depth + 1);
    case Op::whole:
      return json_.value(step.a, at, slots[step.slot], depth);
    case Op::collect:
      return collect(step, at, slots[step.slot], depth);
    case Op::explode:
      return explode(step, at, depth);
    case Op::array_other:
      return other_than_list(step, at, depth);
    case Op::pick:
      return pick(code_.picks[step.a], at, slots, depth);
    case Op::look_up:
      return look_up(code_.lookups[step.a], at, slots, depth);
    default:
      return skip_elements(step, at, depth);
  }
}

const char* AvroProgram::collect(const Step& step, const char* at, Value& list, unsigned depth) {
  list = Value{};
  if (step.b != 0 && json_.value(step.a, at, list, depth) == nullptr) return nullptr;
  list.kind = Value::Kind::array;
  list.elements = static_cast<std::uint32_t>(values_->elements.size());
  const std::uint32_t type = code_.parts[code_.types[step.a].a].type;
  at = reader_.elements(at, code_.least_bytes[type], 1, [&](const char* next) {
    Value& element = values_->elements.emplace_back();
    next = json_.value(type, next, element, depth + 1);
    list.nul = list.nul || element.nul;
    return next;
  });
  list.count = static_cast<std::uint32_t>(values_->elements.size()) - list.elements;
  return at;
}

const char* AvroProgram::explode(const Step& step, const char* at, unsigned depth) {
  const auto array = static_cast<std::size_t>(step.slot);
  Values::Array& found = values_->arrays[array];
  found = Values::Array{};
  found.value.kind = Value::Kind::array;
  auto& slots = values_->element_slots;
  found.first_slot = static_cast<std::uint32_t>(slots.size());
  const std::uint32_t each = values_->slots_per_element[array];
  return reader_.elements(at, code_.least_bytes[step.b], std::max(each, 1U), [&](const char* next) {
    const std::size_t first = slots.size();
    slots.resize(first + each);
    ++found.count;
    return execute(step.a, next, slots.data() + first, depth + 1);
  });
}

const char* AvroProgram::other_than_list(const Step& step, const char* at, unsigned depth) {
  Values::Array& found = values_->arrays[static_cast<std::size_t>(step.slot)];
  found = Values::Array{};
  return json_.value(step.a, at, found.value, depth);
}

// An element may be wanted from both ends, and is then read for each. Places counted from the end need the list's
// length first.
const char* AvroProgram::pick(const avro::Pick& pick, const char* at, Value* slots, unsigned depth) {
  const std::uint32_t least = code_.least_bytes[pick.type];
  std::int64_t count = 0;
  if (pick.counts_first) {
    const char* const behind = reader_.elements(at, least, 1, [&](const char* next) {
      ++count;
      return pass(pick.type, pick.skip, next, depth);
    });
    if (behind == nullptr) return nullptr;
  }
  std::int64_t index = 0;
  return reader_.elements(at, least, 1, [&](const char* next) {
    const char* behind = nullptr;
    for (const auto& place : pick.places) {
      if (place.index != index && (place.index >= 0 || place.index + count != index)) continue;
      behind = execute(place.program, next, slots, depth + 1);
      if (behind == nullptr) return behind;
    }
    ++index;
    return behind != nullptr ? behind : pass(pick.type, pick.skip, next, depth);
  });
}

// Of values with the same key the last one counts, and nothing of those before it.
const char* AvroProgram::look_up(avro::Lookup& lookup, const char* at, Value* slots, unsigned depth) {
  const std::uint64_t map = ++maps_;
  return reader_.elements(at, code_.least_bytes[lookup.type] + 1, 1, [&](const char* next) -> const char* {
    std::size_t bytes = 0;
    next = reader_.size(next, bytes);
    if (next == nullptr) return nullptr;
    const std::string_view text(next, bytes);
    next += bytes;
    const auto key = std::ranges::find(lookup.keys, text, &avro::Lookup::Key::key);
    if (key == lookup.keys.end()) return pass(lookup.type, lookup.skip, next, depth);
    if (key->seen_in == map) forget(*key, slots);
    key->seen_in = map;
    next = execute(key->program, next, slots, depth + 1);
    return next != nullptr ? next : reader_.failed_in(key->key);
  });
}

void AvroProgram::forget(const avro::Lookup::Key& key, Value* slots) {
  for (const std::uint16_t slot : key.slots) slots[slot].kind = Value::Kind::absent;
  for (const std::uint16_t array : key.arrays) values_->arrays[array] = Values::Array{};
}

const char* AvroProgram::pass(std::uint32_t type, std::uint32_t program, const char* at, unsigned depth) {
  if (const std::uint32_t bytes = code_.exact_bytes[type]; bytes != 0) return reader_.skip(at, bytes);
  return execute(program, at, nullptr, depth + 1);
}

const char* AvroProgram::skip_elements(const Step& step, const char* at, unsigned depth) {
  const bool is_map = step.op == Op::skip_map;
  const std::uint32_t least = code_.least_bytes[step.b] + (is_map ? 1 : 0);
  const std::uint32_t exact = is_map ? 0 : code_.exact_bytes[step.b];
  for (;;) {
    std::uint64_t count = 0;
    std::optional<std::size_t> bytes;
    at = reader_.block(at, least, 1, count, bytes);
    if (at == nullptr || count == 0) return at;
    if (bytes || exact != 0) {
      at += bytes ? *bytes : count * exact;
      continue;
    }
    for (; count != 0; --count) {
      std::size_t key = 0;
      if (is_map) {
        at = reader_.size(at, key);
        if (at == nullptr) return nullptr;
      }
      at = pass(step.b, step.a, at + key, depth);
      if (at == nullptr) return nullptr;
    }
  }
}

}  // namespace loom::decode
