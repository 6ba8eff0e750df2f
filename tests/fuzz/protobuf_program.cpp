#include "decode/protobuf/protobuf_program.h"

#include <array>
#include <memory>
#include <string>
#include <vector>

#include "check.h"
#include "decode/json/structural_index.h"
#include "decode/protobuf/message_indexes.h"
#include "formats/protobuf_schema.h"
#include "json_oracle.h"
#include "mapping/paths.h"
#include "targets.h"

namespace loom::fuzz {
namespace {

using decode::Value;

// Fields of all types under low numbers, so that the fuzzer meets them soon.
constexpr std::string_view kSecondVersion = R"(syntax = "proto2"; package f;
enum C { ONE = 1; TWO = 2; }
message M { optional int32 i = 1; optional string s = 2; optional M m = 3; repeated C cs = 4; optional C c = 5;
  optional group G = 6 { optional int32 x = 1; optional M m = 2; } repeated group RG = 7 { optional string x = 1; }
  oneof o { C oc = 8; string os = 9; M om = 10; } map<string, C> mc = 11; map<uint64, M> mm = 12;
  repeated int32 r = 13 [packed = true]; repeated M rm = 14; optional uint64 u = 15; optional fixed64 x = 16; })";

constexpr std::string_view kThirdVersion = R"(syntax = "proto3"; package f;
import "google/protobuf/timestamp.proto"; import "google/protobuf/duration.proto";
import "google/protobuf/struct.proto"; import "google/protobuf/wrappers.proto"; import "google/protobuf/any.proto";
enum E { ZERO = 0; ONE = 1; }
message M { google.protobuf.Timestamp t = 1; google.protobuf.Duration d = 2; google.protobuf.Struct st = 3;
  google.protobuf.Value v = 4; google.protobuf.ListValue l = 5; google.protobuf.Int64Value w = 6;
  google.protobuf.StringValue ws = 7; M m = 8; repeated google.protobuf.Value vs = 9; E e = 10; double f = 11;
  oneof o { google.protobuf.Value ov = 12; bool ob = 13; M om = 14; } map<bool, google.protobuf.Value> mb = 15;
  repeated google.protobuf.Timestamp ts = 16; repeated float rf = 17; bytes y = 18; google.protobuf.Any any = 19; })";

constexpr std::string_view kEdition = R"(edition = "2023"; package f; option features.message_encoding = DELIMITED;
enum E { option features.enum_type = CLOSED; ONE = 1; }
message M { M m = 1; repeated M rm = 2; map<sint32, M> mm = 3; E e = 4; string s = 5;
  sint64 z = 6 [features.field_presence = IMPLICIT]; M l = 7 [features.message_encoding = LENGTH_PREFIXED]; })";

/// The JSON text of a list or an object is JSON, a text is UTF-8, and all of it can be read.
void check_value(const Value& value) {
  using Kind = Value::Kind;
  if (value.kind == Kind::string || value.kind == Kind::enumeration || value.kind == Kind::duration) {
    check(decode::is_utf8(value.text), "a text that is no UTF-8");
    check(value.kind != Kind::string || value.nul == (value.text.find('\0') != std::string_view::npos),
          "a text's NUL is not seen, or seen where none is");
  }
  if ((value.kind == Kind::object || value.kind == Kind::array) && !value.text.empty()) {
    const Verdict verdict = json_oracle(value.text);
    check(verdict != Verdict::refused, "a JSON text that is none", std::string(value.text));
    check(value.nul == holds_nul_escape(value.text), "an escaped NUL is not seen, or seen where none is");
  }
}

class ProtobufCase {
 public:
  ProtobufCase(std::string_view proto, const std::vector<std::string>& paths, const std::vector<std::string>& lists,
               bool root)
      : wanted_(wanted(paths, lists, root)),
        values_(wanted_.message.tree.slots, 0, wanted_.elements),
        schema_(schema_of(proto)),
        program_(schema_, *schema_->find("f.M"), wanted_) {}

  void run(std::string_view bytes) {
    const auto reject = program_.run(bytes, values_);
    check(!reject || decode::is_utf8(reject->message), "a reject without words");
    if (reject) return;
    check_value(values_.root);
    for (const Value& value : values_.slots) {
      check_value(value);
      if (value.kind != Value::Kind::array) continue;
      for (std::uint32_t i = 0; i < value.count; ++i) check_value(values_.elements_of(value)[i]);
    }
    for (std::size_t array = 0; array < values_.arrays.size(); ++array) {
      const auto& found = values_.array(array);
      check_value(found.value);
      check(found.count == 0 || found.value.kind == Value::Kind::array, "elements of what is no list");
      for (std::uint32_t i = 0; i < found.count; ++i) {
        for (std::size_t slot = 0; slot < values_.slots_per_element[array]; ++slot) {
          check_value(values_.element_slots_of(array, i)[slot]);
        }
      }
    }
  }

 private:
  static std::shared_ptr<const formats::ProtobufSchema> schema_of(std::string_view proto) {
    auto parsed = formats::parse_protobuf_schema(proto);
    check(parsed.schema.has_value(), "the fuzzer's own schema", parsed.problem);
    return std::make_shared<const formats::ProtobufSchema>(std::move(*parsed.schema));
  }

  /// Every value is wanted in every way. `lists`: where array mappings stand.
  static decode::Wanted wanted(const std::vector<std::string>& paths, const std::vector<std::string>& lists,
                               bool root) {
    decode::Wanted made;
    made.root = root;
    for (const std::string& path : paths) {
      mapping::add_slot(made.message.tree, path);
      made.message.wishes.push_back({.elements = true, .json = true});
    }
    for (const std::string& list : lists) {
      const auto node = mapping::add_node(made.message.tree, list);
      made.message.tree.nodes[node].array = static_cast<std::int16_t>(made.elements.size());
      decode::WantedPaths element;
      for (const char* path : {"", "i", "s", "m.s", "x", "a", "[0]", "m", "rm"}) {
        mapping::add_slot(element.tree, path);
        element.wishes.push_back({.elements = true, .json = true});
      }
      made.elements.push_back(std::move(element));
    }
    return made;
  }

  decode::Wanted wanted_;
  decode::Values values_;
  std::shared_ptr<const formats::ProtobufSchema> schema_;
  decode::ProtobufProgram program_;
};

}  // namespace

void protobuf_program(std::string_view bytes) {
  static std::array<ProtobufCase, 6> cases{
      ProtobufCase(kSecondVersion, {}, {}, true),
      ProtobufCase(
          kSecondVersion,
          {"i",      "s",  "m",       "m.i",  "m.m.rm[0].s", "cs",   "c",      "g", "g.x",   "g.m.s", "rg[-1].x",
           "oc",     "os", "om.om.s", "om.i", "mc",          "mc.k", "mm.7.i", "r", "r[-1]", "r[0]",  "rm[0].rm[1].oc",
           "rm[-1]", "u",  "x"},
          {"rm", "rg", "m.r"}, false),
      ProtobufCase(kThirdVersion, {}, {}, true),
      ProtobufCase(kThirdVersion,
                   {"t",         "d",  "st", "st.a",   "st.a.b", "st.a[0].b", "v", "v.a", "v[0]", "v[-1].a", "l",
                    "l[0][0]",   "w",  "ws", "m.st.a", "vs",     "vs[0].a",   "e", "f",   "ov.a", "ob",      "om.ov",
                    "mb.true.a", "mb", "ts", "rf[-1]", "y",      "any.value"},
                   {"vs", "l", "v", "m.ts"}, false),
      ProtobufCase(kEdition, {}, {}, true),
      ProtobufCase(kEdition, {"m", "m.m.s", "m.z", "rm", "rm[0].e", "rm[-1].l.s", "mm.5.s", "mm", "e", "z", "l.m.z"},
                   {"rm", "l.rm"}, false)};
  if (bytes.empty()) return;
  const auto chosen = static_cast<unsigned char>(bytes[0]);
  // A copy of the exact size, so that the sanitizer sees a read beyond it.
  const std::vector<char> exact(bytes.begin() + 1, bytes.end());
  const std::string_view payload(exact.data(), exact.size());
  std::vector<std::int32_t> indexes;
  std::string problem;
  const std::size_t taken = decode::read_message_indexes(payload, indexes, problem);
  check(taken <= payload.size() && (taken != 0 || !problem.empty()), "indexes of bytes that are not there");
  cases[chosen % cases.size()].run(payload);
}

}  // namespace loom::fuzz
