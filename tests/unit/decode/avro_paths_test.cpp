// Wanted paths through records, unions and maps.

#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "avro_fixture.h"

namespace loom::decode {
namespace {

using testing::AvroRun;
using testing::slots;

const std::string kOrder = R"({"type":"record","name":"Order","fields":[
  {"name":"id","type":"long"},
  {"name":"name","type":"string","aliases":["title"]},
  {"name":"ok","type":"boolean"},
  {"name":"price","type":"double"},
  {"name":"at","type":{"type":"record","name":"Place","fields":[
    {"name":"lat","type":"float"},{"name":"lon","type":"float"},{"name":"town","type":["null","string"]}]}},
  {"name":"state","type":{"type":"enum","name":"S","symbols":["NEW","OLD"]}},
  {"name":"last","type":"int"}]})";
const std::string kOrderBytes = "0e 04 6162 01 000000000000f83f 0000003f 0000403f 02 0263 02 09";

TEST(AvroPaths, LeadToFieldsAtAnyDepth) {
  EXPECT_EQ(slots(kOrder, {"id", "name", "ok", "price", "at.lat", "at.lon", "at.town", "state", "last"}, kOrderBytes),
            "integer 7, string \"ab\", boolean true, real 1.5, single 0.5, single 0.75, string \"c\", enum \"OLD\", "
            "integer -5");
  EXPECT_EQ(slots(kOrder, {"last"}, kOrderBytes), "integer -5");
  EXPECT_EQ(slots(kOrder, {"at.town", "id"}, kOrderBytes), "string \"c\", integer 7");
  EXPECT_EQ(slots(kOrder, {"at.lon"}, kOrderBytes), "single 0.75");
  EXPECT_EQ(slots(kOrder, {}, kOrderBytes), "");
}

TEST(AvroPaths, WhatIsNotThereIsAbsent) {
  EXPECT_EQ(slots(kOrder, {"nope", "id.x", "at.nope", "name[0]", "at[0]"}, kOrderBytes), "-, -, -, -, -");
}

TEST(AvroPaths, ARecordInASlotIsAnObjectWithItsTextWhereItIsWanted) {
  EXPECT_EQ(slots(kOrder, {"at"}, kOrderBytes), "object");
  EXPECT_EQ(slots(kOrder, {"!at"}, kOrderBytes), R"(object {"lat":0.5,"lon":0.75,"town":"c"})");
  EXPECT_EQ(slots(kOrder, {"!at", "at.lon", "last"}, kOrderBytes),
            R"(object {"lat":0.5,"lon":0.75,"town":"c"}, single 0.75, integer -5)");
  EXPECT_EQ(slots(kOrder, {"at", "at.lon", "last"}, kOrderBytes), "object, single 0.75, integer -5");
}

TEST(AvroPaths, TheWholeMessageIsThereBesideItsFields) {
  AvroRun run(kOrder, Wanted{.message = testing::paths_for({"last", "at.lat"}), .root = true});
  EXPECT_EQ(run.slots(kOrderBytes), "integer -5, single 0.5");
  EXPECT_EQ(testing::in_words(run.values().root),
            R"(object {"id":7,"name":"ab","ok":true,"price":1.5,"at":{"lat":0.5,"lon":0.75,"town":"c"},)"
            R"("state":"OLD","last":-5})");
}

TEST(AvroPaths, AnAliasNamesAFieldThatNoNameDoes) {
  EXPECT_EQ(slots(kOrder, {"title"}, kOrderBytes), "string \"ab\"");
  EXPECT_EQ(slots(kOrder, {"title", "name", "last"}, kOrderBytes), "string \"ab\", string \"ab\", integer -5");
  const std::string both = R"({"type":"record","name":"R","fields":[
    {"name":"a","type":"int","aliases":["b"]},{"name":"b","type":"int"}]})";
  EXPECT_EQ(slots(both, {"b"}, "0204"), "integer 2");
}

TEST(AvroPaths, ANameWithADotIsOneStep) {
  const std::string odd = R"({"type":"record","name":"R","fields":[
    {"name":"a.b","type":"int"},{"name":"a","type":{"type":"record","name":"Q","fields":[{"name":"b","type":"int"}]}}]})";
  EXPECT_EQ(slots(odd, {"\"a.b\"", "a.b"}, "0204"), "integer 1, integer 2");
}

TEST(AvroPaths, AUnionIsWhicheverBranchWasWritten) {
  const std::string nullable = R"({"type":"record","name":"R","fields":[
    {"name":"a","type":["null","string"]},{"name":"b","type":["long","null"]},{"name":"c","type":"int"}]})";
  EXPECT_EQ(slots(nullable, {"a", "b", "c"}, "00 02 06"), "null, null, integer 3");
  EXPECT_EQ(slots(nullable, {"a", "b", "c"}, "02 0261 0008 06"), "string \"a\", integer 4, integer 3");
  EXPECT_EQ(slots(nullable, {"c"}, "02 0261 0008 06"), "integer 3");
  EXPECT_EQ(slots(nullable, {"c"}, "00 02 06"), "integer 3");
  const std::string records = R"({"type":"record","name":"R","fields":[{"name":"u","type":["null",
    {"type":"record","name":"A","fields":[{"name":"x","type":"int"},{"name":"y","type":"string"}]},
    {"type":"record","name":"B","fields":[{"name":"y","type":"double"},{"name":"x","type":"string"}]},
    "string"]},{"name":"z","type":"int"}]})";
  const std::vector<std::string> paths{"u.x", "u.y", "u", "z"};
  EXPECT_EQ(slots(records, paths, "00 02"), "-, -, null, integer 1");
  EXPECT_EQ(slots(records, paths, "02 04 0261 02"), "integer 2, string \"a\", object, integer 1");
  EXPECT_EQ(slots(records, paths, "04 000000000000f83f 0262 02"), "string \"b\", real 1.5, object, integer 1");
  EXPECT_EQ(slots(records, paths, "06 0263 02"), "-, -, string \"c\", integer 1");
  EXPECT_EQ(slots(records, {"!u"}, "04 000000000000f83f 0262 02"), R"(object {"y":1.5,"x":"b"})");
  EXPECT_EQ(slots(R"(["null",["int","string"]])", {}, "02020261"), "");
  EXPECT_EQ(slots(R"({"type":"record","name":"R","fields":[{"name":"u","type":["null",["int","string"]]}]})", {"u"},
                  "02020261"),
            "string \"a\"");
}

TEST(AvroPaths, GoIntoMapsByTheirKeys) {
  const std::string map = R"({"type":"record","name":"R","fields":[
    {"name":"m","type":{"type":"map","values":["null","int",{"type":"record","name":"V","fields":[
      {"name":"x","type":"int"},{"name":"y","type":["null","int"]}]}]}},
    {"name":"z","type":"int"}]})";
  const std::vector<std::string> paths{"m.a.x", "m.a.y", "m.a", "m.\"b.c\"", "z"};
  EXPECT_EQ(slots(map, paths, "00 02"), "-, -, -, -, integer 1");
  EXPECT_EQ(slots(map, paths, "06 0261 04 06 02 08 0271 020a 06 622e63 00 00 02"),
            "integer 3, integer 4, object, null, integer 1");
  // In blocks, one of them with its size; the last value of a key counts.
  EXPECT_EQ(slots(map, paths, "02 0261 04 06 02 08  010a 0261 04 0a 00  00 02"),
            "integer 5, null, object, -, integer 1");
  EXPECT_EQ(slots(map, paths, "04 0261 04 06 02 08 0261 020c 00 02"), "-, -, integer 6, -, integer 1");
  EXPECT_EQ(slots(map, {"!m"}, "04 0261 04 06 00 0a 62 22 00 09 63 020c 00 02"),
            "object {\"a\":{\"x\":3,\"y\":null},\"b\\\"\\u0000\\u0009c\":6}");
}

TEST(AvroPaths, ARecursiveSchemaIsReadAsDeepAsItIsWanted) {
  const std::string list = R"({"type":"record","name":"L","fields":[
    {"name":"v","type":"int"},{"name":"next","type":["null","L"]},{"name":"w","type":"int"}]})";
  const std::string three = "02 02 04 02 06 00 08 0a 0c";
  EXPECT_EQ(slots(list, {"v", "w"}, three), "integer 1, integer 6");
  EXPECT_EQ(slots(list, {"next.v", "next.w", "next.next.w", "next.next.next", "next.next.next.v"}, three),
            "integer 2, integer 5, integer 4, null, -");
  EXPECT_EQ(slots(list, {"!next"}, three), R"(object {"v":2,"next":{"v":3,"next":null,"w":4},"w":5})");
}

TEST(AvroPaths, ARejectNamesTheFieldByItsPath) {
  constexpr std::string_view kSchema = "the bytes do not fit their Avro schema: ";
  const auto problem = [&](const std::vector<std::string>& paths, std::string_view hex) {
    return AvroRun(kOrder, paths).problem(hex).substr(kSchema.size());
  };
  EXPECT_EQ(problem({"at.town"}, "0e 04 6162 01 000000000000f83f 0000003f 0000403f 04"),
            "the branch 2 of a union that has 2, in the field at.town (byte 21)");
  EXPECT_EQ(problem({"at.town"}, "0e 04 6162 01 000000000000f83f 0000003f 0000403f 02 04 63"),
            "a length of 2 bytes, where 1 are left, in the field at.town (byte 22)");
  EXPECT_EQ(problem({"last"}, "0e 04 6162 01 0000"),
            "they end too early: fields of 17 bytes, where 3 are left, in the field ok (byte 4)");
  EXPECT_EQ(problem({"!at"}, "0e 04 6162 01 000000000000f83f 0000003f 0000403f 02 02ff 02 09"),
            "a string that is not UTF-8, in the field at.town (byte 22)");
  const std::string list = R"({"type":"record","name":"R","fields":[{"name":"l","type":{"type":"array","items":
    {"type":"record","name":"I","fields":[{"name":"b","type":"boolean"},{"name":"s","type":"string"}]}}}]})";
  EXPECT_EQ(AvroRun(list, {"l[1].b"}).problem("04 01 00 05 00 00").substr(kSchema.size()),
            "a boolean of 5, which is neither 0 nor 1, in the field l.b (byte 3)");
}

}  // namespace
}  // namespace loom::decode
