#include "decode/avro/avro_program.h"

#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "check.h"
#include "decode/json/json_decoder.h"
#include "decode/json/structural_index.h"
#include "mapping/paths.h"
#include "targets.h"

namespace loom::fuzz {
namespace {

using decode::Value;

decode::WantedPaths avro_paths(const std::vector<std::string>& paths) {
  decode::WantedPaths made;
  for (const std::string& path : paths) {
    const auto slot = mapping::add_slot(made.tree, path);
    made.wishes.resize(std::size_t{slot} + 1);
    // All four wishes come by.
    made.wishes[slot] = {slot % 2 == 1, slot % 4 >= 2};
  }
  return made;
}

struct AvroInput {
  const char* text;
  std::vector<std::string> paths;
  std::string list;  ///< an array mapping's path
  std::vector<std::string> element;
  bool bare_root_bytes = false;
};

std::vector<AvroInput> avro_inputs() {
  return {
      {R"({"type":"record","name":"R","fields":[
         {"name":"a","type":"string"},{"name":"b","type":"int"},{"name":"c","type":["null","double"]},
         {"name":"d","type":"boolean"},{"name":"e","type":"bytes"},{"name":"f","type":"float"},
         {"name":"g","type":{"type":"enum","name":"E","symbols":["A","B"]}},
         {"name":"h","type":{"type":"record","name":"P","fields":[{"name":"x","type":"long"},{"name":"y","type":"string"}]}}
       ]})",
       {"a", "b", "h", "h.x", "c", "d", "g", "e"},
       "a",
       {""}},
      {R"({"type":"record","name":"L","fields":[{"name":"v","type":"int"},{"name":"next","type":["null","L"]},
         {"name":"kids","type":{"type":"array","items":"L"}}]})",
       {"next.v", "kids", "next", "kids[-1].next.v", "kids[0]"},
       "next.kids",
       {"v", "kids", "next.v"}},
      {R"({"type":"record","name":"R","fields":[
         {"name":"m","type":{"type":"map","values":["null","string",{"type":"map","values":"int"}]}},
         {"name":"l","type":{"type":"array","items":["null","long",{"type":"array","items":"string"},
           {"type":"record","name":"I","fields":[{"name":"k","type":"string","aliases":["j"]},{"name":"n","type":"int"}]}]}}]})",
       {"m.a", "m.b.c", "m", "l[0]", "l[-1].k", "l", "l[1][0]"},
       "l",
       {"", "j", "k", "n"}},
      {R"({"type":"array","items":{"type":"record","name":"E","fields":[{"name":"n","type":"null"}]}})",
       {"[0].n", "[-2]"},
       "",
       {"n"}},
      {R"({"type":"record","name":"T","fields":[
         {"name":"d","type":{"type":"int","logicalType":"date"}},
         {"name":"t","type":{"type":"int","logicalType":"time-millis"}},
         {"name":"ts","type":{"type":"long","logicalType":"timestamp-nanos"}},
         {"name":"l","type":{"type":"long","logicalType":"local-timestamp-micros"}},
         {"name":"m","type":{"type":"bytes","logicalType":"decimal","precision":30,"scale":5}},
         {"name":"b","type":{"type":"bytes","logicalType":"big-decimal"}},
         {"name":"u","type":{"type":"fixed","name":"U","size":16,"logicalType":"uuid"}},
         {"name":"p","type":{"type":"fixed","name":"D","size":12,"logicalType":"duration"}}]})",
       {"d", "t", "ts", "l", "m", "b", "u", "p"},
       "m",
       {}},
      {R"("bytes")", {""}, "", {""}, true},
      {R"(["null",{"type":"record","name":"A","fields":[{"name":"x","type":"string"},{"name":"y","type":"int"}]},
         {"type":"record","name":"B","fields":[{"name":"y","type":{"type":"array","items":"double"}},{"name":"x","type":"long"}]}])",
       {"x", "y", "y[0]"},
       "y",
       {""}},
      {R"({"type":"map","values":{"type":"array","items":{"type":"array","items":"int"}}})",
       {"a[0][0]", "a", "b", "b[-1]"},
       "b",
       {"", "[1]"}},
  };
}

/// One schema, with the whole message wanted and with some paths of it.
class AvroCase {
 public:
  explicit AvroCase(const AvroInput& from) {
    auto parsed = formats::parse_avro_schema(from.text);
    check(parsed.schema.has_value(), "a good schema was refused", parsed.problem);
    const auto schema = std::make_shared<const formats::AvroSchema>(std::move(*parsed.schema));
    const decode::AvroOptions options{from.bare_root_bytes};
    all_.root = true;
    some_.message = avro_paths(from.paths);
    some_.message.tree.nodes[mapping::add_node(some_.message.tree, from.list)].array = 0;
    some_.elements.push_back(avro_paths(from.element));
    all_values_.emplace(0, 0, all_.elements);
    some_values_.emplace(some_.message.tree.slots, 0, some_.elements);
    whole_ = std::make_unique<decode::AvroProgram>(schema, all_, options);
    parts_ = std::make_unique<decode::AvroProgram>(schema, some_, options);
  }

  void run(std::string_view bytes) {
    if (accepted(*whole_, *all_values_, bytes)) check_value(all_values_->root, true);
    if (!accepted(*parts_, *some_values_, bytes)) return;
    for (std::size_t i = 0; i < some_.message.tree.slots; ++i) {
      const Value& value = some_values_->slot(i);
      check_value(value, some_.message.wishes[i].json);
      if (value.kind != Value::Kind::array) continue;
      for (std::uint32_t e = 0; e < value.count; ++e) check_value(some_values_->elements_of(value)[e], true);
    }
    for (std::uint32_t e = 0; e < some_values_->array(0).count; ++e) {
      for (std::size_t i = 0; i < some_.elements[0].tree.slots; ++i) {
        check_value(some_values_->element_slots_of(0, e)[i], some_.elements[0].wishes[i].json);
      }
    }
  }

 private:
  static bool accepted(decode::AvroProgram& program, decode::Values& values, std::string_view bytes) {
    const auto reject = program.run(bytes, values);
    if (!reject) return true;
    check(!reject->message.empty() && decode::is_utf8(reject->message), "a reject without words");
    return false;
  }

  void check_value(const Value& value, bool has_json) {
    if (value.kind == Value::Kind::string) {
      check(decode::is_utf8(value.text), "a string that is not UTF-8");
      check(value.nul == (value.text.find('\0') != std::string_view::npos), "a NUL that nobody says or that is none");
    }
    const bool compound = value.kind == Value::Kind::array || value.kind == Value::Kind::object;
    if (compound && !has_json) return;
    text_.clear();
    decode::append_json(value, room_, text_);
    const auto reject = json_.decode_any(text_.view());
    check(!reject, "a text that is no JSON", reject ? reject->message : "");
    if (compound) check(json_.values().root.nul == value.nul, "a NUL in a text that nobody says or that is none");
  }

  decode::Wanted all_;
  decode::Wanted some_;
  std::optional<decode::Values> all_values_;
  std::optional<decode::Values> some_values_;
  std::unique_ptr<decode::AvroProgram> whole_;
  std::unique_ptr<decode::AvroProgram> parts_;
  decode::JsonDecoder json_{{}, decode::JsonRoot::any};
  decode::PlainRoom room_;
  ByteBuffer text_;
};

}  // namespace

void avro_program(std::string_view bytes) {
  static std::vector<std::unique_ptr<AvroCase>> cases;
  if (cases.empty()) {
    for (const AvroInput& schema : avro_inputs()) cases.push_back(std::make_unique<AvroCase>(schema));
  }
  if (bytes.empty()) return;
  // A copy of the exact size, so that the sanitizer sees a read beyond it.
  const std::vector<char> exact(bytes.begin() + 1, bytes.end());
  cases[static_cast<unsigned char>(bytes[0]) % cases.size()]->run({exact.data(), exact.size()});
}

}  // namespace loom::fuzz
