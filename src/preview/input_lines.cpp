#include "preview/input_lines.h"

namespace loom::preview {

std::optional<InputLine> InputLines::next() {
  std::string text;
  while (std::getline(in_, text)) {
    ++number_;
    if (text.ends_with('\r')) text.pop_back();
    if (text.find_first_not_of(" \t") == std::string::npos) continue;
    InputLine line{number_, std::move(text), std::nullopt};
    if (!key_separator_ || key_separator_->empty()) return line;
    const std::size_t at = line.value.find(*key_separator_);
    if (at == std::string::npos) return line;
    line.key = line.value.substr(0, at);
    line.value.erase(0, at + key_separator_->size());
    return line;
  }
  return std::nullopt;
}

namespace {

const MessageBacking kBacking{[](void* /*headers*/) noexcept {},
                              [](const void* headers) {
                                std::vector<Header> out;
                                for (const auto& [name, value] : *static_cast<const InputHeaders*>(headers)) {
                                  out.push_back({name, value, true});
                                }
                                return out;
                              }};

}  // namespace

Message record_of(const InputLine& line, std::int64_t timestamp_ms, const InputHeaders* headers) {
  // The backing only reads them.
  Message message = headers == nullptr ? Message() : Message(&kBacking, const_cast<InputHeaders*>(headers));
  message.value = line.value;
  message.has_value = true;
  message.has_key = line.key.has_value();
  if (line.key) message.key = *line.key;
  message.offset = static_cast<std::int64_t>(line.number) - 1;
  message.timestamp_ms = timestamp_ms;
  return message;
}

}  // namespace loom::preview
