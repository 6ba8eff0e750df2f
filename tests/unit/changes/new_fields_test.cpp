// Messages whose schema has fields that the table has no columns for, under `evolve: add`.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "change_stream.h"

namespace loom::testing {
namespace {

using mapping::testing::FakeCatalog;
using mapping::testing::topic_yaml;
using ::testing::ElementsAre;
using ::testing::IsEmpty;

constexpr const char* kYaml = "changes: debezium\nupsert_key: id\nevolve: add";
constexpr const char* kNoTypes = "changes: debezium\nupsert_key: id";

/// A message of a table with these columns, each a text but for `id`.
std::string event(const std::vector<std::string>& columns, const std::string& payload) {
  std::string fields = R"({"field":"id","type":"int64","optional":false})";
  for (const auto& name : columns) fields += R"(,{"field":")" + name + R"(","type":"string","optional":true})";
  const std::string row = R"({"type":"struct","optional":true,"fields":[)" + fields + R"(],"field":)";
  return R"({"schema":{"type":"struct","optional":false,"fields":[)" + row + R"("before"},)" + row +
         R"("after"},{"type":"string","field":"op","optional":false}]},"payload":)" + payload + "}";
}

FakeCatalog two_columns() { return FakeCatalog().table("t", {"id int8 !", "v text"}, {{"id"}}); }

TEST(NewFieldsTest, AMessageWaitsForTheColumnsOfItsSchema) {
  const auto catalog = two_columns();
  ChangeStream stream(topic_yaml(kYaml), catalog);
  EXPECT_EQ(stream.add(event({"v"}, R"({"before":null,"after":{"id":1,"v":"a"},"op":"c"})")), "");
  EXPECT_THAT(stream.new_fields(), IsEmpty());
  EXPECT_EQ(stream.add(event({"v", "w", "x"}, R"({"before":null,"after":{"id":2,"v":"b","w":"c","x":null},"op":"c"})")),
            "");
  EXPECT_EQ(stream.add(event({"v", "w", "x"}, R"({"before":{"id":1},"after":null,"op":"d"})")), "");
  EXPECT_THAT(stream.new_fields(), ElementsAre("w", "x"));
  EXPECT_THAT(stream.sent(), ElementsAre("t 1|a (sets v)")) << "the others have neither row nor removal yet";
}

TEST(NewFieldsTest, NothingWaitsWhereTheTopicDoesNotEvolveOrTheColumnIsThere) {
  const auto catalog = two_columns();
  ChangeStream stream(topic_yaml(kNoTypes), catalog);
  EXPECT_EQ(stream.add(event({"v", "w"}, R"({"before":null,"after":{"id":2,"v":"b","w":"c"},"op":"c"})")), "");
  EXPECT_THAT(stream.new_fields(), IsEmpty());
  EXPECT_THAT(stream.sent(), ElementsAre("t 2|b (sets v)"));

  const auto grown = FakeCatalog().table("t", {"id int8 !", "v text", "w text"}, {{"id"}});
  ChangeStream later(topic_yaml(kYaml), grown);
  EXPECT_EQ(later.add(event({"v", "w"}, R"({"before":null,"after":{"id":2,"v":"b","w":"c"},"op":"c"})")), "");
  EXPECT_EQ(later.add(event({"v"}, R"({"before":null,"after":{"id":3,"v":"d"},"op":"c"})")), "");
  EXPECT_THAT(later.sent(), ElementsAre("t 2|b|c (sets v,w)", "t 3|d|\\N (sets v)"));
}

TEST(NewFieldsTest, ARowAloneHasFieldsOfItsOwnAndThoseOfTheTransform) {
  const auto catalog = two_columns();
  ChangeStream stream(topic_yaml(kYaml), catalog);
  const std::string fields =
      R"({"field":"id","type":"int64","optional":false},{"field":"v","type":"string"},{"field":"w","type":"string"},)"
      R"({"field":"__deleted","type":"string"},{"field":"__op","type":"string"})";
  EXPECT_EQ(stream.add(R"({"schema":{"type":"struct","fields":[)" + fields +
                       R"(]},"payload":{"id":1,"v":"a","w":"b","__deleted":"false","__op":"c"}})"),
            "");
  EXPECT_THAT(stream.new_fields(), ElementsAre("w"));
}

TEST(NewFieldsTest, WithoutASchemaAFieldIsPassedOver) {
  const auto catalog = two_columns();
  ChangeStream stream(topic_yaml(kYaml), catalog);
  EXPECT_EQ(stream.add(R"({"before":null,"after":{"id":2,"v":"b","w":"c"},"op":"c"})"), "");
  EXPECT_THAT(stream.new_fields(), IsEmpty());
  EXPECT_THAT(stream.sent(), ElementsAre("t 2|b (sets v)"));
}

}  // namespace
}  // namespace loom::testing
