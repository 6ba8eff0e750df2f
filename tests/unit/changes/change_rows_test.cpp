// What each form of a change event, a tombstone and a key becomes.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "change_stream.h"

namespace loom::testing {
namespace {

using mapping::testing::FakeCatalog;
using mapping::testing::topic_yaml;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;

FakeCatalog table() {
  return FakeCatalog().table(
      "t", {"id int8 !", "v text", "n int8", "op text", "lsn int8", "at timestamptz", "old text"}, {{"id"}});
}
const char* const kFields =
    "changes: debezium\nupsert_key: id\nfield_mappings: {id: id, v: v, n: n, $op: op, $source.lsn: lsn, $ts: at, "
    "$before.v: old}";

class ChangeRowsTest : public ::testing::Test {
 protected:
  ChangeStream stream{topic_yaml(kFields), table()};
};

TEST_F(ChangeRowsTest, AnEnvelopeIsItsRowAfterTheChange) {
  EXPECT_EQ(stream.add(
                R"({"before":null,"after":{"id":1,"v":"a","n":2},"source":{"lsn":77},"op":"c","ts_ms":1700000000123})"),
            "");
  EXPECT_EQ(
      stream.add(
          R"({"before":{"id":2,"v":"old"},"after":{"id":2,"v":"b","n":3},"source":{"lsn":78},"op":"u","ts_ms":1700000000000})"),
      "");
  EXPECT_THAT(stream.sent(), ElementsAre("t 1|a|2|c|77|2023-11-14 22:13:20.123+00|\\N (sets v,n,op,lsn,at)",
                                         "t 2|b|3|u|78|2023-11-14 22:13:20+00|old (sets v,n,op,lsn,at,old)"));
}

TEST_F(ChangeRowsTest, ANullIsAValueAndAFieldThatIsNotThereIsNone) {
  EXPECT_EQ(stream.add(R"({"after":{"id":1,"v":null,"n":null},"source":{},"op":"u"})"), "");
  EXPECT_EQ(stream.add(R"({"after":{"id":2,"v":"x"},"source":{},"op":"u"})"), "");
  EXPECT_THAT(stream.sent(),
              ElementsAre("t 1|\\N|\\N|u|\\N|\\N|\\N (sets v,n,op)", "t 2|x|\\N|u|\\N|\\N|\\N (sets v,op)"));
}

TEST_F(ChangeRowsTest, ADeleteTakesItsKeyFromTheRowBeforeElseFromTheRecordsKey) {
  EXPECT_EQ(stream.add(R"({"before":{"id":1,"v":null},"after":null,"source":{},"op":"d"})", R"({"id":9})"), "");
  EXPECT_EQ(stream.add(R"({"before":null,"after":null,"source":{},"op":"d"})", R"({"id":2})"), "");
  EXPECT_EQ(stream.add(R"({"before":null,"after":null,"source":{},"op":"d"})", "3"), "");
  EXPECT_EQ(
      stream.add("-", R"({"schema":{"type":"struct","fields":[{"type":"int32","field":"id"}]},"payload":{"id":4}})"),
      "");
  EXPECT_EQ(stream.add("-", R"({"schema":{"type":"int32"},"payload":5})"), "");
  EXPECT_THAT(stream.sent(), ElementsAre("remove t 1", "remove t 2", "remove t 3", "remove t 4", "remove t 5"));
  EXPECT_THAT(stream.add(R"({"before":null,"after":null,"source":{},"op":"d"})"),
              HasSubstr("neither the row before nor the record's key says its `id`"));
  EXPECT_THAT(stream.add("-", R"({"other":4})"), HasSubstr("says its `id`"));
}

TEST_F(ChangeRowsTest, AnUpdateThatMovesTheKeyDeletesAndInserts) {
  EXPECT_EQ(stream.add(R"({"before":{"id":1,"v":"a"},"after":{"id":2,"v":"b"},"source":{},"op":"u"})"), "");
  EXPECT_THAT(stream.sent(), ElementsAre("remove t 1", "t 2|b|\\N|u|\\N|\\N|a (sets v,op,old)"));
}

TEST_F(ChangeRowsTest, MessagesAboutNoRowAreNone) {
  EXPECT_EQ(stream.add(R"({"op":"m","source":{},"message":{"prefix":"p","content":"AA=="},"ts_ms":1})"), "");
  EXPECT_THAT(stream.sent(), IsEmpty());
  EXPECT_THAT(stream.add(R"({"op":"x","after":{"id":1},"source":{}})"), HasSubstr("none of c, r, u, d, t and m"));
}

TEST_F(ChangeRowsTest, ATruncateEmptiesTheTable) {
  EXPECT_EQ(stream.add(R"({"before":null,"after":{"id":1},"source":{},"op":"c"})"), "");
  EXPECT_EQ(stream.add(R"({"before":null,"after":null,"source":{},"op":"t"})"), "");
  EXPECT_EQ(stream.add(R"({"before":null,"after":{"id":2},"source":{},"op":"c"})"), "");
  EXPECT_THAT(stream.sent(), ElementsAre("empty t", "t 2|\\N|\\N|c|\\N|\\N|\\N (sets op)"));
}

TEST_F(ChangeRowsTest, ARowAloneHasTheFieldsOfItsEnvelopeBesideIt) {
  EXPECT_EQ(stream.add(R"({"id":1,"v":"a","n":2,"__op":"u","__lsn":77,"__source_ts_ms":1700000000000})"), "");
  EXPECT_EQ(stream.add(R"({"id":2,"v":null,"__deleted":"true","__op":"d"})"), "");
  EXPECT_EQ(stream.add(R"({"id":3,"v":"c","__deleted":"false"})"), "");
  EXPECT_EQ(stream.add(R"({"id":4,"v":"d","__deleted":true})"), "");
  EXPECT_THAT(stream.sent(),
              ElementsAre("remove t 2", "remove t 4", "t 1|a|2|u|77|2023-11-14 22:13:20+00|\\N (sets v,n,op,lsn,at)",
                          "t 3|c|\\N|\\N|\\N|\\N|\\N (sets v)"));
}

TEST_F(ChangeRowsTest, FormsMayChangeFromMessageToMessage) {
  const std::string row = R"({"id":1,"v":"a"})";
  const std::string envelope = R"({"before":null,"after":{"id":2,"v":"b"},"source":{"lsn":7},"op":"r"})";
  const auto with_schema = [](const std::string& payload) {
    return R"({"schema":{"type":"struct","fields":[]},"payload":)" + payload + "}";
  };
  for (const std::string& value : {row, envelope, with_schema(envelope), envelope, with_schema(row), with_schema(row),
                                   row, with_schema(envelope)}) {
    EXPECT_EQ(stream.add(value), "") << value;
  }
  EXPECT_EQ(stream.rows().rows(), 8U);
  EXPECT_THAT(stream.sent(),
              ElementsAre("t 1|a|\\N|\\N|\\N|\\N|\\N (sets v)", "t 2|b|\\N|r|7|\\N|\\N (sets v,op,lsn)"));
}

TEST_F(ChangeRowsTest, APayloadOfNullIsATombstone) {
  EXPECT_EQ(stream.add(R"({"schema":null,"payload":null})", R"({"id":3})"), "");
  EXPECT_THAT(stream.sent(), ElementsAre("remove t 3"));
}

TEST_F(ChangeRowsTest, ValuesThatTheSourceDidNotTellLeaveTheColumnAlone) {
  EXPECT_EQ(stream.add(R"({"after":{"id":1,"v":"__debezium_unavailable_value","n":7},"source":{},"op":"u"})"), "");
  EXPECT_THAT(stream.sent(), ElementsAre("t 1|\\N|7|u|\\N|\\N|\\N (sets n,op)"));
  // On top of an event of the same batch that one's value stays.
  EXPECT_EQ(stream.add(R"({"after":{"id":1,"v":"told","n":8},"source":{},"op":"u"})"), "");
  EXPECT_EQ(stream.add(R"({"after":{"id":1,"v":"__debezium_unavailable_value","n":9},"source":{},"op":"u"})"), "");
  EXPECT_THAT(stream.sent(), ElementsAre("t 1|told|9|u|\\N|\\N|\\N (sets v,n,op)"));
}

TEST_F(ChangeRowsTest, ARowThatIsInsertedIsWhole) {
  EXPECT_THAT(stream.add(R"({"after":{"id":1,"v":"__debezium_unavailable_value"},"source":{},"op":"c"})"),
              HasSubstr("REPLICA IDENTITY FULL"));
  EXPECT_THAT(stream.sent(), IsEmpty());
}

TEST(TombstoneTest, ATombstoneIsWhatTheTopicSays) {
  const auto catalog = FakeCatalog().table("t", {"id text !", "v text"}, {{"id"}});
  const std::string fields = "upsert_key: id\nconflict_strategy: replace\nfield_mappings: {id: id, v: v}\n";
  ChangeStream as_before(topic_yaml(fields), catalog);
  EXPECT_EQ(as_before.add("-", "a"), "the record has no value");
  ChangeStream ignores(topic_yaml(fields + "tombstones: ignore"), catalog);
  EXPECT_EQ(ignores.add("-", "a"), "");
  EXPECT_THAT(ignores.sent(), IsEmpty());
  ChangeStream removes(topic_yaml(fields + "tombstones: delete"), catalog);
  EXPECT_EQ(removes.add(R"({"id":"a","v":"1"})", "a"), "");
  EXPECT_EQ(removes.add("-", "b"), "") << "a text that is no JSON";
  EXPECT_EQ(removes.add("-", "007"), "");
  EXPECT_EQ(removes.add("-", R"("c")"), "");
  EXPECT_EQ(removes.add("-", R"({"id":"d"})"), "");
  EXPECT_THAT(removes.add("-"), HasSubstr("says its `id`"));
  EXPECT_THAT(removes.sent(), ElementsAre("remove t b", "remove t 007", "remove t c", "remove t d", "t a|1 (sets )"));
}

TEST(TombstoneTest, AKeyOfTextIsTaken) {
  const auto catalog = FakeCatalog().table("t", {"id text !", "v text"}, {{"id"}});
  ChangeStream stream(topic_yaml("upsert_key: id\nconflict_strategy: update\nfield_mappings: {$key: id, v: v}\n"
                                 "tombstones: delete\nkey_format: text"),
                      catalog);
  EXPECT_EQ(stream.add(R"({"v":"1"})", "{a"), "");
  EXPECT_EQ(stream.add("-", "{b"), "");
  EXPECT_THAT(stream.sent(), ElementsAre("remove t {b", "t {a|1 (sets v)"));
}

}  // namespace
}  // namespace loom::testing
