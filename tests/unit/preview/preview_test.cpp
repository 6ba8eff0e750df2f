#include "preview/preview.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <nlohmann/json.hpp>

#include "mapping/compile.h"
#include "mapping/ddl.h"
#include "mapping/loader.h"
#include "preview/input_lines.h"
#include "preview/render.h"

namespace loom::preview {
namespace {

using ::testing::HasSubstr;
using ::testing::StartsWith;

constexpr const char* kOrders = R"(schema_version: v1
topics:
  orders:
    table: orders
    field_mappings: {id: id, customer.name: customer, total: total, paid: paid, $offset: at, note: note}
    data_types: {id: integer, customer: string, total: 'decimal(12,2)', paid: boolean, at: integer, note: string}
    upsert_key: [id]
    array_mappings:
      items:
        table: order_items
        foreign_key_mapping: {order_id: id}
        sequence_field: n
        element_mappings: {sku: sku}
)";

class PreviewTest : public ::testing::Test {
 protected:
  static mapping::TopicPlan plan() {
    const auto loaded = mapping::load_mapping_text(kOrders, "orders.yml");
    std::vector<mapping::Problem> problems;
    const mapping::DefinedCatalog catalog(mapping::table_definitions(loaded.file.value(), problems));
    return mapping::compile(loaded.file->topics[0], catalog, "orders.yml").plan.value();
  }
  Previewed map(const std::string& value) {
    const InputLine line{5, value, std::nullopt};
    return preview_.map(record_of(line, 0));
  }

  SystemClock clock_;
  Preview preview_{plan(), "orders", clock_};
};

TEST_F(PreviewTest, ShowsTheRowsOfEachTable) {
  const auto mapped =
      map(R"j({"id":7,"customer":{"name":"Ann"},"total":12.5,"paid":true,"items":[{"sku":"x"},{"sku":"it's"}]})j");
  EXPECT_EQ(render(mapped, 5),
            "5: orders (id=7, customer='Ann', total=12.5, paid=t, at=4, note=NULL); "
            "order_items (order_id=7, sku='x', n=0); order_items (order_id=7, sku='it's', n=1)");
}

TEST_F(PreviewTest, SaysWhyAMessageIsBad) {
  EXPECT_THAT(render(map("{\"id\":1,\"total\":\"many\"}"), 2), StartsWith("2: conversion_failed: "));
  EXPECT_THAT(render(map("not JSON"), 3), StartsWith("3: invalid_json: "));
  EXPECT_EQ(render(map("{\"id\":8}"), 4).find("conversion_failed"), std::string::npos) << "the one before is over";
}

TEST_F(PreviewTest, AValueStaysOnItsLineAndJsonHasItWhole) {
  const std::string text = "a\tb\\c\nd" + std::string(100, 'x');
  const auto mapped = map(nlohmann::json{{"id", 1}, {"note", text}}.dump());
  EXPECT_EQ(render(mapped, 1).find('\n'), std::string::npos);
  EXPECT_THAT(render(mapped, 1), HasSubstr("..."));
  const auto object = nlohmann::json::parse(render_json(mapped, 1));
  EXPECT_EQ(object["rows"][0]["table"], "orders");
  EXPECT_EQ(object["rows"][0]["columns"]["note"], text);
  EXPECT_EQ(object["rows"][0]["columns"]["customer"], nullptr);
  const auto bad = nlohmann::json::parse(render_json(map("{"), 9));
  EXPECT_EQ(bad["line"], 9);
  EXPECT_EQ(bad["reason"], "invalid_json");
}

}  // namespace
}  // namespace loom::preview
