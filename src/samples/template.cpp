#include "samples/template.h"

#include <algorithm>
#include <string_view>
#include <utility>

#include "mapping/paths.h"
#include "mapping/sources.h"
#include "text/json_text.h"

namespace loom::samples {
namespace {

using mapping::ArrayMapping;
using mapping::TopicMapping;
using mapping::Transform;
using mapping::ValueType;

bool is_metadata(std::string_view source) { return source.starts_with("$"); }

/// The last name of a path; of an element that of its list.
std::string last_part(const std::string& path) {
  const auto steps = mapping::split_path(path);
  const auto named = std::find_if(steps.rbegin(), steps.rend(), [](const auto& step) { return !step.index; });
  return named == steps.rend() ? std::string() : named->name;
}

template <typename Map>
auto value_or(const Map& map, const std::string& key, typename Map::mapped_type fallback) {
  const auto found = map.find(key);
  return found == map.end() ? fallback : found->second;
}

/// The power of ten, as far as 64 bits hold it.
std::int64_t power_of_ten(int exponent) {
  std::int64_t power = 1;
  for (int i = 0; i < std::min(exponent, 18); ++i) power *= 10;
  return power;
}

/// Numbers up to 100 that a NUMERIC of this precision and scale holds without rounding.
void fit_into(SampleValue& value, const mapping::TypeParameters& parameters) {
  constexpr int kMostDigits = 15;
  if (parameters.precision == 0) return;
  const int digits = std::clamp(parameters.scale, 0, kMostDigits);
  // Where the scale is larger than the precision, the first digits behind the point have to be zero.
  const int free = std::clamp(parameters.precision - parameters.scale + digits, 0, kMostDigits);
  value.kind = digits == 0 ? SampleValue::Kind::integer : SampleValue::Kind::decimal;
  value.digits = static_cast<std::uint32_t>(digits);
  value.low = 0;
  value.high = std::min(power_of_ten(free) - 1, 100 * power_of_ten(digits));
}

SampleField make_field(const TopicMapping& topic, const std::string& path, const std::string& column) {
  SampleField field;
  field.path = path;
  field.column = column;
  field.type = value_or(topic.data_types, column, ValueType::unspecified);
  field.transform = value_or(topic.transforms, column, Transform::none);
  const std::string name = last_part(path);
  field.value = choose_value(column.empty() ? name : column, name, field.type, field.transform);
  if (field.type == ValueType::decimal) fit_into(field.value, value_or(topic.type_parameters, column, {}));
  const bool in_key = std::find(topic.upsert_key.begin(), topic.upsert_key.end(), column) != topic.upsert_key.end();
  if (in_key && field.value.kind == SampleValue::Kind::integer) field.value.kind = SampleValue::Kind::counter;
  if (in_key && field.value.kind == SampleValue::Kind::word) field.value.kind = SampleValue::Kind::uuid;
  return field;
}

/// Whether something else is mapped inside this path, so that an object must stand there.
bool holds_others(const TopicMapping& topic, const std::string& path) {
  const auto inside = [&](const auto& source) { return !is_metadata(source) && mapping::is_inside(source, path); };
  return std::any_of(topic.field_mappings.begin(), topic.field_mappings.end(),
                     [&](const auto& mapping) { return inside(mapping.source); }) ||
         std::any_of(topic.array_mappings.begin(), topic.array_mappings.end(),
                     [&](const auto& array) { return inside(array.path) || mapping::same_path(array.path, path); }) ||
         std::any_of(topic.required_fields.begin(), topic.required_fields.end(), inside);
}

/// The source that the samples use for a column; nothing when it has only metadata, or an object that others fill.
std::optional<std::string> choose_source(const TopicMapping& topic, const std::string& column) {
  std::optional<std::string> best;
  long best_rank = -1;
  for (const mapping::FieldMapping& mapping : topic.field_mappings) {
    if (mapping.column != column || is_metadata(mapping.source) || holds_others(topic, mapping.source)) continue;
    const bool required = std::find(topic.required_fields.begin(), topic.required_fields.end(), mapping.source) !=
                          topic.required_fields.end();
    const long rank = (required ? 1000 : 0) + static_cast<long>(mapping::split_path(mapping.source).size());
    if (rank > best_rank) {
      best = mapping.source;
      best_rank = rank;
    }
  }
  return best;
}

std::vector<SampleField> envelope(const TopicMapping& topic) {
  std::vector<SampleField> fields;
  for (const char* name : {"trace_id", "device_id", "timestamp", "schema_version", "data", "metadata"}) {
    fields.push_back(make_field(topic, name, name));
  }
  return fields;
}

/// Two columns may share one source: the message carries it once, as the stricter of the two wants it.
void add_field(std::vector<SampleField>& fields, SampleField field) {
  const auto same =
      std::find_if(fields.begin(), fields.end(), [&](const SampleField& other) { return other.path == field.path; });
  if (same == fields.end()) {
    fields.push_back(std::move(field));
    return;
  }
  same->only_source = false;
  if (same->type == ValueType::unspecified || same->type == ValueType::string) {
    field.only_source = false;
    *same = std::move(field);
  }
}

void add_required(const TopicMapping& topic, std::vector<SampleField>& fields) {
  for (const std::string& name : topic.required_fields) {
    const bool there =
        is_metadata(name) || holds_others(topic, name) ||
        std::any_of(fields.begin(), fields.end(),
                    [&](const SampleField& field) {
                      return field.path == name || field.column == name || mapping::is_inside(field.path, name);
                    }) ||
        std::any_of(topic.field_mappings.begin(), topic.field_mappings.end(),
                    [&](const auto& mapping) { return mapping.column == name; });
    if (!there) fields.push_back(make_field(topic, name, ""));
  }
}

/// A JSON object under construction, its keys in order of first mention; or a list, its elements by their places.
struct Node {
  mapping::PathStep step;
  std::vector<Node> children;
  const SampleField* field = nullptr;
  const ArrayMapping* array = nullptr;
  std::uint32_t array_index = 0;
  std::optional<std::string> literal;
};

Node* child_of(Node& node, const mapping::PathStep& step) {
  const auto child =
      std::find_if(node.children.begin(), node.children.end(), [&](const Node& one) { return one.step == step; });
  return child == node.children.end() ? nullptr : &*child;
}

Node& descend(Node& root, std::string_view path) {
  Node* node = &root;
  for (auto& step : mapping::split_path(path)) {
    Node* child = child_of(*node, step);
    if (child == nullptr) child = &node->children.emplace_back(Node{std::move(step), {}, {}, {}, 0, {}});
    node = child;
  }
  return *node;
}

/// How long a list has to be for its elements to have places of their own.
std::size_t list_size(const Node& list) {
  std::int32_t front = 0;
  std::int32_t back = 0;
  for (const Node& child : list.children) {
    front = std::max(front, child.step.index.value_or(0) + 1);
    back = std::min(back, child.step.index.value_or(0));
  }
  constexpr std::int32_t kLongest = 1000;  // a sample, not a test of limits
  return static_cast<std::size_t>(std::min(front - back, kLongest));
}

/// Turns the tree into pieces; fixed text gathers until a value needs a gap.
class Writer {
 public:
  explicit Writer(const TopicMapping& topic) : topic_(topic) {}

  void write(const Node& node) {
    if (node.literal) {
      text_ += *node.literal;
    } else if (node.array != nullptr) {
      write_array(node);
    } else if (node.field != nullptr && node.children.empty()) {
      gap().value = node.field->value;
    } else if (!node.children.empty() && node.children.front().step.index) {
      write_list(node);
    } else {
      text_ += '{';
      for (std::size_t i = 0; i < node.children.size(); ++i) {
        if (i > 0) text_ += ',';
        text_ += text::json_text(node.children[i].step.name) + ':';
        write(node.children[i]);
      }
      text_ += '}';
    }
  }

  SampleTemplate finish() {
    if (!text_.empty()) gap();
    return std::move(done_);
  }

 private:
  SampleTemplate::Piece& gap() {
    done_.pieces.push_back({std::exchange(text_, {}), std::nullopt, {}, 0});
    return done_.pieces.back();
  }

  void write_list(const Node& node) {
    const auto size = static_cast<std::int32_t>(list_size(node));
    text_ += '[';
    for (std::int32_t i = 0; i < size; ++i) {
      if (i > 0) text_ += ',';
      const auto element = std::find_if(node.children.begin(), node.children.end(), [&](const Node& child) {
        return child.step.index == i || child.step.index == i - size;
      });
      if (element == node.children.end()) {
        text_ += "null";
      } else {
        write(*element);
      }
    }
    text_ += ']';
  }

  void write_array(const Node& node) {
    const ArrayMapping& array = *node.array;
    std::vector<SampleField> fields;
    const bool scalar = array.element_mappings.size() == 1 && array.element_mappings.front().key == "value";
    for (const mapping::ElementMapping& element : array.element_mappings) {
      fields.push_back(make_field(topic_, scalar ? "" : element.key, element.column));
    }
    Node root;
    for (const SampleField& field : fields) descend(root, field.path).field = &field;
    Writer inner(topic_);
    inner.write(root);
    text_ += '[';
    SampleTemplate::Piece& piece = gap();
    piece.element.push_back(inner.finish());
    piece.array = node.array_index;
    text_ += ']';
  }

  const TopicMapping& topic_;
  std::string text_;
  SampleTemplate done_;
};

void remove(Node& root, const std::string& path) {
  auto steps = mapping::split_path(path);
  Node* parent = &root;
  for (std::size_t i = 0; i + 1 < steps.size() && parent != nullptr; ++i) parent = child_of(*parent, steps[i]);
  if (parent == nullptr || steps.empty()) return;
  std::erase_if(parent->children, [&](const Node& one) { return one.step == steps.back(); });
}

}  // namespace

std::uint32_t sample_elements(std::uint64_t index, std::uint32_t array) {
  return index % 8 == 7 ? 0 : 1 + static_cast<std::uint32_t>((index + array) % 3);
}

void SampleTemplate::append(std::string& out, const SampleContext& context, SampleRandom& random) const {
  for (const Piece& piece : pieces) {
    out.append(piece.literal);
    if (piece.value) piece.value->append(out, context, random);
    if (piece.element.empty()) continue;
    SampleContext inner = context;
    const std::uint32_t count = sample_elements(context.index, piece.array);
    for (inner.element = 0; inner.element < count; ++inner.element) {
      if (inner.element > 0) out.push_back(',');
      piece.element.front().append(out, inner, random);
    }
  }
}

std::vector<SampleField> sample_fields(const TopicMapping& topic) {
  std::vector<SampleField> fields;
  if (topic.is_minimal()) {
    fields = envelope(topic);
  } else {
    std::map<std::string, int> sources;
    for (const mapping::FieldMapping& mapping : topic.field_mappings) {
      if (sources[mapping.column]++ > 0) continue;
      const auto source = choose_source(topic, mapping.column);
      if (source) add_field(fields, make_field(topic, *source, mapping.column));
    }
    for (SampleField& field : fields) field.only_source = field.only_source && sources[field.column] == 1;
  }
  add_required(topic, fields);
  return fields;
}

std::optional<SampleTemplate> make_key_template(const TopicMapping& topic) {
  std::vector<SampleField> fields;
  for (const mapping::FieldMapping& mapping : topic.field_mappings) {
    const mapping::Source source = mapping::read_source(mapping.source);
    if (source.of_key) add_field(fields, make_field(topic, source.path, mapping.column));
  }
  if (fields.empty()) return std::nullopt;
  Node root;
  for (const SampleField& field : fields) descend(root, field.path).field = &field;
  Writer writer(topic);
  writer.write(root);
  return writer.finish();
}

SampleTemplate make_template(const TopicMapping& topic, const std::vector<SampleField>& fields,
                             const SampleOverrides& overrides) {
  Node root;
  for (const SampleField& field : fields) descend(root, field.path).field = &field;
  for (std::uint32_t i = 0; i < topic.array_mappings.size(); ++i) {
    Node& node = descend(root, mapping::array_root(topic.array_mappings[i].path));
    node.array = &topic.array_mappings[i];
    node.array_index = i;
  }
  for (const auto& [path, literal] : overrides) {
    if (literal) {
      descend(root, path).literal = literal;
    } else {
      remove(root, path);
    }
  }
  Writer writer(topic);
  writer.write(root);
  return writer.finish();
}

}  // namespace loom::samples
