// Which places of the record a plan looks at.

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "mapping_fixture.h"

namespace loom::mapping::testing {
namespace {

using ::testing::ElementsAre;

TEST(CompiledSources, StepsInQuotesAndElements) {
  FakeCatalog catalog;
  catalog.table("t", {"a text", "b text", "c text"});
  const auto plan = compiled(topic_yaml("field_mappings:\n"
                                        "  data.\"service.name\": a\n"
                                        "  items[0].sku: b\n"
                                        "  items: c\n"
                                        "  '\"items\"[-1]': c\n"
                                        "required_fields: ['data.service.name', '\"data\".\"service.name\"']\n"),
                             catalog);
  EXPECT_EQ(plan.message.slots, 5);
  EXPECT_THAT(sources(plan, column(plan.tables[0], "c").sources), ElementsAre("\"items\"[-1]", "items"));
  // The second is the column's own source, the first a path of its own.
  EXPECT_THAT(sources(plan, plan.required[0].sources), ElementsAre("data.service.name"));
  EXPECT_THAT(sources(plan, plan.required[1].sources), ElementsAre("data.\"service.name\""));
}

TEST(CompiledSources, AMinimalMappingTakesAColumnsNameAsOneStep) {
  FakeCatalog catalog;
  catalog.table("t", {"a.b text", "$key text"});
  const auto plan = compiled(topic_yaml(""), catalog);
  EXPECT_THAT(sources(plan, column(plan.tables[0], "a.b").sources), ElementsAre("\"a.b\"", "data.\"a.b\""));
  EXPECT_THAT(sources(plan, column(plan.tables[0], "$key").sources), ElementsAre("\"$key\"", "data.\"$key\""));
  EXPECT_EQ(plan.message.nodes[0].children.size(), 3U);
}

TEST(CompiledSources, FieldsOfTheKeyHaveATreeOfTheirOwn) {
  FakeCatalog catalog;
  catalog.table("t", {"id text", "customer text", "raw text"}).table("child", {"parent text", "a text"});
  const auto plan = compiled(topic_yaml("field_mappings:\n"
                                        "  $key.id: id\n"
                                        "  id: id\n"
                                        "  $key.customer.id: customer\n"
                                        "  $key: raw\n"
                                        "required_fields: [$key.id, $key.other]\n"
                                        "array_mappings:\n"
                                        "  items: {table: child, foreign_key_mapping: {parent: $key.id},\n"
                                        "          element_mappings: {a: a}}\n"),
                             catalog);
  EXPECT_EQ(plan.key.slots, 3);
  const auto& id = column(plan.tables[0], "id").sources;
  EXPECT_EQ(id[0].scope, SourceScope::key);
  EXPECT_EQ(id[1].scope, SourceScope::message);
  EXPECT_EQ(column(plan.tables[0], "raw").sources[0].kind, SourceKind::key);
  EXPECT_EQ(column(plan.tables[1], "parent").sources[0].scope, SourceScope::key);
  EXPECT_EQ(plan.required[0].sources.size(), 1U);
  EXPECT_EQ(plan.required[0].sources[0], id[0]);
  EXPECT_EQ(plan.required[1].sources[0].scope, SourceScope::key);
}

TEST(CompiledSources, TheMessageItselfAsTheList) {
  FakeCatalog catalog;
  catalog.table("t", {"a text", "n int4"});
  const auto plan = compiled(topic_yaml("required_fields: [b.c]\n"
                                        "array_mappings:\n"
                                        "  $value: {element_mappings: {a: a}, sequence_field: n}\n"),
                             catalog);
  EXPECT_EQ(plan.message.nodes[0].array, 0);
  EXPECT_EQ(plan.arrays[0].path, "$value");
  EXPECT_THAT(sources(plan, plan.required[0].sources), ElementsAre("[0].b.c"));
}

TEST(CompiledSources, AListInAnElementOfAList) {
  FakeCatalog catalog;
  catalog.table("t", {"a text"});
  const auto plan = compiled(topic_yaml("required_fields: ['orders[0].items.sku', 'orders[0].id']\n"
                                        "array_mappings:\n"
                                        "  orders[0].items: {element_mappings: {sku: a}}\n"),
                             catalog);
  EXPECT_THAT(sources(plan, plan.required[0].sources), ElementsAre("[0].sku"));
  EXPECT_THAT(sources(plan, plan.required[1].sources), ElementsAre("orders[0].id"));
}

}  // namespace
}  // namespace loom::mapping::testing
