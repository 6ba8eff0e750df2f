#include "infer/draft.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <sstream>

#include "base/wrong_setting.h"
#include "infer/read.h"
#include "infer/yaml.h"
#include "mapping/compile.h"
#include "mapping/ddl.h"
#include "mapping/loader.h"

namespace loom::infer {
namespace {

using ::testing::AllOf;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::Not;

MappingDraft drafted(const std::string& messages, const DraftOptions& options = {"shop.orders", {}, {}}) {
  std::istringstream in(messages);
  const Samples samples = read_samples(in);
  return draft_mapping(samples.root, samples.messages, options);
}

/// The draft's file, which has to be without problems, and compile without one.
std::string yaml_of(const std::string& messages, const DraftOptions& options = {"shop.orders", {}, {}}) {
  std::string yaml = to_yaml(drafted(messages, options));
  auto loaded = mapping::load_mapping_text(yaml, "draft.yml");
  std::vector<mapping::Problem> problems = loaded.problems;
  if (loaded.file) {
    const mapping::DefinedCatalog catalog(mapping::table_definitions(*loaded.file, problems));
    for (auto& problem : mapping::compile(loaded.file->topics.at(0), catalog, "draft.yml").problems) {
      problems.push_back(problem);
    }
  }
  for (const auto& problem : problems) ADD_FAILURE() << to_string(problem) << "\n" << yaml;
  return yaml;
}

TEST(Infer, OrdersWithTheirLines) {
  EXPECT_EQ(
      yaml_of(
          R"j({"orderId":1,"customer":{"name":"Ann","id":"c1"},"total":12.5,"placedAt":"2024-05-06T07:08:09Z","lines":[{"sku":"x","qty":1}]}
{"orderId":2,"customer":{"name":"Bob","id":"c2"},"total":8,"placedAt":"2024-05-06T07:09:09Z","lines":[]}
)j"),
      R"(# Made from 2 messages. Where a line has a comment with `?`, look whether it guessed right.
schema_version: v1

topics:
  shop.orders:
    table: shop_orders
    field_mappings:
      orderId: order_id
      customer.name: name
      customer.id: id
      total: total
      placedAt: placed_at
    data_types:
      order_id: integer
      name: string
      id: string
      total: decimal  # ? by its name an amount; decimal(12,2) would round to cents
      placed_at: timestamp
      sku: string
      qty: integer
    required_fields: [orderId]
    upsert_key: [order_id]  # ? another one in each of the 2 messages
    conflict_strategy: ignore
    array_mappings:
      lines:
        table: shop_orders_lines
        foreign_key_mapping:
          order_id: order_id
        sequence_field: lines_position
        element_mappings:
          sku: sku
          qty: qty
)");
}

TEST(Infer, AnIdThatComesAgainIsUpdated) {
  const auto draft = drafted("{\"id\":1,\"v\":1}\n{\"id\":1,\"v\":2}\n{\"id\":2,\"v\":1}\n");
  EXPECT_THAT(draft.key, ElementsAre("id"));
  EXPECT_TRUE(draft.updates);
  EXPECT_THAT(draft.key_doubt, HasSubstr("2 of them in 3 messages"));
}

TEST(Infer, ADeviceAndATimeAreAKey) {
  EXPECT_THAT(drafted(R"j({"device_id":"a","trace_id":"1","timestamp":"2024-05-06T07:08:09Z"}
{"device_id":"a","trace_id":"2","timestamp":"2024-05-06T07:08:10Z"}
{"device_id":"b","trace_id":"3","timestamp":"2024-05-06T07:08:10Z"})j")
                  .key,
              ElementsAre("device_id", "timestamp"));
}

TEST(Infer, WithoutAnIdThePlaceInKafkaIsTheKey) {
  const std::string yaml = yaml_of("{\"temperature\":20.5}\n{\"temperature\":20.5}\n");
  EXPECT_THAT(yaml, AllOf(HasSubstr("\"$partition\": kafka_partition"), HasSubstr("\"$offset\": kafka_offset"),
                          HasSubstr("upsert_key: [kafka_partition, kafka_offset]"), Not(HasSubstr("required_fields"))));
}

TEST(Infer, TheUsersKeyIsTaken) {
  EXPECT_THAT(drafted("{\"a\":1,\"nested\":{\"b\":2}}", {"t", {}, {"b", "a"}}).key, ElementsAre("b", "a"));
  EXPECT_THAT(drafted("{\"a\":1,\"nested\":{\"b\":2}}", {"t", {}, {"nested.b"}}).key, ElementsAre("b"));
  try {
    drafted("{\"order_id\":1}", {"t", {}, {"ordr_id"}});
    FAIL() << "a key that is not there was taken";
  } catch (const WrongSetting& error) {
    EXPECT_THAT(error.what(), AllOf(HasSubstr("ordr_id"), HasSubstr("did you mean `order_id`?")));
  }
}

TEST(Infer, TypesOfValues) {
  const std::string yaml = yaml_of(
      R"j({"id":1,"b":true,"i":5,"f":1.5,"big":99999999999999999999,"day":"2024-05-06","at":1715000000000,"count":1715000000000,"u":"0f8fad5b-d9cb-469f-a165-70867728950e","ip":"10.0.0.1","price":"12.50","code":"42","mixed":1,"nothing":null,"empty":[],"tags":["a"],"vector":[0.1,0.2,0.3,0.4,0.5,0.6,0.7,0.8],"kinds":{"x":1},"text":"{\"a\":1}","blob":"aYHUNHvtwlsQxSqJEXRfM3Cd+zSU2NExuOzgE025"}
{"id":2,"mixed":"x","kinds":[1]})j");
  for (const char* line :
       {"b: boolean\n", "i: integer\n", "f: float\n", "big: decimal  # ? more digits", "day: date\n",
        "at: timestamp_ms  # ?", "count: integer  # ? an instant", "u: uuid\n", "ip: string  # ? all are addresses",
        "price: decimal  # ?", "code: string  # ? digits", "mixed: string  # ? values of several kinds",
        "nothing: string  # ? only null", "empty: json  # ? only empty lists", "tags: array\n",
        "vector: float_array  # ? all have 8", "kinds: json  # ? values of several kinds",
        "text: string  # ? JSON in texts", "blob: base64_decode  # ? Base64"}) {
    EXPECT_THAT(yaml, HasSubstr(std::string("      ") + line));
  }
}

TEST(Infer, NamesThatMeetAndNamesThatYamlWouldRead) {
  const std::string yaml = yaml_of(
      R"j({"id":1,"a":{"name":"x"},"b":{"name":2},"service.name":"s","on":1,"5":2,"-":3,"items":[{"name":"i","id":true,"items_position":1}]})j");
  for (const char* line : {"a.name: a_name\n", "b.name: b_name\n", "\"\\\"service.name\\\"\": service_name\n",
                           "\"on\": \"on\"\n", "name: name\n", "id: items_id\n"}) {
    EXPECT_THAT(yaml, HasSubstr(line));
  }
}

TEST(Infer, AListIsARowForEachElement) {
  const std::string yaml = yaml_of("[{\"v\":1},{\"v\":2}]\n[]\n");
  EXPECT_THAT(yaml, AllOf(HasSubstr("\"$value\":\n"), HasSubstr("v: v\n"),
                          HasSubstr("upsert_key: [kafka_partition, kafka_offset, position]")));
  EXPECT_THROW(drafted("[1,2]"), WrongSetting);
}

TEST(Infer, ObjectsWhoseNamesAreDataStayWhole) {
  EXPECT_THAT(yaml_of("{\"id\":1,\"by_user\":{\"1001\":5,\"1002\":6}}"), HasSubstr("by_user: json\n"));
}

TEST(Infer, LinesThatAreNoMessagesAreNamed) {
  std::istringstream in("{\"a\":1}\n{\n5\n[1]\n\n{\"a\":2}\n");
  const Samples samples = read_samples(in);
  EXPECT_EQ(samples.messages, 2U);
  EXPECT_THAT(samples.skipped, ElementsAre(HasSubstr("line 2: is not JSON"), HasSubstr("line 3: is neither"),
                                           HasSubstr("line 4: is a list")));
}

TEST(Infer, DeepNestingEnds) {
  std::string deep = "{\"id\":1,\"a\":";
  for (int i = 0; i < 200; ++i) deep += "{\"a\":";
  deep += "1" + std::string(201, '}');
  EXPECT_THAT(yaml_of(deep), HasSubstr(": json"));
}

}  // namespace
}  // namespace loom::infer
