#include "decode/avro/avro_compiler.h"

#include <algorithm>
#include <limits>
#include <map>
#include <tuple>

#include "decode/avro/avro_types.h"
#include "mapping/paths.h"

namespace loom::decode::avro {
namespace {

using formats::AvroSchema;
using formats::AvroType;
using mapping::PathNode;
using TypeKind = AvroType::Kind;

// Longer ones are called, so that what many places skip is there once.
constexpr std::uint32_t kMostStepsInPlace = 64;
constexpr std::size_t kMostBranchesInPlace = 8;
constexpr int kMessage = -1;

class Compiler {
 public:
  Compiler(const AvroSchema& schema, const Wanted& wanted, Code& code)
      : schema_(schema), wanted_(wanted), code_(code), to_skip_(steps_to_skip(schema)) {}
  void run();

 private:
  /// A program of its own: one value, read for a node of a scope's paths, or skipped.
  struct Sub {
    std::uint32_t type = 0;
    bool skips = false;
    int scope = kMessage;
    std::uint16_t node = 0;
    auto operator<=>(const Sub&) const = default;
  };
  /// A value to be read in place.
  struct Place {
    std::uint32_t type = 0;
    int scope = kMessage;
    std::uint16_t node = 0;
    std::string name;
  };

  [[nodiscard]] const WantedPaths& paths(int scope) const {
    return scope == kMessage ? wanted_.message : wanted_.elements[static_cast<std::size_t>(scope)];
  }
  [[nodiscard]] const PathNode& node(const Place& place) const { return paths(place.scope).tree.nodes[place.node]; }
  [[nodiscard]] Wish wish(const Place& place) const;
  [[nodiscard]] bool may_be_list(std::uint32_t type) const;

  std::uint32_t sub(const Sub& wanted);
  std::uint32_t skipper(std::uint32_t type) { return sub({type, true, kMessage, 0}); }
  std::uint32_t reader(const Place& place, std::uint32_t type, std::uint16_t node) {
    return sub({type, false, place.scope, node});
  }
  Step& emit(Op op, const std::string& name);
  std::uint32_t here() const { return static_cast<std::uint32_t>(code_.steps.size()); }

  void read(const Place& place);
  void read_scalar(const Place& place);
  void read_choice(const Place& place);
  void read_object(const Place& place);
  void read_list(const Place& place);
  void read_fields(const Place& place);
  void look_up(const Place& place);
  void pick(const Place& place);
  void finish_passes(const Place& place, std::uint32_t first);
  void skip(std::uint32_t type, const std::string& name);
  void skip_in_place(std::uint32_t type, const std::string& name);
  void skip_more(Op op, std::uint32_t count, const std::string& name);
  template <typename Each>
  void branches(const AvroType& type, const std::string& name, const Each& each);
  void collect_below(const mapping::PathTree& tree, std::uint16_t node, Lookup::Key& key) const;

  const AvroSchema& schema_;
  const Wanted& wanted_;
  Code& code_;
  std::vector<std::uint32_t> to_skip_;
  std::map<Sub, std::uint32_t> subs_;
  std::vector<Sub> queue_;
  std::map<std::string, std::uint32_t> names_;
  std::uint32_t barrier_ = 0;  ///< steps from here on are never jumped to, so that they may be joined
};

std::string below(const std::string& name, const std::string& field) {
  return name.empty() ? mapping::path_to(field) : name + "." + mapping::path_to(field);
}

void Compiler::run() {
  sub({0, false, kMessage, 0});
  for (std::size_t i = 0; i < queue_.size(); ++i) {
    const Sub next = queue_[i];
    code_.starts[i] = barrier_ = here();
    if (next.skips) {
      skip_in_place(next.type, "");
    } else {
      read({next.type, next.scope, next.node, ""});
    }
    emit(Op::end, "");
  }
  const auto& root = wanted_.message.tree.nodes[0];
  code_.reads_message = root.slot >= 0 || root.array >= 0 || !root.children.empty() || !root.elements.empty();
}

std::uint32_t Compiler::sub(const Sub& wanted) {
  const auto [at, made] = subs_.try_emplace(wanted, static_cast<std::uint32_t>(queue_.size()));
  if (made) {
    queue_.push_back(wanted);
    code_.starts.push_back(0);
  }
  return at->second;
}

Step& Compiler::emit(Op op, const std::string& name) {
  const auto [at, made] = names_.try_emplace(name, static_cast<std::uint32_t>(code_.names.size()));
  if (made) code_.names.push_back(name);
  Step& step = code_.steps.emplace_back();
  step.op = op;
  step.name = at->second;
  return step;
}

Wish Compiler::wish(const Place& place) const {
  const auto& wishes = paths(place.scope).wishes;
  const auto slot = static_cast<std::size_t>(node(place).slot);
  return slot < wishes.size() ? wishes[slot] : Wish{};
}

bool Compiler::may_be_list(std::uint32_t index) const {
  const AvroType& type = schema_.types[index];
  if (type.kind == TypeKind::array) return true;
  return type.kind == TypeKind::choice && std::ranges::any_of(type.branches, [&](std::uint32_t branch) {
           return schema_.types[branch].kind == TypeKind::array || schema_.types[branch].kind == TypeKind::choice;
         });
}

void Compiler::read(const Place& place) {
  const PathNode& wanted = node(place);
  if (wanted.slot < 0 && wanted.array < 0 && wanted.children.empty() && wanted.elements.empty()) {
    return skip(place.type, place.name);
  }
  switch (schema_.types[place.type].kind) {
    case TypeKind::choice:
      return read_choice(place);
    case TypeKind::record:
    case TypeKind::map:
      return read_object(place);
    case TypeKind::array:
      return read_list(place);
    default:
      return read_scalar(place);
  }
}

void Compiler::read_scalar(const Place& place) {
  const PathNode& wanted = node(place);
  if (wanted.array >= 0) {
    Step& step = emit(Op::array_other, place.name);
    step.slot = wanted.array;
    step.a = place.type;
    step.stay = true;
  }
  if (wanted.slot < 0) return skip(place.type, place.name);
  Step scalar = step_of(schema_, place.type);
  Step& step = emit(scalar.op, place.name);
  scalar.slot = wanted.slot;
  scalar.name = step.name;
  step = scalar;
}

template <typename Each>
void Compiler::branches(const AvroType& type, const std::string& name, const Each& each) {
  const auto first = static_cast<std::uint32_t>(code_.targets.size());
  Step& step = emit(Op::branch, name);
  step.a = first;
  step.b = static_cast<std::uint32_t>(type.branches.size());
  code_.targets.resize(first + type.branches.size());
  std::vector<std::uint32_t> jumps;
  for (std::size_t i = 0; i < type.branches.size(); ++i) {
    code_.targets[first + i] = barrier_ = here();
    each(type.branches[i]);
    if (i + 1 == type.branches.size()) break;
    jumps.push_back(here());
    emit(Op::jump, name);
  }
  for (const std::uint32_t jump : jumps) code_.steps[jump].a = here();
  barrier_ = here();
}

void Compiler::read_choice(const Place& place) {
  const AvroType& type = schema_.types[place.type];
  const auto values = std::ranges::count_if(
      type.branches, [&](std::uint32_t branch) { return schema_.types[branch].kind != TypeKind::null; });
  branches(type, place.name, [&](std::uint32_t branch) {
    if (values <= 1 || step_of(schema_, branch).op <= kLastScalar) {
      return read({branch, place.scope, place.node, place.name});
    }
    // Several records with unions in them, in place, would be as many programs as there are ways through them.
    const std::uint32_t program = reader(place, branch, place.node);
    emit(Op::call, place.name).a = program;
  });
}

/// What steps from `first` on read again and again, the last of them or a skip passes.
void Compiler::finish_passes(const Place& place, std::uint32_t first) {
  if (here() == first || code_.steps.back().op == Op::mark) return skip(place.type, place.name);
  code_.steps.back().stay = false;
}

void Compiler::read_object(const Place& place) {
  const PathNode& wanted = node(place);
  const bool is_element = place.scope != kMessage && place.node == 0;
  const std::uint32_t first = here();
  barrier_ = first;
  if (wanted.array >= 0) {
    Step& step = emit(Op::array_other, place.name);
    step.slot = wanted.array;
    step.a = place.type;
    step.stay = true;
  }
  // An element's own slot is for elements that are values themselves; of an object the fields are wanted.
  if (wanted.slot >= 0 && !is_element) {
    Step& step = emit(wish(place).json ? Op::whole : Op::mark, place.name);
    step.slot = wanted.slot;
    step.kind = Value::Kind::object;
    step.a = place.type;
    step.stay = true;
  }
  if (wanted.children.empty()) return finish_passes(place, first);
  if (schema_.types[place.type].kind == TypeKind::record) return read_fields(place);
  look_up(place);
}

void Compiler::read_fields(const Place& place) {
  const AvroType& type = schema_.types[place.type];
  std::vector<std::vector<std::uint16_t>> wanted(type.fields.size());
  for (const PathNode::Child& child : node(place).children) {
    auto field = std::ranges::find(type.fields, child.key, &AvroType::Field::name);
    if (field == type.fields.end()) {
      field = std::ranges::find_if(type.fields, [&](const AvroType::Field& each) {
        return std::ranges::find(each.aliases, child.key) != each.aliases.end();
      });
    }
    if (field != type.fields.end()) wanted[static_cast<std::size_t>(field - type.fields.begin())].push_back(child.node);
  }
  for (std::size_t i = 0; i < type.fields.size(); ++i) {
    const AvroType::Field& field = type.fields[i];
    const std::string name = below(place.name, field.name);
    if (wanted[i].empty()) {
      skip(field.type, name);
      continue;
    }
    // By its name and by its alias: the same field again.
    for (std::size_t again = 1; again < wanted[i].size(); ++again) {
      const std::uint32_t program = reader(place, field.type, wanted[i][again]);
      Step& step = emit(Op::call, name);
      step.a = program;
      step.stay = true;
    }
    read({field.type, place.scope, wanted[i][0], name});
  }
}

void Compiler::collect_below(const mapping::PathTree& tree, std::uint16_t at, Lookup::Key& key) const {
  const PathNode& wanted = tree.nodes[at];
  if (wanted.slot >= 0) key.slots.push_back(static_cast<std::uint16_t>(wanted.slot));
  if (wanted.array >= 0) key.arrays.push_back(static_cast<std::uint16_t>(wanted.array));
  for (const auto& child : wanted.children) collect_below(tree, child.node, key);
  for (const auto& element : wanted.elements) collect_below(tree, element.node, key);
}

void Compiler::look_up(const Place& place) {
  Lookup made;
  made.type = schema_.types[place.type].branches[0];
  made.skip = skipper(made.type);
  for (const PathNode::Child& child : node(place).children) {
    Lookup::Key& key = made.keys.emplace_back();
    key.key = child.key;
    key.program = reader(place, made.type, child.node);
    collect_below(paths(place.scope).tree, child.node, key);
  }
  emit(Op::look_up, place.name).a = static_cast<std::uint32_t>(code_.lookups.size());
  code_.lookups.push_back(std::move(made));
}

void Compiler::read_list(const Place& place) {
  const PathNode& wanted = node(place);
  const std::uint32_t element = schema_.types[place.type].branches[0];
  const std::uint32_t first = here();
  barrier_ = first;
  if (wanted.slot >= 0) {
    const Wish wished = wish(place);
    Step& step = emit(wished.elements ? Op::collect : wished.json ? Op::whole : Op::mark, place.name);
    step.slot = wanted.slot;
    step.kind = Value::Kind::array;
    step.a = place.type;
    step.b = wished.json || may_be_list(element) ? 1 : 0;
    step.stay = true;
  }
  if (wanted.array >= 0) {
    const std::uint32_t program = sub({element, false, wanted.array, 0});
    Step& step = emit(Op::explode, place.name);
    step.slot = wanted.array;
    step.a = program;
    step.b = element;
    step.stay = true;
  }
  if (!wanted.elements.empty()) pick(place);
  finish_passes(place, first);
}

void Compiler::pick(const Place& place) {
  Pick made;
  made.type = schema_.types[place.type].branches[0];
  made.skip = skipper(made.type);
  for (const PathNode::Element& element : node(place).elements) {
    made.places.push_back({element.index, reader(place, made.type, element.node)});
    made.counts_first = made.counts_first || element.index < 0;
  }
  Step& step = emit(Op::pick, place.name);
  step.a = static_cast<std::uint32_t>(code_.picks.size());
  step.stay = true;
  code_.picks.push_back(std::move(made));
}

void Compiler::skip(std::uint32_t type, const std::string& name) {
  if (code_.least_bytes[type] == 0) return;  // nor does any value of it take more
  // A union in place is short even so: what is long about it is called, without a level for the union itself.
  const AvroType& skipped = schema_.types[type];
  const bool short_union = skipped.kind == TypeKind::choice && skipped.branches.size() <= kMostBranchesInPlace;
  if (short_union || to_skip_[type] <= kMostStepsInPlace) return skip_in_place(type, name);
  const std::uint32_t program = skipper(type);
  emit(Op::call, name).a = program;
}

void Compiler::skip_more(Op op, std::uint32_t count, const std::string& name) {
  if (count == 0) return;
  if (here() > barrier_ && code_.steps.back().op == op) {
    std::uint32_t& sum = code_.steps.back().a;
    if (count <= std::numeric_limits<std::uint32_t>::max() - sum) {
      sum += count;
      return;
    }
  }
  emit(op, name).a = count;
}

void Compiler::skip_in_place(std::uint32_t index, const std::string& name) {
  const AvroType& type = schema_.types[index];
  switch (type.kind) {
    case TypeKind::null:
      return;
    case TypeKind::boolean:
    case TypeKind::float32:
    case TypeKind::float64:
    case TypeKind::fixed:
      return skip_more(Op::skip_bytes, code_.exact_bytes[index], name);
    case TypeKind::int32:
    case TypeKind::int64:
    case TypeKind::enumeration:
      return skip_more(Op::skip_varints, 1, name);
    case TypeKind::bytes:
    case TypeKind::string:
      emit(Op::skip_sized, name);
      return;
    case TypeKind::array:
    case TypeKind::map: {
      const std::uint32_t program = skipper(type.branches[0]);
      Step& step = emit(type.kind == TypeKind::array ? Op::skip_list : Op::skip_map, name);
      step.a = program;
      step.b = type.branches[0];
      return;
    }
    case TypeKind::record:
      for (const auto& field : type.fields) skip(field.type, below(name, field.name));
      return;
    case TypeKind::choice:
      return branches(type, name, [&](std::uint32_t branch) { skip(branch, name); });
  }
}

}  // namespace

Code compile(const AvroSchema& schema, const Wanted& wanted) {
  Code code;
  describe_types(schema, code);
  Compiler(schema, wanted, code).run();
  return code;
}

}  // namespace loom::decode::avro
