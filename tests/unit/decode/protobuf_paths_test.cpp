// Wanted paths of Protobuf messages: slots, elements, lists of array mappings.

#include <gtest/gtest.h>

#include "protobuf_fixture.h"

namespace loom::decode {
namespace {

using testing::ProtoReader;
using testing::sized;

const std::string kProto = R"(syntax = "proto3"; package t;
enum E { ZERO = 0; ONE = 1; NEG = -1; }
message Sub { int32 a = 1; string s = 2; Sub deep = 3; repeated int32 r = 4; optional int32 o = 5;
  oneof inner { int32 u = 6; int32 w = 7; } }
message M { int32 i = 1; uint64 u = 2; string s = 3; bytes y = 4; E e = 5; Sub sub = 6; repeated Sub many = 7;
  repeated sint64 z = 8; map<string, int32> m = 9; map<int64, Sub> ms = 10; float f = 11; double d = 12; bool b = 13;
  oneof c { int32 ci = 14; string cs = 15; Sub cm = 16; int32 unwanted = 17; }
  optional string os = 18; int32 snake_case = 19; int32 other = 20 [json_name = "AnotherName"];
  repeated E es = 21; repeated string words = 22; map<bool, string> mb = 23; int32 far = 5000; fixed64 x = 24; })";

std::string read(const std::vector<std::string>& paths, std::string_view hex) {
  return ProtoReader(kProto, "t.M", paths).read(hex);
}
/// A message `Sub` of one field `a`.
std::string sub(int a) { return std::string("\x08", 1) + static_cast<char>(a); }

TEST(ProtobufPaths, EachTypeHasItsKind) {
  EXPECT_EQ(
      read({"i", "u", "s", "y", "e", "f", "d", "b", "x"},
           "08ffffffffffffffffff01 10ffffffffffffffffff01 1a03c3a900 2202ff00 2801 5dcdcc8c3f 61000000000000f83f"
           " 6807 c101ffffffffffffff7f"),
      "-1 18446744073709551615 '\xC3\xA9" + std::string(1, '\0') + "'0 b/wA= ONE=1 f1.1 d1.5 true 9223372036854775807");
  EXPECT_EQ(read({"e", "far"}, "28ffffffffffffffffff01 c0b80205"), "NEG=-1 5");
  EXPECT_EQ(read({"e"}, "2807"), "7");
}

TEST(ProtobufPaths, WhatIsNotOnTheWireHasItsDefaultWhereItHasNoPresence) {
  EXPECT_EQ(read({"i", "u", "s", "y", "e", "f", "d", "b", "os", "sub", "sub.a", "ci", "z", "m", "m.k", "many"}, ""),
            "0 0 '' b ZERO=0 f0 d0 false - - - - [] {} - []");
  EXPECT_EQ(read({"sub", "sub.a", "sub.s", "sub.o", "sub.deep.a", "sub.r"}, "3200"), "{..} 0 '' - - []");
}

TEST(ProtobufPaths, ADefaultOfOneMessageDoesNotOutliveIt) {
  ProtoReader reader(kProto, "t.M", std::vector<std::string>{"sub.a", "os", "i"});
  EXPECT_EQ(reader.read("32020805 920101 78 0807"), "5 'x' 7");
  EXPECT_EQ(reader.read(""), "- - 0");
}

TEST(ProtobufPaths, NamesAreThoseOfTheTextAndOfJson) {
  EXPECT_EQ(read({"snake_case", "other"}, "9801 05 a001 06"), "5 6");
  EXPECT_EQ(read({"snakeCase", "AnotherName", "nobody"}, "9801 05 a001 06"), "5 6 -");
  EXPECT_EQ(read({"snakeCase", "snake_case"}, "9801 05"), "5 5");
}

TEST(ProtobufPaths, TheLastValueWinsAndMessagesAreMerged) {
  EXPECT_EQ(read({"i"}, "0801 0802"), "2");
  EXPECT_EQ(read({"sub.a", "sub.s", "j sub"}, "3205 0801 120178 3202 0802"), "2 'x' {\"a\":2,\"s\":\"x\"}");
  EXPECT_EQ(read({"sub.deep.a", "sub.deep.s"}, "3204 1a02 0801 3205 1a03 120178"), "1 'x'");
  EXPECT_EQ(read({"*sub.r"}, "3203 220101 3202 2002"), "<1,2>");
}

TEST(ProtobufPaths, OfAOneofTheLastMemberIsThere) {
  EXPECT_EQ(read({"ci", "cs", "cm", "cm.a", "cm.s"}, "7005 7a0178"), "- 'x' - - -");
  EXPECT_EQ(read({"ci", "cm.a", "cm.s", "j cm"}, "820104 0801 1200 7005 820103 120178"), "- 0 'x' {\"s\":\"x\"}");
  EXPECT_EQ(read({"ci", "cm.a"}, "820102 0801 880105"), "- -");
  EXPECT_EQ(read({"cm.u", "cm.w"}, "820102 3001 7005 820102 3802"), "- 2");
  EXPECT_EQ(read({"ci"}, "70ffff"), "not_decodable: the message is no t.M: in ci it ends too early (byte 4)");
  // Another wire type is another field.
  EXPECT_EQ(read({"ci", "cs"}, "7005 7805"), "5 -");
}

TEST(ProtobufPaths, ElementsOfListsThatLieApart) {
  EXPECT_EQ(read({"*z", "z[0]", "z[-1]", "z[1]", "z[9]", "z[-9]"}, "4002 0801 4202 0406 0802 4008"),
            "<1,2,3,4> 1 4 2 - -");
  EXPECT_EQ(
      read({"many[0].a", "many[-1].a", "many[1].deep.a", "j many", "*many"}, "3a02 0801 0801 3a06 0802 1a02 0809"),
      "1 2 9 [{\"a\":1},{\"a\":2,\"deep\":{\"a\":9}}]<{\"a\":1},{\"a\":2,\"deep\":{\"a\":9}}>");
  EXPECT_EQ(read({"*es", "es[1]"}, "aa0103 000107 a801 01"), "<ZERO=0,ONE=1,7,ONE=1> ONE=1");
  EXPECT_EQ(read({"*words"}, "b20101 61 b20100"), "<'a',''>");
  EXPECT_EQ(read({"many[0].r[-1]", "many[0].r[0]"}, "3a04 22020506"), "6 5");
  EXPECT_EQ(read({"z[0]", "many[0]"}, ""), "- -");
  EXPECT_EQ(read({"many[0]", "j many[1]"}, "3a00 3a020801"), "{..} {\"a\":1}");
}

TEST(ProtobufPaths, MapsAreObjects) {
  EXPECT_EQ(read({"m.a", "m.b", "m.c", "j m"}, "4a05 0a0161 1001 4a05 0a0162 1002 4a05 0a0161 1003"),
            "3 2 - {\"a\":3,\"b\":2}");
  EXPECT_EQ(read({"ms.\"-1\".a", "ms.5", "ms.5.s", "j ms"}, "520f 08ffffffffffffffffff01 1202 0807 5202 0805"),
            "7 {..} '' {\"-1\":{\"a\":7},\"5\":{}}");
  EXPECT_EQ(read({"mb.true", "mb.false"}, "ba0105 0801 120178 ba0100"), "'x' ''");
  // Within one entry messages are merged, from entry to entry they are not.
  EXPECT_EQ(read({"ms.1.a", "ms.1.s"}, "520b 0801 1202 0807 1203 120178"), "7 'x'");
  EXPECT_EQ(read({"ms.1.a", "ms.1.s"}, "5206 0801 1202 0807 5207 0801 1203 120178"), "0 'x'");
}

TEST(ProtobufPaths, AnArrayMappingTakesTheListsElements) {
  Wanted wanted;
  wanted.message = testing::wanted_paths({"i"});
  const auto node = mapping::add_node(wanted.message.tree, "many");
  wanted.message.tree.nodes[node].array = 0;
  const auto numbers = mapping::add_node(wanted.message.tree, "z");
  wanted.message.tree.nodes[numbers].array = 1;
  wanted.elements = {testing::wanted_paths({"a", "deep.s", "*r", "o"}), testing::wanted_paths({""})};
  ProtoReader reader(kProto, "t.M", wanted);
  const auto elements = [&](std::size_t array, std::size_t slots) {
    const Values& values = reader.values();
    std::string text = testing::in_words(values.array(array).value, values);
    for (std::uint32_t i = 0; i < values.array(array).count; ++i) {
      text += " |";
      for (std::size_t k = 0; k < slots; ++k) {
        text += " " + testing::in_words(values.element_slots_of(array, i)[k], values);
      }
    }
    return text;
  };
  EXPECT_EQ(reader.read("3a08 0801 1a02 1200 2801 4202 0204 0809 3a05 0802 220105 4006"), "9");
  EXPECT_EQ(elements(0, 4), "[..] | 1 '' [] 1 | 2 - <5> -");
  EXPECT_EQ(elements(1, 1), "[..] | 1 | 2 | 3");
  EXPECT_EQ(reader.read(""), "0");
  EXPECT_EQ(elements(0, 4), "[]");
}

TEST(ProtobufPaths, ListsBelowAMessageThatIsNotThereAreNotThere) {
  Wanted wanted;
  const auto node = mapping::add_node(wanted.message.tree, "sub.r");
  wanted.message.tree.nodes[node].array = 0;
  wanted.elements = {testing::wanted_paths({""})};
  ProtoReader reader(kProto, "t.M", wanted);
  EXPECT_EQ(reader.read(""), "");
  EXPECT_EQ(reader.values().array(0).value.kind, Value::Kind::absent);
  EXPECT_EQ(reader.read("3200"), "");
  EXPECT_EQ(reader.values().array(0).value.kind, Value::Kind::array);
  EXPECT_EQ(reader.read("3204 22020506"), "");
  EXPECT_EQ(reader.values().array(0).count, 2U);
}

TEST(ProtobufPaths, TextsStayWhereTheyAreWhileOthersAreMade) {
  std::string bytes = sized(6, sub(1));
  for (int i = 0; i < 3000; ++i) bytes += sized(7, sub(i % 100));
  ProtoReader reader(kProto, "t.M", std::vector<std::string>{"j sub", "u", "j many", "*many"});
  for (int round = 0; round < 2; ++round) {
    const std::string read = reader.read_bytes(testing::from_hex("10ffffffffffffffffff01") + bytes);
    EXPECT_TRUE(read.starts_with("{\"a\":1} 18446744073709551615 [{},{\"a\":1},{\"a\":2},")) << read.substr(0, 60);
    EXPECT_TRUE(read.ends_with("{\"a\":98},{\"a\":99}>")) << read.substr(read.size() - 60);
  }
}

const std::string kKnown = R"(syntax = "proto3"; package t;
import "google/protobuf/timestamp.proto"; import "google/protobuf/duration.proto";
import "google/protobuf/struct.proto"; import "google/protobuf/wrappers.proto"; import "google/type/money.proto";
message W { google.protobuf.Timestamp t = 1; google.protobuf.Duration d = 2; google.protobuf.Struct st = 3;
  google.protobuf.Value v = 4; google.protobuf.ListValue l = 5; google.protobuf.Int64Value i = 6;
  google.protobuf.StringValue s = 7; repeated google.protobuf.Timestamp ts = 8; google.type.Money money = 9;
  repeated google.protobuf.Int64Value is = 10; oneof c { google.protobuf.Timestamp ct = 11; int32 ci = 12; } })";

std::string known(const std::vector<std::string>& paths, std::string_view hex) {
  return ProtoReader(kKnown, "t.W", paths).read(hex);
}

TEST(ProtobufPaths, TimesAreInstants) {
  EXPECT_EQ(known({"t", "d"}, ""), "- -");
  EXPECT_EQ(known({"t", "d"}, "0a00 1200"), "@0/6 PT0S");
  EXPECT_EQ(known({"t"}, "0a05 0801 108827"), "@1000005/6");
  EXPECT_EQ(known({"t"}, "0a04 0801 1001"), "@1000000001/9");
  EXPECT_EQ(known({"t"}, "0a0d 08ff82d1ffaf07 10ff93ebdc03"), "@253402300799999999/6");
  EXPECT_EQ(known({"t"}, "0a0a 08ffffffffffffffff7f"), "@9223372036854775807/0");
  // In two pieces it is one message all the same.
  EXPECT_EQ(known({"t"}, "0a02 0801 0a03 10e807"), "@1000001/6");
  EXPECT_EQ(known({"d"}, "1208 0803 1080cab5ee01"), "PT3.5S");
  EXPECT_EQ(known({"*ts", "ts[-1]"}, "4202 0801 4200"), "<@1000000/6,@0/6> @0/6");
  EXPECT_EQ(known({"ct", "ci"}, "5a02 0801 6005"), "- 5");
  EXPECT_EQ(known({"ct", "ci"}, "5a02 0801 6005 5a03 10e807"), "@1/6 -");
  // What it does not know is passed over.
  EXPECT_EQ(known({"t"}, "0a04 1a00 0801"), "@1000000/6");
  EXPECT_EQ(known({"t"}, "0a02 0880"), "not_decodable: the message is no t.W: in t it ends too early (byte 5)");
  // Nothing stays for the next message.
  ProtoReader reader(kKnown, "t.W", std::vector<std::string>{"t"});
  EXPECT_EQ(reader.read("0a02 0801"), "@1000000/6");
  EXPECT_EQ(reader.read("0a03 10e807"), "@1/6");
}

TEST(ProtobufPaths, FieldsMayComeInAnyOrderAndAgain) {
  const std::vector<std::string> both{"money.currency_code", "money.currencyCode", "money.units"};
  EXPECT_EQ(known(both, "4a07 0a03455552 1007"), "'EUR' 'EUR' 7");
  EXPECT_EQ(known(both, "4a07 1007 0a03455552"), "'EUR' 'EUR' 7");
  EXPECT_EQ(known(both, "4a0c 0a03455552 0a03555344 1007"), "'USD' 'USD' 7");
  EXPECT_EQ(known({"money.units", "money.nanos"}, "4a0a 1007 1809 1006 1808 1805"), "6 5");
  EXPECT_EQ(known({"money.units", "ci"}, "6001 4a02 1007 6002 4a02 1008"), "8 2");
}

TEST(ProtobufPaths, WrappersAreTheirValues) {
  EXPECT_EQ(known({"i", "s"}, ""), "- -");
  EXPECT_EQ(known({"i", "s"}, "3200 3a00"), "0 ''");
  EXPECT_EQ(known({"i", "s"}, "3202 0805 3a03 0a0161"), "5 'a'");
  EXPECT_EQ(known({"*is"}, "5202 0805 5200"), "<5,0>");
  EXPECT_EQ(known({"money.currency_code", "money.units", "money.nanos"}, "4a07 0a03455552 1007"), "'EUR' 7 0");
}

TEST(ProtobufPaths, StructsAndValuesAreTheirJson) {
  // {"a": 1, "o": {"k": "x"}, "l": [true, null]}
  const std::string a = sized(1, sized(1, "a") + sized(2, testing::from_hex("11000000000000f03f")));
  const std::string o = sized(1, sized(1, "o") + sized(2, sized(5, sized(1, sized(1, "k") + sized(2, sized(3, "x"))))));
  const std::string l =
      sized(1, sized(1, "l") + sized(2, sized(6, sized(1, testing::from_hex("2001")) + sized(1, sized(0, "")))));
  const std::string list = sized(
      1, sized(1, "l") + sized(2, sized(6, sized(1, testing::from_hex("2001")) + sized(1, testing::from_hex("0800")))));
  const std::vector<std::string> paths{"st.a", "st.o.k", "st.l[0]", "st.l[-1]", "j st.o", "j st", "*st.l", "st.x"};
  ProtoReader reader(kKnown, "t.W", paths);
  EXPECT_EQ(reader.read_bytes(sized(3, a + o + list)),
            "d1 'x' true null {\"k\":\"x\"} {\"a\":1,\"l\":[true,null],\"o\":{\"k\":\"x\"}} [true,null]<true,null> -");
  EXPECT_EQ(reader.read_bytes(sized(3, l)),
            "not_decodable: the message is no t.W: in st a tag has no field's number "
            "(byte 18)");
  ProtoReader value(kKnown, "t.W", std::vector<std::string>{"j v", "v.a", "v[0]"});
  EXPECT_EQ(value.read_bytes(sized(4, sized(5, a))), "{\"a\":1} d1 -");
  EXPECT_EQ(value.read("2200"), "null - -");
  EXPECT_EQ(value.read_bytes(sized(4, sized(3, "t"))), "'t' - -");
  ProtoReader plain(kKnown, "t.W", std::vector<std::string>{"l[0]", "l"});
  EXPECT_EQ(plain.read_bytes(sized(5, sized(1, sized(3, "t")))), "'t' [..]");
}

}  // namespace
}  // namespace loom::decode
