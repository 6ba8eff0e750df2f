// Bytes that no library would write, and limits.

#include <gtest/gtest.h>

#include <random>

#include "protobuf_fixture.h"

namespace loom::decode {
namespace {

using testing::ProtoReader;
using testing::sized;

const std::string kWireProto = R"(syntax = "proto2"; package t;
enum C { ONE = 1; TWO = 2; }
message S { optional int32 i = 1; optional string s = 2; optional S sub = 3; repeated C cs = 4; optional C c = 5;
  optional group G = 6 { optional int32 x = 1; optional group H = 2 { optional int32 y = 1; } }
  oneof o { C oc = 7; string os = 8; } map<string, C> mc = 9; repeated int32 r = 10 [packed = true];
  repeated group RG = 11 { optional int32 x = 1; } optional bytes y = 12; })";

std::string read_wire(const std::vector<std::string>& paths, std::string_view hex) {
  return ProtoReader(kWireProto, "t.S", paths).read(hex);
}

std::string refused(std::string_view hex) {
  const std::string text = read_wire({"i", "s", "sub.s", "*r", "sub.g.x"}, hex);
  const std::string start = "not_decodable: the message is no t.S: ";
  return text.starts_with(start) ? text.substr(start.size()) : text;
}

TEST(ProtobufWire, WhatCannotBeReadNamesItsFieldAndByte) {
  EXPECT_EQ(refused("08"), "in i it ends too early (byte 2)");
  EXPECT_EQ(refused("0880"), "in i it ends too early (byte 3)");
  EXPECT_EQ(refused("1a03 120561"), "in sub.s a length leads beyond the end (byte 4)");
  EXPECT_EQ(refused("0005"), "a tag has no field's number (byte 1)");
  EXPECT_EQ(refused("80808080 800105"), "a tag has no field's number (byte 1)");
  EXPECT_EQ(refused("7e"), "a tag has a wire type that does not exist (byte 2)");
  EXPECT_EQ(refused("7f"), "a tag has a wire type that does not exist (byte 2)");
  EXPECT_EQ(refused("08ffffffffffffffffffff01"), "in i a varint has more than ten bytes (byte 2)");
  EXPECT_EQ(refused("0c"), "in i a group ends that has not begun (byte 2)");
  EXPECT_EQ(refused("7c"), "a group ends that has not begun (byte 2)");
  EXPECT_EQ(refused("7b 0801"), "it ends too early (byte 4)");
  EXPECT_EQ(refused("7b 84017c"), "a group ends that has not begun (byte 2)");
  EXPECT_EQ(refused("7d000000"), "it ends too early (byte 5)");
  EXPECT_EQ(refused("7900"), "it ends too early (byte 3)");
  EXPECT_EQ(refused("7205"), "a length leads beyond the end (byte 2)");
  EXPECT_EQ(refused("5202 0180"), "in r it ends too early (byte 5)");
}

TEST(ProtobufWire, AnotherWireTypeThanTheSchemasIsAnUnknownField) {
  EXPECT_EQ(read_wire({"i", "s"}, "0d01000000 1005"), "- -");
  EXPECT_EQ(read_wire({"g.x", "sub.i"}, "3202 0805 1b 0805 1c"), "- -");
}

TEST(ProtobufWire, GroupsAreMessages) {
  EXPECT_EQ(read_wire({"g.x", "g.h.y", "j g"}, "33 0805 13 0806 14 34"), "5 6 {\"x\":5,\"h\":{\"y\":6}}");
  EXPECT_EQ(read_wire({"g.x", "g.h.y"}, "33 0805 34 33 13 0806 14 34"), "5 6");
  EXPECT_EQ(read_wire({"rg[-1].x", "*rg"}, "5b 0801 5c 5b 0802 5c"), "2 <{\"x\":1},{\"x\":2}>");
}

TEST(ProtobufWire, NumbersThatAClosedEnumerationDoesNotHaveAreUnknown) {
  EXPECT_EQ(read_wire({"c", "j mc", "mc.k"}, "2801 2807 4a05 0a016b 1007"), "ONE=1 {} -");
  EXPECT_EQ(read_wire({"*cs", "cs[1]"}, "2001 2007 2203 010702"), "<ONE=1,ONE=1,TWO=2> ONE=1");
  EXPECT_EQ(read_wire({"oc", "os"}, "420161 3807"), "- 'a'");
  EXPECT_EQ(read_wire({"oc", "os"}, "420161 3802"), "TWO=2 -");
}

TEST(ProtobufWire, TextsAreUtf8WhereTheyAreWanted) {
  EXPECT_EQ(read_wire({"s"}, "1202c328"), "invalid_text: the message is no t.S: in s a text is no UTF-8 (byte 3)");
  EXPECT_EQ(read_wire({"i"}, "1202c328"), "-");
  EXPECT_EQ(read_wire({"j sub"}, "1a04 1202c328"),
            "invalid_text: the message is no t.S: in sub.s a text is no UTF-8 (byte 5)");
  EXPECT_EQ(read_wire({"s"}, "120a 61626364656667686900"), "'abcdefghi" + std::string(1, '\0') + "'0");
}

std::string nested(int levels) {
  std::string bytes;
  for (int i = 0; i < levels; ++i) bytes = sized(3, bytes);
  return bytes;
}

TEST(ProtobufWire, AHundredMessagesInMessagesAreReadAndNotAThousand) {
  ProtoReader reader(kWireProto, "t.S", Wanted{.root = true});
  std::string expected = "{}";
  for (int i = 0; i < 150; ++i) expected.insert(0, "{\"sub\":").append("}");
  EXPECT_EQ(reader.read_bytes(nested(150)), expected);
  EXPECT_NE(reader.read_bytes(nested(1001)).find("messages are nested too deep"), std::string::npos);
  ProtoReader unwanted(kWireProto, "t.S", std::vector<std::string>{"i"});
  EXPECT_EQ(unwanted.read_bytes(nested(5000)), "-");
  EXPECT_EQ(unwanted.read_bytes(std::string(100, '\x7B') + std::string(100, '\x7C')), "-");
  EXPECT_EQ(unwanted.read_bytes(std::string(101, '\x7B') + std::string(101, '\x7C')),
            "not_decodable: the message is no t.S: messages are nested too deep (byte 101)");
}

TEST(ProtobufWire, LongListsAndMapsTakeLinearTime) {
  std::string bytes;
  for (int i = 0; i < 200'000; ++i) {
    bytes += testing::from_hex("5001");
    bytes += sized(9, sized(1, std::to_string(i)) + testing::from_hex("1001"));
  }
  ProtoReader reader(kWireProto, "t.S", std::vector<std::string>{"*r", "r[-1]", "mc.199999", "mc.7", "j mc"});
  const std::string read = reader.read_bytes(bytes);
  EXPECT_TRUE(read.find(" 1 ONE=1 ONE=1 {\"0\":\"ONE\",") != std::string::npos) << read.substr(0, 100);
  EXPECT_EQ(reader.values().slots[0].count, 200'000U);
}

TEST(ProtobufWire, RandomChangesNeverLeadBeyondTheBytes) {
  const std::string base = testing::from_hex(
      "0801 120161 1a0a 0805 120162 33 0805 34 22020102 2801 33 0805 13 0806 14 34 3801 420161 4a05 0a016b 1001 "
      "5203010203"
      "5b 0801 5c 6201ff");
  Wanted wanted;
  wanted.root = true;
  wanted.message = testing::wanted_paths({"i", "s", "sub.s", "j sub", "*cs", "c", "g.h.y", "oc", "os", "mc.k", "j mc",
                                          "r[-1]", "rg[0].x", "y", "sub.sub.mc.k"});
  const auto node = mapping::add_node(wanted.message.tree, "rg");
  wanted.message.tree.nodes[node].array = 0;
  wanted.elements = {testing::wanted_paths({"x"})};
  ProtoReader reader(kWireProto, "t.S", wanted);
  std::mt19937 random(20);
  std::size_t accepted = 0;
  for (int round = 0; round < 30'000; ++round) {
    std::string bytes = base;
    for (auto changes = random() % 4 + 1; changes > 0; --changes) {
      const std::size_t at = random() % bytes.size();
      switch (random() % 3) {
        case 0:
          bytes[at] = static_cast<char>(random());
          break;
        case 1:
          bytes.insert(at, 1, static_cast<char>(random()));
          break;
        default:
          bytes.erase(at, random() % 3);
      }
      if (bytes.empty()) bytes = base;
    }
    const std::string read = reader.read_bytes(bytes);
    if (read.starts_with('{')) ++accepted;
  }
  EXPECT_GT(accepted, 200U);
  EXPECT_LT(accepted, 29'000U);
}

}  // namespace
}  // namespace loom::decode
