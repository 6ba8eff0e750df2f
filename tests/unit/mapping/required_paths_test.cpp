#include "mapping/required_paths.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "mapping_fixture.h"
#include "schemas.h"

namespace loom::mapping::testing {
namespace {

using ::testing::ElementsAre;

TEST(RequiredPathsTest, OnlyWhatTheMessageItselfMayBring) {
  FakeCatalog catalog;
  catalog.table("t", {"a text", "b text", "c text", "d text", "e text"});
  const auto plan = compiled(topic_yaml("field_mappings: {x.y: a, z: a, $key: b, w: b, $key.id: c, $headers.h: d}\n"
                                        "array_mappings: {list: {element_mappings: {name: e}}}\n"
                                        "required_fields: [a, x.y, b, c, d, e, plain, list]"),
                             catalog);
  EXPECT_THAT(required_paths(plan), ElementsAre(RequiredPaths{"a", {"x.y", "z"}}, RequiredPaths{"x.y", {"x.y"}},
                                                RequiredPaths{"plain", {"plain"}}, RequiredPaths{"list", {"list"}}));
}

TEST(RequiredPathsTest, ASchemaHasToHaveOneOfThePaths) {
  const auto schema = avro(R"({"type":"record","name":"R","fields":[{"name":"z","aliases":["old"],"type":"int"},
    {"name":"m","type":{"type":"map","values":"int"}}]})");
  EXPECT_EQ(missing_required({{"a", {"x.y", "z"}}, {"old", {"old"}}, {"m", {"m.anything"}}}, schema, ""), "");
  EXPECT_EQ(missing_required({{"a", {"x.y", "w"}}}, schema, ""),
            "no field for the required field `a` (sources: x.y, w)");
  EXPECT_EQ(missing_required({{"a", {"a"}}, {"b", {"b"}}}, schema, ""),
            "no field for the required fields `a` (sources: a), `b` (sources: b)");
}

}  // namespace
}  // namespace loom::mapping::testing
