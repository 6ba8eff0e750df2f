// Lists: their elements one by one, by their places, and as rows of array mappings.

#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "avro_fixture.h"
#include "mapping/paths.h"

namespace loom::decode {
namespace {

using testing::AvroRun;
using testing::in_words;
using testing::slots;

std::string record_with(const std::string& type) {
  return R"({"type":"record","name":"R","fields":[{"name":"l","type":)" + type + R"(},{"name":"z","type":"int"}]})";
}
const std::string kItem =
    R"({"type":"record","name":"I","fields":[{"name":"sku","type":"string"},{"name":"n","type":["null","int"]}]})";
const std::string kItems = record_with(R"({"type":"array","items":)" + kItem + "}");
const std::string kInts = record_with(R"({"type":"array","items":"int"})");

TEST(AvroLists, ElementsAreFoundByTheirPlaces) {
  const std::vector<std::string> paths{"l[0]", "l[2]", "l[3]", "l[-1]", "l[-3]", "l[-4]", "z"};
  EXPECT_EQ(slots(kInts, paths, "06 02 04 06 00 08"), "integer 1, integer 3, -, integer 3, integer 1, -, integer 4");
  EXPECT_EQ(slots(kInts, paths, "00 08"), "-, -, -, -, -, -, integer 4");
  // In blocks, with their sizes and without.
  EXPECT_EQ(slots(kInts, paths, "03 04 02 04 02 06 00 08"),
            "integer 1, integer 3, -, integer 3, integer 1, -, integer 4");
  EXPECT_EQ(slots(kItems, {"l[0].sku", "l[-1].sku", "l[-1].n", "l[1]", "z"}, "04 0261 00 0262 0206 00 08"),
            "string \"a\", string \"b\", integer 3, object, integer 4");
  EXPECT_EQ(slots(record_with(R"({"type":"array","items":{"type":"array","items":"int"}})"), {"l[1][-1]", "z"},
                  "04 02 02 00 06 04 06 08 00 00 0a"),
            "integer 4, integer 5");
}

TEST(AvroLists, UnwantedOnesArePassedOver) {
  EXPECT_EQ(slots(kItems, {"z"}, "04 0261 00 0262 0206 00 08"), "integer 4");
  EXPECT_EQ(slots(kItems, {"z"}, "03 ff010000"), AvroRun(kItems, std::vector<std::string>{"z"}).problem("03 ff010000"));
  EXPECT_EQ(slots(kItems, {"z"}, "03 06 ffffff 00 08"), "integer 4") << "by the block's size, unread";
  EXPECT_EQ(
      slots(record_with(R"({"type":"array","items":"double"})"), {"z"}, "04 0000000000000000 0000000000000000 00 08"),
      "integer 4");
  EXPECT_EQ(slots(record_with(R"({"type":"map","values":"string"})"), {"z"}, "02 0261 0262 01 06 0263 00 00 08"),
            "integer 4");
  EXPECT_EQ(slots(kInts, {"l", "z"}, "02 02 00 08"), "array, integer 4");
  EXPECT_EQ(slots(kInts, {"!l", "z"}, "04 02 03 00 08"), "array [1,-2], integer 4");
}

TEST(AvroLists, ElementsAreCollectedWithTheirKinds) {
  const auto collected = [](const std::string& type, std::string_view hex) {
    AvroRun run(record_with(type), {"*l", "z"});
    if (const auto reject = run.run(testing::bytes_of(hex))) return reject->message;
    const Value& list = run.values().slot(0);
    std::string all = in_words(list) + ":";
    for (std::uint32_t i = 0; i < list.count; ++i) all += " " + in_words(run.values().elements_of(list)[i]);
    return all + "; " + in_words(run.values().slot(1));
  };
  EXPECT_EQ(collected(R"({"type":"array","items":"int"})", "04 02 04 02 06 00 08"),
            "array: integer 1 integer 2 integer 3; integer 4");
  EXPECT_EQ(collected(R"({"type":"array","items":["null","string"]})", "04 00 02 0261 00 08"),
            "array: null string \"a\"; integer 4");
  EXPECT_EQ(collected(R"({"type":"array","items":)" + kItem + "}", "04 0261 00 0262 0206 00 08"),
            R"(array: object {"sku":"a","n":null} object {"sku":"b","n":3}; integer 4)");
  EXPECT_EQ(collected(R"({"type":"array","items":{"type":"array","items":"int"}})", "04 02 02 00 00 00 08"),
            "array [[1],[]]: array [1] array []; integer 4");
  EXPECT_EQ(collected(R"(["null",{"type":"array","items":"int"}])", "00 08"), "null:; integer 4");
}

Wanted exploded(const std::vector<std::string>& element, const std::vector<std::string>& message) {
  Wanted wanted;
  wanted.message = testing::paths_for(message);
  wanted.message.tree.nodes[mapping::add_node(wanted.message.tree, "l")].array = 0;
  wanted.elements.push_back(testing::paths_for(element));
  return wanted;
}

std::string rows(const std::string& schema, const Wanted& wanted, std::string_view hex) {
  AvroRun run(schema, wanted);
  std::string all = run.slots(hex);
  const auto& array = run.values().array(0);
  all += " | " + in_words(array.value);
  for (std::uint32_t i = 0; i < array.count; ++i) {
    all += " |";
    for (std::size_t slot = 0; slot < wanted.elements[0].tree.slots; ++slot) {
      all += " " + in_words(run.values().element_slots_of(0, i)[slot]);
    }
  }
  return all;
}

TEST(AvroLists, ArrayMappingsTakeTheFieldsOfEachElement) {
  const Wanted wanted = exploded({"sku", "n", "nope"}, {"z"});
  EXPECT_EQ(rows(kItems, wanted, "02 0261 00 01 08 0262 0206 00 08"),
            "integer 4 | array | string \"a\" null - | string \"b\" integer 3 -");
  EXPECT_EQ(rows(kItems, wanted, "00 08"), "integer 4 | array");
  EXPECT_EQ(rows(record_with(R"(["null",{"type":"array","items":)" + kItem + "}]"), wanted, "00 08"),
            "integer 4 | null");
  EXPECT_EQ(rows(record_with("\"string\""), wanted, "045b5d 08"), "integer 4 | string \"[]\"");
  EXPECT_EQ(rows(record_with(kItem), wanted, "0261 00 08"), R"(integer 4 | object {"sku":"a","n":null})");
}

TEST(AvroLists, AnElementItselfIsTakenWhereItIsAScalar) {
  const Wanted wanted = exploded({"", "sku"}, {"z"});
  EXPECT_EQ(rows(kInts, wanted, "04 02 04 00 08"), "integer 4 | array | integer 1 - | integer 2 -");
  EXPECT_EQ(rows(kItems, wanted, "02 0261 00 00 08"), "integer 4 | array | - string \"a\"");
  const std::string mixed = record_with(R"({"type":"array","items":["null","int",)" + kItem + "]}");
  EXPECT_EQ(rows(mixed, wanted, "06 00 0204 04 0261 00 00 08"),
            "integer 4 | array | null - | integer 2 - | - string \"a\"");
}

TEST(AvroLists, OneListServesSeveralWishes) {
  const Wanted wanted = exploded({"sku"}, {"*l", "l[0].sku", "l[-1].sku", "z"});
  EXPECT_EQ(rows(kItems, wanted, "04 0261 00 0262 0206 00 08"),
            "array, string \"a\", string \"b\", integer 4 | array | string \"a\" | string \"b\"");
}

TEST(AvroLists, TheMessageItselfMayBeTheList) {
  Wanted wanted;
  wanted.message.tree.nodes[0].array = 0;
  wanted.elements.push_back(testing::paths_for({"sku", "n"}));
  wanted.root = true;
  AvroRun run(R"({"type":"array","items":)" + kItem + "}", wanted);
  ASSERT_FALSE(run.run(testing::bytes_of("04 0261 00 0262 0206 00")));
  EXPECT_EQ(run.values().array(0).count, 2U);
  EXPECT_EQ(in_words(run.values().element_slots_of(0, 1)[0]), "string \"b\"");
  EXPECT_EQ(in_words(run.values().root), R"(array [{"sku":"a","n":null},{"sku":"b","n":3}])");
}

TEST(AvroLists, TextsStayWhereTheyAreHoweverMany) {
  Wanted wanted{.message = testing::paths_for({"*l"})};
  wanted.message.wishes[0].json = true;
  AvroRun run(kItems, wanted);
  std::string bytes;
  const std::string long_name(100, 'x');
  for (int i = 0; i < 2000; ++i) bytes += std::string("\x02\xc8\x01", 3) + long_name + std::string(1, '\0');
  for (int again = 0; again < 3; ++again) {
    ASSERT_FALSE(run.run(bytes + std::string("\0\x02", 2)));
    const Value& list = run.values().slot(0);
    ASSERT_EQ(list.count, 2000U);
    for (std::uint32_t i = 0; i < list.count; ++i) {
      ASSERT_EQ(run.values().elements_of(list)[i].text, R"({"sku":")" + long_name + R"(","n":null})");
    }
  }
}

}  // namespace
}  // namespace loom::decode
