#include "samples/template.h"

#include <utility>

#include "text/json_text.h"

namespace loom::samples {
namespace {

/// Turns the tree into pieces; fixed text gathers until a value needs a gap.
class TemplateWriter {
 public:
  void write(const SampleNode& node) {
    if (node.literal) {
      text_ += *node.literal;
    } else if (!node.element.empty()) {
      write_array(node);
    } else if (node.is_value()) {
      gap().value = node.field->value;
    } else if (node.is_list()) {
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

  void write_list(const SampleNode& node) {
    const std::int32_t size = node.list_size();
    text_ += '[';
    for (std::int32_t i = 0; i < size; ++i) {
      if (i > 0) text_ += ',';
      if (const SampleNode* element = node.at(i, size)) {
        write(*element);
      } else {
        text_ += "null";
      }
    }
    text_ += ']';
  }

  void write_array(const SampleNode& node) {
    TemplateWriter inner;
    inner.write(node.element.front());
    text_ += '[';
    SampleTemplate::Piece& piece = gap();
    piece.element.push_back(inner.finish());
    piece.array = node.array;
    text_ += ']';
  }

  std::string text_;
  SampleTemplate done_;
};

SampleTemplate template_of(const SampleNode& root) {
  TemplateWriter writer;
  writer.write(root);
  return writer.finish();
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

std::optional<SampleTemplate> make_key_template(const mapping::TopicMapping& topic) {
  const std::vector<SampleField> fields = key_fields(topic);
  if (fields.empty()) return std::nullopt;
  return template_of(tree_of(fields));
}

SampleTemplate make_template(const mapping::TopicMapping& topic, const std::vector<SampleField>& fields,
                             const SampleOverrides& overrides) {
  return template_of(message_tree(topic, fields, overrides));
}

}  // namespace loom::samples
