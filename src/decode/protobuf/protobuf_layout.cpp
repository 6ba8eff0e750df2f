#include "decode/protobuf/protobuf_layout.h"

#include <algorithm>
#include <utility>

namespace loom::decode {
namespace {

using Holding = ProtobufPlace::Holding;
using StepAction = ProtobufStep::Action;
using Known = formats::ProtobufMessage::WellKnown;
using FieldType = formats::ProtobufField::Type;

constexpr std::uint32_t kLowFieldNumbers = 256;

std::uint32_t tag_of(std::int32_t number, WireType wire) {
  return static_cast<std::uint32_t>(number) << 3U | static_cast<std::uint32_t>(wire);
}

std::string key_path(const std::string& path, const std::string& key) { return path.empty() ? key : path + "." + key; }

class LayoutMaker {
 public:
  explicit LayoutMaker(const Wanted& wanted) : wanted_(wanted) {
    made_.element_roots.assign(wanted.elements.size(), ProtobufStep::kNone);
  }

  ProtobufLayout run(const ProtobufContent& root) {
    make({wanted_.message, 0, true}, root, Holding::single, "");
    return std::move(made_);
  }

 private:
  /// A node of wanted paths.
  struct Spot {
    const WantedPaths& paths;
    std::uint16_t node;
    bool arrays;  ///< array mappings are looked at: not inside of their own elements
    [[nodiscard]] const mapping::PathNode& it() const { return paths.tree.nodes[node]; }
    [[nodiscard]] Spot at(std::uint16_t other) const { return {paths, other, arrays}; }
  };

  std::uint16_t make(const Spot& spot, const ProtobufContent& content, Holding holding, const std::string& path) {
    const auto index = static_cast<std::uint16_t>(made_.places.size());
    const mapping::PathNode& node = spot.it();
    ProtobufPlace place;
    place.content = content;
    place.holding = holding;
    place.slot = node.slot;
    place.array = spot.arrays ? node.array : std::int16_t{-1};
    place.path = path;
    const auto slot = static_cast<std::size_t>(node.slot);
    if (node.slot >= 0 && slot < spot.paths.wishes.size()) {
      place.wants_json = spot.paths.wishes[slot].json;
      place.wants_elements = spot.paths.wishes[slot].elements;
    }
    place.is_message = holding == Holding::single && content.plain_message();
    place.collects = !place.is_message || place.wants_json;
    made_.places.push_back(std::move(place));
    if (made_.places[index].is_message) {
      message(index, spot, path);
    } else {
      collection(index, spot, path);
    }
    return index;
  }

  void collection(std::uint16_t index, const Spot& spot, const std::string& path) {
    const ProtobufContent content = made_.places[index].content;
    const Holding holding = made_.places[index].holding;
    const Known known = holding == Holding::single ? content.known() : Known::none;
    const ProtobufContent* of_keys = nullptr;
    if (holding == Holding::map || known == Known::structure) {
      of_keys =
          &(holding == Holding::map ? content.message : content.message->fields[0].content.message)->fields[1].content;
    } else if (known == Known::value) {
      of_keys = &content;
    }
    const ProtobufContent* of_elements = nullptr;
    if (holding == Holding::list || known == Known::value) {
      of_elements = &content;
    } else if (known == Known::list_value) {
      of_elements = &content.message->fields[0].content;
    }
    // Copies: places move when others are made.
    if (of_keys != nullptr) {
      const ProtobufContent inner = *of_keys;
      for (const auto& child : spot.it().children) {
        const std::uint16_t made = make(spot.at(child.node), inner, Holding::single, key_path(path, child.key));
        made_.places[index].keys.push_back({child.key, made});
      }
    }
    if (of_elements == nullptr) return;
    const ProtobufContent inner = *of_elements;
    for (const auto& element : spot.it().elements) {
      const std::uint16_t made =
          make(spot.at(element.node), inner, Holding::single, path + "[" + std::to_string(element.index) + "]");
      made_.places[index].picks.push_back({element.index, made});
    }
    const std::int16_t array = made_.places[index].array;
    if (array < 0) return;
    const auto which = static_cast<std::size_t>(array);
    made_.element_roots[which] = make({wanted_.elements[which], 0, false}, inner, Holding::single, path + "[]");
  }

  static const ProtobufFieldTable* field_named(const ProtobufMessageTable& table, const std::string& name) {
    const auto by_name = std::ranges::find_if(table.fields, [&](const auto& f) { return f.field->name == name; });
    if (by_name != table.fields.end()) return &*by_name;
    const auto by_json = std::ranges::find_if(table.fields, [&](const auto& f) { return f.field->json_name == name; });
    return by_json == table.fields.end() ? nullptr : &*by_json;
  }

  void message(std::uint16_t index, const Spot& spot, const std::string& path) {
    const ProtobufMessageTable& table = *made_.places[index].content.message;
    std::vector<ProtobufStep> steps;
    for (const auto& child : spot.it().children) {
      const ProtobufFieldTable* const field = field_named(table, child.key);
      if (field == nullptr) continue;
      const Holding holding = field->field->map        ? Holding::map
                              : field->field->repeated ? Holding::list
                                                       : Holding::single;
      const std::uint16_t made = make(spot.at(child.node), field->content, holding, key_path(path, child.key));
      steps.push_back(step_of(*field, made));
      add_default(index, *field, made);
    }
    add_oneofs(index, table, steps);
    std::ranges::stable_sort(steps, {}, &ProtobufStep::tag);
    std::vector<std::uint16_t> low;
    for (std::size_t i = 0; i < steps.size(); ++i) {
      const bool again = i != 0 && steps[i - 1].tag == steps[i].tag;
      if (again) {
        steps[i - 1].also = static_cast<std::uint16_t>(i);
        continue;
      }
      const std::uint32_t number = steps[i].tag >> 3U;
      if (number >= kLowFieldNumbers) continue;
      if (number >= low.size()) low.resize(number + 1);
      low[number] = static_cast<std::uint16_t>(i + 1);
    }
    made_.places[index].steps = std::move(steps);
    made_.places[index].low = std::move(low);
  }

  [[nodiscard]] ProtobufStep step_of(const ProtobufFieldTable& field, std::uint16_t made) const {
    const ProtobufPlace& place = made_.places[made];
    ProtobufStep step;
    step.type = field.content.type;
    step.field = &field;
    step.tag = tag_of(field.field->number, wire_of(step.type));
    if (place.holding == Holding::list && is_packable(step.type)) {
      step.packed_tag = tag_of(field.field->number, WireType::length);
    }
    step.place = made;
    step.slot = place.slot;
    step.action = StepAction::place;
    if (place.is_message && !place.collects && step.type == FieldType::message) step.action = StepAction::message;
    if (place.holding != Holding::single || place.array >= 0 || place.slot < 0) return step;
    if (field.content.known() == Known::timestamp && step.type == FieldType::message) {
      step.action = StepAction::instant;
    } else if (step.type == FieldType::string) {
      step.action = StepAction::text;
    } else if (step.type == FieldType::bytes) {
      step.action = StepAction::bytes;
    } else if (step.type == FieldType::enumeration) {
      step.action = StepAction::enumeration;
    } else if (field.content.message == nullptr) {
      step.action = StepAction::number;
    }
    return step;
  }

  void add_default(std::uint16_t index, const ProtobufFieldTable& field, std::uint16_t made) {
    Value value;
    if (field.field->map) {
      value.kind = Value::Kind::object;
      value.text = "{}";
    } else if (field.field->repeated) {
      value.kind = Value::Kind::array;
      value.text = "[]";
    } else if (field.content.message == nullptr && !field.field->has_presence) {
      value = default_scalar(field.content);
    } else if (wanted_.events) {
      // Known, and not set: of a change event's row that is a NULL, and not a field that the writer had not yet.
      value.kind = Value::Kind::null;
    } else {
      return;
    }
    const ProtobufPlace& of = made_.places[made];
    if (of.slot >= 0 || of.array >= 0) made_.places[index].defaults.push_back({value, of.slot, of.array});
  }

  /// Members of a oneof that nobody wants take the place of wanted ones all the same.
  void add_oneofs(std::uint16_t index, const ProtobufMessageTable& table, std::vector<ProtobufStep>& steps) {
    auto& oneofs = made_.places[index].oneofs;
    for (ProtobufStep& step : steps) {
      const std::int32_t oneof = step.field->field->oneof;
      if (oneof < 0) continue;
      const auto found = std::ranges::find(oneofs, oneof, &ProtobufPlace::Oneof::index);
      step.oneof = static_cast<std::int16_t>(found - oneofs.begin());
      if (found == oneofs.end()) oneofs.push_back({0, 0, oneof});
    }
    const std::size_t wanted = steps.size();
    for (const ProtobufFieldTable& field : table.fields) {
      const auto found = std::ranges::find(oneofs, field.field->oneof, &ProtobufPlace::Oneof::index);
      if (field.field->oneof < 0 || found == oneofs.end()) continue;
      const auto is_there = [&](const ProtobufStep& step) { return step.field == &field; };
      if (std::any_of(steps.begin(), steps.begin() + static_cast<std::ptrdiff_t>(wanted), is_there)) continue;
      ProtobufStep step;
      step.type = field.content.type;
      step.field = &field;
      step.tag = tag_of(field.field->number, wire_of(step.type));
      step.oneof = static_cast<std::int16_t>(found - oneofs.begin());
      steps.push_back(step);
    }
  }

  const Wanted& wanted_;
  ProtobufLayout made_;
};

}  // namespace

const ProtobufStep* ProtobufPlace::search(std::uint32_t number) const {
  const auto found =
      std::ranges::lower_bound(steps, number, {}, [](const ProtobufStep& step) { return step.tag >> 3U; });
  return found != steps.end() && found->tag >> 3U == number ? &*found : nullptr;
}

ProtobufLayout make_protobuf_layout(const Wanted& wanted, const ProtobufContent& root) {
  return LayoutMaker(wanted).run(root);
}

}  // namespace loom::decode
