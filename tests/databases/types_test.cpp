// Columns of pgvector and PostGIS: what messages say of vectors and shapes, in every form that people send.
#include <fmt/format.h>

#include "extended_test.h"

namespace loom::testing {
namespace {

class VectorTest : public ExtendedTest {
 protected:
  VectorTest() : ExtendedTest({"vector"}), topic_(new_topic("texts", 1)) {}
  void map_texts(const std::string& more = "") {
    map("  " + topic_ + ":\n    table: texts\n    field_mappings: {id: id, v: v, h: h, s: s}\n" + more);
  }
  void add(const std::string& value) { send(topic_, 0, value); }
  std::string topic_;
};

TEST_F(VectorTest, ListsAndTextBecomeVectors) {
  database().run("CREATE TABLE texts (id integer PRIMARY KEY, v vector(3), h halfvec(3), s sparsevec(5))");
  database().run("CREATE INDEX ON texts USING hnsw (v vector_l2_ops)");
  map_texts();
  add(R"({"id": 1, "v": [1, 2.5, -3e-2], "h": [1, 2, 3], "s": "{1:1.5,3:2}/5"})");
  add(R"({"id": 2, "v": "[4,5,6]", "h": "[0.5,0.25,0]"})");
  add(R"({"id": 3, "v": [1, null, 2, 3], "h": null})");
  add(R"({"id": 4})");
  start();
  ASSERT_TRUE(drained(topic_));
  EXPECT_EQ(database().rows("SELECT * FROM texts ORDER BY id"),
            (Rows{{"1", "[1,2.5,-0.03]", "[1,2,3]", "{1:1.5,3:2}/5"},
                  {"2", "[4,5,6]", "[0.5,0.25,0]", "NULL"},
                  {"3", "[1,2,3]", "NULL", "NULL"},
                  {"4", "NULL", "NULL", "NULL"}}));
  EXPECT_EQ(database().value("SELECT id FROM texts ORDER BY v <-> '[4,5,5]' LIMIT 1"), "2");
  EXPECT_EQ(count("kafka_dead_letters"), 0);
}

TEST_F(VectorTest, OneOfTheWrongLengthIsTheOnlyDeadLetter) {
  database().run("CREATE TABLE texts (id integer PRIMARY KEY, v vector(3), h halfvec(3), s sparsevec(5))");
  map_texts();
  for (int id = 0; id < 300; ++id) {
    const std::string vector = id == 77 ? "[1, 2]" : id == 200 ? R"(["a", 1, 2])" : "[1, 2, 3]";
    producer().send(
        topic_,
        {.value = fmt::format(R"({{"id": {}, "v": {}}})", id, vector), .key = {}, .partition = 0, .headers = {}});
  }
  producer().flush();
  start();
  ASSERT_TRUE(drained(topic_));
  EXPECT_EQ(count("texts"), 298);
  EXPECT_EQ(count("kafka_dead_letters"), 2);
  EXPECT_EQ(count("kafka_dead_letters WHERE \"offset\" IN (77, 200)"), 2);
}

TEST_F(VectorTest, ARowThatComesAgainTakesTheNewVector) {
  database().run("CREATE TABLE texts (id integer PRIMARY KEY, v vector(3), h halfvec(3), s sparsevec(5))");
  map_texts("    upsert_key: id\n    conflict_strategy: update\n");
  add(R"({"id": 1, "v": [1, 2, 3], "h": [1, 1, 1]})");
  start();
  ASSERT_TRUE(drained(topic_));
  add(R"({"id": 1, "v": [3, 2, 1]})");
  ASSERT_TRUE(drained(topic_));
  EXPECT_EQ(database().rows("SELECT v, h FROM texts"), (Rows{{"[3,2,1]", "[1,1,1]"}}));
}

class ShapesTest : public ExtendedTest {
 protected:
  ShapesTest() : ExtendedTest({"postgis"}), topic_(new_topic("shapes", 1)) {
    database().run(
        "CREATE TABLE shapes (id integer PRIMARY KEY, place geometry(Point, 4326), any_shape geometry, earth "
        "geography(Point, 4326))");
  }
  void map_shapes(const std::string& more = "") {
    map("  " + topic_ + ":\n    table: shapes\n    field_mappings: {id: id, p: place, a: any_shape, e: earth}\n" +
        more);
  }
  [[nodiscard]] Rows places() const {
    return database().rows(
        "SELECT id, ST_AsEWKT(place), ST_AsEWKT(any_shape), ST_AsText(earth) FROM shapes ORDER BY id");
  }
  std::string topic_;
};

TEST_F(ShapesTest, TextWktEwkbAndGeoJsonBecomeGeometries) {
  map_shapes();
  send(
      topic_, 0,
      R"json({"id": 1, "p": "SRID=4326;POINT(13.5 52.25)", "a": "LINESTRING(0 0,1 1)", "e": "POINT(13.5 52.25)"})json");
  // EWKB in hexadecimal, little-endian: POINT(1 2) with SRID 4326, and without.
  send(topic_, 0,
       R"({"id": 2, "p": "0101000020E6100000000000000000F03F0000000000000040",)"
       R"( "a": "0101000000000000000000F03F0000000000000040"})");
  send(topic_, 0, R"({"id": 3, "p": {"type": "Point", "coordinates": [1, 2]}})");
  send(topic_, 0, R"({"id": 4})");
  start();
  ASSERT_TRUE(drained(topic_));
  EXPECT_EQ(count("kafka_dead_letters"), 0);
  EXPECT_EQ(places(), (Rows{{"1", "SRID=4326;POINT(13.5 52.25)", "LINESTRING(0 0,1 1)", "POINT(13.5 52.25)"},
                            {"2", "SRID=4326;POINT(1 2)", "POINT(1 2)", "NULL"},
                            {"3", "SRID=4326;POINT(1 2)", "NULL", "NULL"},
                            {"4", "NULL", "NULL", "NULL"}}));
}

TEST_F(ShapesTest, WhatIsNoneIsTheOnlyDeadLetter) {
  map_shapes();
  const std::vector<std::string> bad{"nowhere", "SRID=3857;POINT(1 2)", "SRID=4326;LINESTRING(0 0,1 1)",
                                     "0101000020E6"};
  for (std::size_t id = 0; id < 200; ++id) {
    const std::string place = id % 50 == 25 ? bad.at(id / 50) : "SRID=4326;POINT(1 2)";
    producer().send(
        topic_,
        {.value = fmt::format(R"({{"id": {}, "p": "{}"}})", id, place), .key = {}, .partition = 0, .headers = {}});
  }
  producer().flush();
  auto& service = start();
  ASSERT_TRUE(drained(topic_));
  EXPECT_EQ(count("shapes"), 196);
  EXPECT_EQ(count("kafka_dead_letters"), 4);
  EXPECT_EQ(count("kafka_dead_letters WHERE \"offset\" % 50 = 25"), 4);
  EXPECT_FALSE(service.logged("stopped, next try"));
}

TEST_F(ShapesTest, MergesCompareThemAsTheyAreStored) {
  map_shapes("    upsert_key: id\n    conflict_strategy: update\n");
  start();
  send(topic_, 0, R"json({"id": 1, "p": "SRID=4326;POINT(1 2)", "a": "POLYGON((0 0,0 1,1 1,0 0))"})json");
  ASSERT_TRUE(drained(topic_));
  // The same box, another shape: what compares boxes would take it for the same.
  const std::string other = R"json({"id": 1, "a": "POLYGON((0 0,1 0,1 1,0 0))"})json";
  send(topic_, 0, other);
  ASSERT_TRUE(drained(topic_));
  EXPECT_EQ(places(), (Rows{{"1", "SRID=4326;POINT(1 2)", "POLYGON((0 0,1 0,1 1,0 0))", "NULL"}}));
  const std::string before = database().value("SELECT xmin || ' ' || ctid FROM shapes");
  send(topic_, 0, other);
  ASSERT_TRUE(drained(topic_));
  EXPECT_EQ(database().value("SELECT xmin || ' ' || ctid FROM shapes"), before);
}

}  // namespace
}  // namespace loom::testing
