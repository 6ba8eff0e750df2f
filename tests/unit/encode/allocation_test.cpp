// The common path allocates nothing: counted, not assumed.

#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "allocation_counter.h"
#include "plan_builder.h"

namespace loom::testing {
namespace {

using mapping::ColumnType;
using mapping::ValueType;

TEST(Allocation, IsCounted) {
  const long before = allocations();
  std::vector<int> vector(100, 1);
  ByteBuffer buffer;
  buffer.append(std::string_view("x"));
  EXPECT_EQ(allocations() - before, 2);
}

TEST(Allocation, NoneOnceWarm) {
  for (const bool binary : {true, false}) {
    PlanBuilder plan(binary);
    plan.column("id", ColumnType::text, {"id"})
        .column("at", ColumnType::timestamptz, {"at"})
        .column("x", ColumnType::float8, {"x", "data.x"})
        .column("n", ColumnType::int8, {"data.n"})
        .column("exact", ColumnType::numeric, {"data.exact"})
        .column("whole", ColumnType::jsonb, {"data"})
        .column("picture", ColumnType::bytea, {"picture"})
        .transform(mapping::Transform::base64_decode)
        .array_of(ColumnType::text, "tags", "tags")
        .array_of(ColumnType::float4, "vector", "vector", ValueType::float_array)
        .column("offset", ColumnType::int8, {"$offset"})
        .column("stamp", ColumnType::timestamptz, {"$timestamp"})
        .column("created_at", ColumnType::timestamptz, {"created_at"});
    plan.last().ingestion_time = true;
    plan.child_table("child").explode("items");
    plan.column("parent", ColumnType::text, {"id"}).column("k", ColumnType::text, {"[0].k"});
    plan.column("seq", ColumnType::int4, {"[0]#"});
    plan.required("id", {"id"});

    std::vector<std::string> texts;
    texts.reserve(64);
    for (int i = 0; i < 64; ++i) {
      texts.push_back(R"({"id":"device-)" + std::to_string(i) +
                      R"(","at":"2024-05-06T07:08:09.123Z","unmapped":{"a":[1,{}]},)" + R"("data":{"x":)" +
                      std::to_string(i) + R"(.25,"n":)" + std::to_string(i) +
                      R"(,"exact":1.50,"text":"with \"escapes\"\n"},"picture":"aGVsbG8=","tags":["a","b\tc"],)" +
                      R"("vector":"[1,2.5]","items":[{"k":"one"},{"k":"tw\u006f"}]})");
    }
    const FixedClock clock;
    encode::RowBuilder builder(plan.build(), "topic", clock);
    encode::RowSets rows;
    const auto run = [&] {
      for (std::uint32_t i = 0; i < texts.size(); ++i) {
        Message message = message_of(texts[i]);
        message.offset = i;
        message.timestamp_ms = 1'700'000'000'000;
        if (builder.append(message, i, rows)) return false;
      }
      return true;
    };
    ASSERT_TRUE(run());
    rows.clear();
    const long before = allocations();
    bool all = true;
    for (int round = 0; round < 100; ++round) {
      all = all && run();
      rows.clear();
    }
    EXPECT_EQ(allocations() - before, 0) << (binary ? "binary" : "text");
    EXPECT_TRUE(all);
  }
}

}  // namespace
}  // namespace loom::testing
