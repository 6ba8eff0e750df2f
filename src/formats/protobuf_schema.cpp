#include "formats/protobuf_schema.h"

#include <algorithm>
#include <set>

#include "formats/protobuf_link.h"
#include "formats/protobuf_source.h"

namespace loom::formats {
namespace {

const ProtobufReference* reference_named(const std::vector<ProtobufReference>& references, const std::string& path) {
  const auto found = std::ranges::find(references, path, &ProtobufReference::path);
  return found == references.end() ? nullptr : &*found;
}

}  // namespace

const ProtobufMessage* ProtobufSchema::find(std::span<const std::int32_t> indexes) const {
  const std::vector<Nested>* level = &top;
  const Nested* found = nullptr;
  for (const std::int32_t index : indexes) {
    if (index < 0 || static_cast<std::size_t>(index) >= level->size()) return nullptr;
    found = &(*level)[static_cast<std::size_t>(index)];
    level = &found->nested;
  }
  return found == nullptr ? nullptr : &messages[found->message];
}

const ProtobufMessage* ProtobufSchema::find(std::string_view full_name) const {
  if (full_name.starts_with('.')) full_name.remove_prefix(1);
  const auto found = std::ranges::find(messages, full_name, &ProtobufMessage::full_name);
  return found == messages.end() ? nullptr : &*found;
}

ParsedProtobufSchema parse_protobuf_schema(std::string_view text, const std::vector<ProtobufReference>& references) {
  ReadSource main = read_protobuf_source("", text);
  if (!main.file) return {.schema = {}, .problem = std::move(main.problem)};
  std::vector<SourceFile> files;
  files.push_back(std::move(*main.file));
  std::vector<std::string> missing;
  std::set<std::string> seen;
  for (std::size_t at = 0; at < files.size(); ++at) {
    const std::vector<std::string> imports = files[at].imports;
    for (const std::string& path : imports) {
      if (!seen.insert(path).second) continue;
      if (const ProtobufReference* reference = reference_named(references, path)) {
        ReadSource read = read_protobuf_source(path, reference->text);
        if (!read.file) return {.schema = {}, .problem = path + ": " + read.problem};
        files.push_back(std::move(*read.file));
      } else if (auto built_in = built_in_protobuf_source(path)) {
        files.push_back(std::move(*built_in));
      } else {
        missing.push_back(path);
      }
    }
  }
  return link_protobuf(files, 0, missing);
}

ParsedProtobufSchema parse_descriptor_set(std::string_view bytes) {
  ReadSources read = read_protobuf_sources(bytes);
  if (!read.problem.empty()) return {.schema = {}, .problem = std::move(read.problem)};
  const std::size_t main = read.files.size() - 1;
  std::set<std::string> seen;
  for (const SourceFile& file : read.files) seen.insert(file.path);
  std::vector<std::string> missing;
  // A set made without --include_imports lacks the files that everybody has.
  for (std::size_t at = 0; at < read.files.size(); ++at) {
    const std::vector<std::string> imports = read.files[at].imports;
    for (const std::string& path : imports) {
      if (!seen.insert(path).second) continue;
      if (auto built_in = built_in_protobuf_source(path)) {
        read.files.push_back(std::move(*built_in));
      } else {
        missing.push_back(path);
      }
    }
  }
  return link_protobuf(read.files, main, missing);
}

}  // namespace loom::formats
