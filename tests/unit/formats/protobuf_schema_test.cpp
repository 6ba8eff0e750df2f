#include "formats/protobuf_schema.h"

#include <gtest/gtest.h>

#include <array>

namespace loom::formats {
namespace {

using Type = ProtobufField::Type;
using Known = ProtobufMessage::WellKnown;

ProtobufSchema parsed(std::string_view text, const std::vector<ProtobufReference>& references = {}) {
  ParsedProtobufSchema made = parse_protobuf_schema(text, references);
  EXPECT_TRUE(made.schema) << made.problem;
  return made.schema ? std::move(*made.schema) : ProtobufSchema{};
}

std::string problem(std::string_view text, const std::vector<ProtobufReference>& references = {}) {
  const ParsedProtobufSchema made = parse_protobuf_schema(text, references);
  EXPECT_FALSE(made.schema) << text;
  return made.problem;
}

const ProtobufMessage& message_of(const ProtobufSchema& schema, std::string_view name) {
  static const ProtobufMessage kNothing;
  const ProtobufMessage* found = schema.find(name);
  EXPECT_NE(found, nullptr) << name;
  return found == nullptr ? kNothing : *found;
}

const ProtobufField& field_of(const ProtobufMessage& message, std::string_view name) {
  static const ProtobufField kNothing;
  for (const ProtobufField& field : message.fields) {
    if (field.name == name) return field;
  }
  ADD_FAILURE() << name;
  return kNothing;
}

/// What features decide of a field: p presence, r required, u UTF-8, g group.
std::string marks(const ProtobufMessage& message, std::string_view name) {
  const ProtobufField& field = field_of(message, name);
  std::string made;
  if (field.has_presence) made += 'p';
  if (field.required) made += 'r';
  if (field.type == Type::string && field.checks_utf8) made += 'u';
  if (field.type == Type::group) made += 'g';
  return made;
}

TEST(ProtobufSchema, FieldsAreInOrderOfTheirNumbersWithBothTheirNames) {
  const auto schema = parsed(R"(syntax = "proto3"; message M { int32 b_c2d_ = 7; string a = 3 [json_name = "x"]; })");
  const auto& message = message_of(schema, "M");
  ASSERT_EQ(message.fields.size(), 2U);
  EXPECT_EQ(message.fields[0].number, 3);
  EXPECT_EQ(message.fields[0].json_name, "x");
  EXPECT_EQ(message.fields[1].json_name, "bC2d");
  EXPECT_EQ(schema.find(".M"), &message);
  EXPECT_EQ(schema.find("N"), nullptr);
}

TEST(ProtobufSchema, WhatProto2AndProto3MeanWithoutSaying) {
  const auto three = parsed(R"(syntax = "proto3"; enum E { Z = 0; }
    message M { int32 i = 1; optional int32 o = 2; M m = 3; repeated int32 r = 4; string s = 5; E e = 6;
      oneof c { int32 x = 7; } })");
  const auto& m = message_of(three, "M");
  EXPECT_EQ(marks(m, "i"), "");
  EXPECT_EQ(marks(m, "o"), "p");
  EXPECT_EQ(field_of(m, "o").oneof, -1);
  EXPECT_EQ(marks(m, "m"), "p");
  EXPECT_EQ(marks(m, "r"), "");
  EXPECT_EQ(marks(m, "s"), "u");
  EXPECT_EQ(marks(m, "x"), "p");
  EXPECT_EQ(field_of(m, "x").oneof, 0);
  EXPECT_FALSE(three.enums[0].closed);
  const auto two = parsed(R"(enum E { Z = 1; Y = 1; }
    message M { required int32 i = 1; optional string s = 2; optional group G = 3 { optional E e = 1; } extensions 9; }
    extend M { optional M x = 9; })");
  EXPECT_EQ(marks(message_of(two, "M"), "i"), "pr");
  EXPECT_EQ(marks(message_of(two, "M"), "s"), "p");
  EXPECT_EQ(marks(message_of(two, "M"), "g"), "pg");
  EXPECT_EQ(message_of(two, "M.G").fields.size(), 1U);
  EXPECT_TRUE(two.enums[0].closed);
  EXPECT_EQ(two.enums[0].names.at(1), "Z");
}

TEST(ProtobufSchema, FeaturesOfEditionsAreInherited) {
  const auto schema = parsed(R"(// says its edition below
    edition = "2023";
    option features.message_encoding = DELIMITED;
    option features = { utf8_validation: NONE };
    enum C { option features.enum_type = CLOSED; ONE = 1; }
    enum O { ZERO = 0; }
    message M { option features.field_presence = IMPLICIT; reserved gone, lost; reserved 90 to 99;
      int32 i = 1; int32 e = 2 [features.field_presence = EXPLICIT];
      int32 q = 3 [features = { field_presence: LEGACY_REQUIRED }];
      M m = 4; M l = 5 [features.message_encoding = LENGTH_PREFIXED]; string s = 6;
      string v = 7 [features.utf8_validation = VERIFY]; map<string, M> map_of = 8;
      message N { int32 i = 1; } }
    message P { int32 i = 1; })");
  const auto& m = message_of(schema, "M");
  EXPECT_EQ(marks(m, "i"), "");
  EXPECT_EQ(marks(m, "e"), "p");
  EXPECT_EQ(marks(m, "q"), "pr");
  EXPECT_EQ(marks(m, "m"), "pg");
  EXPECT_EQ(marks(m, "l"), "p");
  EXPECT_EQ(marks(m, "s"), "");
  EXPECT_EQ(marks(m, "v"), "u");
  EXPECT_TRUE(field_of(m, "map_of").map);
  EXPECT_EQ(field_of(m, "map_of").type, Type::message);
  EXPECT_EQ(field_of(message_of(schema, "M.MapOfEntry"), "value").type, Type::message);
  EXPECT_EQ(marks(message_of(schema, "M.N"), "i"), "");
  EXPECT_EQ(marks(message_of(schema, "P"), "i"), "p");
  EXPECT_TRUE(schema.enums[0].closed);
  EXPECT_FALSE(schema.enums[1].closed);
}

TEST(ProtobufSchema, Edition2024HasWordsOfItsOwn) {
  const auto schema = parsed(R"(edition = "2024"; package t; import option "my/options.proto";
    export message M { local enum E { ZERO = 0; } E e = 1; S s = 2; local message = 3; }
    message local { int32 x = 1; }
    local message S { int32 x = 1; })");
  EXPECT_EQ(field_of(message_of(schema, "t.M"), "e").type, Type::enumeration);
  EXPECT_EQ(field_of(message_of(schema, "t.M"), "message").type, Type::message);
  EXPECT_EQ(schema.top.size(), 3U);
  EXPECT_EQ(problem("edition = \"2026\"; message M {}"), "edition 2026 is not one of those known: 2023 and 2024");
}

// Made by Python's protobuf 7.36.2: features are fields there that the parser's library does not know.
constexpr std::string_view kDescriptor =
    "Cgd4LnByb3RvEgF0ImUKAU0SCQoBYRgBIAEoBRISCgFiGAIgASgJQgeqAQQIASACEhYKAWMYAyABKA4yBC50LkNCBaoBAggDEhgKA3NfYhgEIAEoCz"
    "IELnQuTUIFqgECKAISCQoBbhgFIAEoCToEYgIIAioSCgFDEgcKA09ORRABGgQ6AhACQgWSAwIgA2IIZWRpdGlvbnNw";

TEST(ProtobufSchema, ADescriptorInBase64SaysTheSame) {
  const auto schema = parsed(std::string(kDescriptor) + "6Ac=");
  const auto& m = message_of(schema, "t.M");
  EXPECT_EQ(marks(m, "a"), "");
  EXPECT_EQ(marks(m, "b"), "pu");
  EXPECT_EQ(marks(m, "c"), "pr");
  EXPECT_EQ(marks(m, "s_b"), "pg");
  EXPECT_EQ(field_of(m, "s_b").json_name, "sB");
  EXPECT_EQ(marks(m, "n"), "");
  EXPECT_TRUE(schema.enums[0].closed);
  EXPECT_EQ(problem(std::string(kDescriptor) + "6gc="), "edition 1002 is not one of those known: 2023 and 2024");
}

TEST(ProtobufSchema, TheWiresIndexesCountMessagesInTheFile) {
  const auto schema = parsed(R"(syntax = "proto3"; import "a.proto";
    message A { message X {} message Y { message Z {} } } enum E { Q = 0; } message B { map<int32, int32> m = 1; })",
                             {{"a.proto", "syntax = \"proto3\"; message Other {}"}});
  const auto name = [&](std::vector<std::int32_t> indexes) {
    const ProtobufMessage* found = schema.find(indexes);
    return found == nullptr ? "-" : found->full_name;
  };
  EXPECT_EQ(name({0}), "A");
  EXPECT_EQ(name({0, 1, 0}), "A.Y.Z");
  EXPECT_EQ(name({1}), "B");
  EXPECT_EQ(name({2}), "-");
  EXPECT_EQ(name({}), "-");
  EXPECT_EQ(name({-1}), "-");
  EXPECT_EQ(name({0, 1, 0, 0}), "-");
  EXPECT_NE(schema.find("Other"), nullptr);
}

TEST(ProtobufSchema, NamesAreLookedUpFromTheInnermostScopeOutwards) {
  const auto schema = parsed(R"(syntax = "proto3"; package a.b; import "c.proto";
    message T { message T { T self = 1; .a.b.T outer = 2; b.T by_package = 3; a.c.T other = 4; T.U inner = 5;
      message U {} } T in = 1; c.T relative = 2; } message U {})",
                             {{"c.proto", "syntax = \"proto3\"; package a.c; message T {}"}});
  const auto type = [&](std::string_view message, std::string_view field) {
    return schema.messages[field_of(message_of(schema, message), field).type_index].full_name;
  };
  EXPECT_EQ(type("a.b.T.T", "self"), "a.b.T.T");
  EXPECT_EQ(type("a.b.T.T", "outer"), "a.b.T");
  EXPECT_EQ(type("a.b.T.T", "by_package"), "a.b.T");
  EXPECT_EQ(type("a.b.T.T", "other"), "a.c.T");
  EXPECT_EQ(type("a.b.T.T", "inner"), "a.b.T.T.U");
  EXPECT_EQ(type("a.b.T", "in"), "a.b.T.T");
  EXPECT_EQ(type("a.b.T", "relative"), "a.c.T");
}

TEST(ProtobufSchema, ImportsOfImportsAreSeenOnlyWhereTheyArePublic) {
  const std::string text = R"(syntax = "proto3"; import "mid.proto"; message M { Deep d = 1; })";
  const ProtobufReference deep{"deep.proto", "syntax = \"proto3\"; message Deep {}"};
  const std::string mid = R"(syntax = "proto3"; import %"deep.proto"; message Mid { Deep d = 1; })";
  const auto with = [&](const std::string& word) { return std::string(mid).replace(mid.find('%'), 1, word); };
  EXPECT_EQ(parsed(text, {deep, {"mid.proto", with("public ")}}).messages.size(), 3U);
  EXPECT_EQ(problem(text, {deep, {"mid.proto", with("")}}), "M.d: the type Deep is not known");
}

TEST(ProtobufSchema, GooglesTypesNeedNoReference) {
  const auto schema = parsed(R"(syntax = "proto3";
    import "google/protobuf/timestamp.proto"; import "google/protobuf/duration.proto";
    import "google/protobuf/struct.proto"; import "google/protobuf/wrappers.proto"; import "google/protobuf/any.proto";
    import "google/protobuf/field_mask.proto"; import "google/protobuf/empty.proto";
    import "google/protobuf/descriptor.proto"; import "google/type/date.proto"; import "google/type/timeofday.proto";
    import "google/type/datetime.proto"; import "google/type/dayofweek.proto"; import "google/type/decimal.proto";
    import "google/type/money.proto"; import "google/type/latlng.proto"; import "google/type/interval.proto";
    import "google/type/color.proto"; import "google/type/phone_number.proto"; import "google/type/month.proto";
    import "google/type/postal_address.proto"; import "google/type/fraction.proto"; import "google/type/expr.proto";
    import "google/type/quaternion.proto"; import "google/type/localized_text.proto";
    import "google/type/calendar_period.proto";
    extend google.protobuf.FieldOptions { string note = 50000; }
    message M { google.type.DateTime t = 1 [(note) = "x"]; google.protobuf.DoubleValue w = 2; })");
  const std::array<std::pair<std::string_view, Known>, 9> known{{{"Timestamp", Known::timestamp},
                                                                 {"Duration", Known::duration},
                                                                 {"Struct", Known::structure},
                                                                 {"Value", Known::value},
                                                                 {"ListValue", Known::list_value},
                                                                 {"BytesValue", Known::wrapper},
                                                                 {"Any", Known::any},
                                                                 {"FieldMask", Known::field_mask},
                                                                 {"Empty", Known::empty}}};
  for (const auto& [name, meaning] : known) {
    EXPECT_EQ(message_of(schema, "google.protobuf." + std::string(name)).known, meaning) << name;
  }
  EXPECT_EQ(field_of(message_of(schema, "google.type.Money"), "units").number, 2);
  EXPECT_EQ(field_of(message_of(schema, "google.type.DateTime"), "time_zone").number, 9);
}

TEST(ProtobufSchema, ATypeOfGooglesNameThatIsBuiltOtherwiseIsAPlainMessage) {
  const auto schema =
      parsed(R"(syntax = "proto3"; import "google/protobuf/timestamp.proto";
    message M { google.protobuf.Timestamp t = 1; })",
             {{"google/protobuf/timestamp.proto",
               "syntax = \"proto3\"; package google.protobuf; message Timestamp { string text = 1; }"}});
  EXPECT_EQ(message_of(schema, "google.protobuf.Timestamp").known, Known::none);
}

TEST(ProtobufSchema, AFileThatIsMissingMattersOnlyForItsTypes) {
  EXPECT_EQ(parsed(R"(syntax = "proto3"; import "options.proto"; message M { int32 i = 1 [(my.option) = 5]; })")
                .messages.size(),
            1U);
  EXPECT_EQ(problem(R"(syntax = "proto3"; import "other.proto"; message M { o.Other x = 1; })"),
            "M.x: the type o.Other is not known (imported, but not there: other.proto)");
}

TEST(ProtobufSchema, WhatIsWrongIsSaidWithItsLine) {
  EXPECT_EQ(problem("edition\n = \"2023\";\nmessage M {\n  int32 = 1;\n}"), "Expected field name. (line 4, column 9)");
  EXPECT_EQ(
      problem("syntax = \"proto4\";"),
      "Unrecognized syntax identifier \"proto4\".  This parser only recognizes \"proto2\" and \"proto3\". (line 1, "
      "column 10)");
  EXPECT_EQ(problem("{\"type\":\"record\"}"), "Expected top-level statement (e.g. \"message\"). (line 1, column 20)");
  EXPECT_EQ(problem("syntax = \"proto3\"; message M { int32 a = 1; int32 b = 1; }"), "M: two fields have the number 1");
  EXPECT_EQ(problem("syntax = \"proto3\"; message M { int32 a = 0; }"), "M.a: 0 is no number for a field");
  EXPECT_EQ(problem("syntax = \"proto3\"; message M {} message M {}"), "M is defined twice");
  EXPECT_EQ(problem("syntax = \"proto3\"; import \"a\"; message M {}", {{"a", "mess"}}).substr(0, 3), "a: ");
  std::string deep = "syntax = \"proto3\";";
  for (int i = 0; i < 100'000; ++i) deep += "message M {";
  EXPECT_EQ(problem(deep), "it is nested too deep");
}

TEST(ProtobufSchema, ASetOfDescriptorsHasAllItsMessages) {
  // Two files, of which the second imports the first.
  std::string set = std::string(
      "\x0a\x0e\x0a\x07"
      "a.proto\x22\x03\x0a\x01"
      "A",
      16);
  set += std::string(
      "\x0a\x26\x0a\x07"
      "b.proto\x1a\x07"
      "a.proto\x22\x12\x0a\x01"
      "B\x12\x0d\x0a\x01"
      "f\x18\x01\x20\x01\x28\x0b\x32\x02.A",
      40);
  const ParsedProtobufSchema made = parse_descriptor_set(set);
  ASSERT_TRUE(made.schema) << made.problem;
  EXPECT_NE(made.schema->find("A"), nullptr);
  ASSERT_EQ(made.schema->top.size(), 1U);
  EXPECT_EQ(made.schema->find(std::vector<std::int32_t>{0})->full_name, "B");
  EXPECT_EQ(field_of(message_of(*made.schema, "B"), "f").type, Type::message);
  EXPECT_EQ(parse_descriptor_set("\x0a\x05").problem, "it is no FileDescriptorSet");
  EXPECT_EQ(parse_descriptor_set("").problem, "it is a FileDescriptorSet without a file");
}

}  // namespace
}  // namespace loom::formats
