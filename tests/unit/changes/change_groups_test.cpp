// What is left of a batch's events: rows, removals and truncations in their order.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "change_stream.h"

namespace loom::testing {
namespace {

using mapping::testing::FakeCatalog;
using mapping::testing::topic_yaml;
using ::testing::ElementsAre;

std::string event(const char* op, const std::string& before, const std::string& after, int version = 0) {
  return R"({"before":)" + before + R"(,"after":)" + after + R"(,"source":{"lsn":)" + std::to_string(version) +
         R"(},"op":")" + op + R"(","ts_ms":1700000000000})";
}
std::string put(int id, const std::string& v, int version = 0) {
  return event("u", "null", R"({"id":)" + std::to_string(id) + R"(,"v":")" + v + R"("})", version);
}
std::string gone(int id, int version = 0) {
  return event("d", R"({"id":)" + std::to_string(id) + "}", "null", version);
}

ChangeStream plain() {
  return {topic_yaml("changes: debezium\nupsert_key: id\nfield_mappings: {id: id, v: v}"),
          FakeCatalog().table("t", {"id int8 !", "v text"}, {{"id"}})};
}

TEST(ChangeGroupsTest, TheLastStateOfAKeyWins) {
  ChangeStream stream = plain();
  for (const auto& value : {put(1, "a"), put(2, "x"), put(1, "b"), gone(2), gone(3), put(3, "back"), put(4, "y"),
                            gone(4), put(4, "z"), gone(4)}) {
    EXPECT_EQ(stream.add(value), "");
  }
  EXPECT_THAT(stream.sent(),
              ElementsAre("remove t 2", "remove t 3", "remove t 4", "t 1|b (sets v)", "t 3|back (sets v)"));
}

TEST(ChangeGroupsTest, WhatComesBeforeATruncateIsNothing) {
  ChangeStream stream = plain();
  for (const auto& value : {put(1, "a"), gone(2), event("t", "null", "null"), gone(3), put(4, "d")}) {
    EXPECT_EQ(stream.add(value), "");
  }
  EXPECT_THAT(stream.sent(), ElementsAre("empty t", "remove t 3", "t 4|d (sets v)"));
}

TEST(ChangeGroupsTest, MarksStayWithTheirRowsAndANewRowHasNone) {
  ChangeStream stream(
      topic_yaml("changes: debezium\nupsert_key: id\nfield_mappings: {id: id, v: v}\ndeletes: mark\ndeleted_at: gone"),
      FakeCatalog().table("t", {"id int8 !", "v text", "gone timestamptz"}, {{"id"}}));
  for (const auto& value : {put(1, "a"), gone(1), gone(2), gone(3), put(3, "back")}) EXPECT_EQ(stream.add(value), "");
  EXPECT_THAT(stream.sent(), ElementsAre("mark t 2|2023-11-14 22:13:20+00",
                                         "t 1|a|2023-11-14 22:13:20+00 (sets v,gone)", "t 3|back|\\N (sets v,gone)"));
}

TEST(ChangeGroupsTest, AnOlderVersionNeverWins) {
  ChangeStream stream(topic_yaml("changes: debezium\nupsert_key: id\nfield_mappings: {id: id, v: v, $source.lsn: lsn}\n"
                                 "version_column: lsn"),
                      FakeCatalog().table("t", {"id int8 !", "v text", "lsn int8"}, {{"id"}}));
  for (const auto& value : {put(1, "new", 9), put(1, "old", 8), put(2, "new", 9), gone(2, 8), gone(3, 9),
                            put(3, "old", 8), gone(4, 8), put(4, "new", 9), put(5, "a", 7), put(5, "b", 7)}) {
    EXPECT_EQ(stream.add(value), "");
  }
  EXPECT_THAT(stream.sent(), ElementsAre("remove t 3|9", "remove t 4|8", "t 1|new|9 (sets v,lsn)",
                                         "t 2|new|9 (sets v,lsn)", "t 4|new|9 (sets v,lsn)", "t 5|b|7 (sets v,lsn)"));
}

TEST(ChangeGroupsTest, ADeletedParentTakesItsChildrenWithIt) {
  ChangeStream stream(
      topic_yaml("changes: debezium\nupsert_key: id\nfield_mappings: {id: id, v: v}\narray_mappings:\n  items:\n"
                 "    table: c\n    foreign_key_mapping: {parent: id}\n    sequence_field: n\n"
                 "    element_mappings: {sku: sku}"),
      FakeCatalog()
          .table("t", {"id int8 !", "v text"}, {{"id"}})
          .table("c", {"parent int4 !", "n int4 !", "sku text"}, {{"parent", "n"}}));
  const auto order = [](int id, const std::string& items) {
    return event("u", "null", R"({"id":)" + std::to_string(id) + R"(,"v":"x","items":)" + items + "}");
  };
  for (const auto& value : {order(1, R"([{"sku":"a"},{"sku":"b"}])"), order(2, R"([{"sku":"c"}])"), gone(1), gone(3),
                            order(1, R"([{"sku":"d"}])")}) {
    EXPECT_EQ(stream.add(value), "");
  }
  EXPECT_THAT(stream.sent(),
              ElementsAre("remove c 1", "remove c 3", "remove t 1", "remove t 3", "t 2|x (sets v)", "t 1|x (sets v)",
                          "shorten c 1|1", "shorten c 2|1", "c 2|c|0 (sets sku)", "c 1|d|0 (sets sku)"));
}

}  // namespace
}  // namespace loom::testing
