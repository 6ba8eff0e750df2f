#include "mapping/time_storage.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "mapping/ddl.h"
#include "mapping_fixture.h"

namespace loom::mapping::testing {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;

std::string length(const char* text) {
  const auto parsed = parse_time_length(text);
  return parsed ? parsed->sql() : "none";
}

TEST(TimeLengthTest, IsANumberAndAUnit) {
  EXPECT_EQ(length("1 day"), "INTERVAL '1 day'");
  EXPECT_EQ(length(" 7  Days "), "INTERVAL '7 days'");
  EXPECT_EQ(length("90d"), "INTERVAL '90 days'");
  EXPECT_EQ(length("12 hours"), "INTERVAL '12 hours'");
  EXPECT_EQ(length("3 mon"), "INTERVAL '3 months'");
  EXPECT_EQ(length("86400000"), "86400000");
}

TEST(TimeLengthTest, NothingElseIsOne) {
  for (const char* text : {"", "day", "0 days", "-1 day", "1.5 days", "1 day 2 hours", "1 fortnight", "1 day'; DROP",
                           "99999999999999999999 days", "9999999999 days"}) {
    EXPECT_EQ(length(text), "none") << text;
  }
}

constexpr const char* kFields =
    "field_mappings: {device_id: device_id, ts: ts, n: n}\n"
    "data_types: {device_id: string, ts: timestamp, n: integer}\n"
    "upsert_key: [device_id, ts]\n";

std::string with(const std::string& lines) { return topic_yaml(kFields + lines); }

std::vector<std::string> found(const std::string& yaml) {
  std::vector<std::string> all = problems_of(yaml);
  if (!all.empty()) return all;
  std::vector<Problem> problems;
  table_definitions(loaded(yaml), problems);
  return shown(problems);
}

TEST(TimeStorageTest, ReadsAHypertable) {
  const auto topic =
      topic_of(with("hypertable: {time: ts, chunk: 1 day, space: device_id, partitions: 4, compress_after: 7 days,\n"
                    "             segment_by: [device_id], order_by: ts desc, retain: 90 days}\n"));
  ASSERT_TRUE(topic.storage.hypertable);
  const Hypertable& table = *topic.storage.hypertable;
  EXPECT_EQ(table.time, "ts");
  EXPECT_EQ(table.chunk.value().text(), "1 day");
  EXPECT_EQ(table.space, "device_id");
  EXPECT_EQ(table.partitions, 4);
  EXPECT_EQ(table.compress_after.value().text(), "7 days");
  EXPECT_THAT(table.segment_by, ElementsAre("device_id"));
  EXPECT_THAT(table.order_by, ElementsAre(OrderColumn{"ts", true}));
  EXPECT_EQ(table.retain.value().text(), "90 days");
}

TEST(TimeStorageTest, APartitionTakesWhatTheHypertableSays) {
  const auto topic = topic_of(with("hypertable: {time: ts, retain: 90 days}\npartition: day\n"));
  ASSERT_TRUE(topic.storage.partition);
  EXPECT_EQ(topic.storage.partition->time, "ts");
  EXPECT_EQ(topic.storage.partition->by, TimeUnit::day);
  EXPECT_EQ(topic.storage.partition->retain.value().text(), "90 days");
  EXPECT_TRUE(topic.storage.partition->catch_all);
}

TEST(TimeStorageTest, WhoSaysWhatBecomesOfOtherRowsGetsNoPartitionForThem) {
  const auto topic = topic_of(with("partition: {time: ts, by: month}\nno_partition: dead_letter\n"));
  EXPECT_EQ(topic.storage.partition.value().by, TimeUnit::month);
  EXPECT_FALSE(topic.storage.partition->catch_all);
}

TEST(TimeStorageTest, SaysWhatIsMissingOrWrong) {
  EXPECT_THAT(found(with("hypertable: {chunk: 1 day}\n")), ElementsAre(HasSubstr("hypertable.time: is not there")));
  EXPECT_THAT(found(with("hypertable: {time: ts, chunk: soon}\n")),
              ElementsAre(HasSubstr("hypertable.chunk: is `soon`; accepted: a whole number")));
  EXPECT_THAT(found(with("hypertable: {time: ts, retain: 90}\n")),
              ElementsAre(HasSubstr("hypertable.retain: is `90`")));
  EXPECT_THAT(found(with("hypertable: {time: ts, space: device_id}\n")),
              ElementsAre(HasSubstr("hypertable.partitions: is not there")));
  EXPECT_THAT(found(with("hypertable: {time: ts, partitions: 4}\n")),
              ElementsAre(HasSubstr("hypertable.space: is not there")));
  EXPECT_THAT(found(with("hypertable: {time: ts, chunks: 1 day}\n")), ElementsAre(HasSubstr("did you mean `chunk`?")));
  EXPECT_THAT(found(with("hypertable: {time: ts, segment_by: device_id}\n")),
              ElementsAre(HasSubstr("without `compress_after`")));
  EXPECT_THAT(found(with("partition: day\n")), ElementsAre(HasSubstr("partition.time: is not there")));
  EXPECT_THAT(found(with("partition: {time: ts, by: year}\n")), ElementsAre(HasSubstr("partition.by: is `year`")));
}

TEST(TimeStorageTest, TheColumnsHaveToBeThereAndOfATime) {
  EXPECT_THAT(found(with("hypertable: {time: tss}\n")),
              ElementsAre(HasSubstr("no column `tss` of `t` is mapped; did you mean `ts`?")));
  EXPECT_THAT(found(with("hypertable: {time: device_id}\n")),
              ElementsAre(HasSubstr("column `device_id` is TEXT, and a table is divided by a time")));
  EXPECT_THAT(found(with("hypertable: {time: ts, chunk: 1000}\n")), ElementsAre(HasSubstr("it needs a unit")));
  EXPECT_THAT(found(with("hypertable: {time: ts, space: place, partitions: 2}\n")),
              ElementsAre(HasSubstr("no column `place`")));
  EXPECT_THAT(found(with("hypertable: {time: ts, compress_after: 1 day, order_by: [ts DESC, place]}\n")),
              ElementsAre(HasSubstr("no column `place`")));
  EXPECT_THAT(found(with("partition: {time: n, by: day}\n")), ElementsAre(HasSubstr("column `n` is BIGINT")));
}

TEST(TimeStorageTest, EachUniqueKeyHasTheTimeInIt) {
  const std::string by_id =
      "field_mappings: {id: id, ts: ts}\ndata_types: {id: string, ts: timestamp}\nupsert_key: [id]\n";
  EXPECT_THAT(found(topic_yaml(by_id + "hypertable: {time: ts}\n")),
              ElementsAre(HasSubstr("the key of `t` (id) lacks `ts`, which TimescaleDB asks of each unique key")));
  EXPECT_THAT(found(topic_yaml(by_id + "partition: {time: ts}\n")), ElementsAre(HasSubstr("which PostgreSQL asks")));
  EXPECT_THAT(found(with("hypertable: {time: ts, space: n, partitions: 2}\n")),
              ElementsAre(HasSubstr("(device_id, ts) lacks `n`")));
}

TEST(TimeStorageTest, AHypertableMayGoByIntegers) {
  const std::string by_number =
      "field_mappings: {id: id, ms: ms}\ndata_types: {id: string, ms: integer}\nupsert_key: [id, ms]\n";
  EXPECT_THAT(found(topic_yaml(by_number + "hypertable: {time: ms, chunk: 86400000}\n")), IsEmpty());
  EXPECT_THAT(found(topic_yaml(by_number + "hypertable: {time: ms, chunk: 1 day}\n")),
              ElementsAre(HasSubstr("a whole number of its units is accepted")));
}

TEST(TimeStorageTest, ThePartitionedTableNamesItsColumn) {
  std::vector<Problem> problems;
  const auto tables = table_definitions(loaded(with("partition: {time: ts}\n")), problems);
  EXPECT_THAT(problems, IsEmpty());
  EXPECT_THAT(tables.at(0).to_sql(TableForm::partitioned), HasSubstr(") PARTITION BY RANGE (\"ts\");\n"));
  EXPECT_THAT(tables.at(0).to_sql(), HasSubstr("\"ts\" TIMESTAMPTZ NOT NULL"));
}

TEST(TimeStorageTest, TopicsOfOneTableHaveToAgree) {
  const auto two = [](const char* first, const char* second) {
    const auto topic = [](const char* name, const char* storage) {
      return std::string("  ") + name + ":\n    table: shared\n    field_mappings: {id: id, ts: ts}\n" +
             "    data_types: {id: string, ts: timestamp}\n    upsert_key: [id, ts]\n    " + storage + "\n";
    };
    return "schema_version: v1\ntopics:\n" + topic("a", first) + topic("b", second);
  };
  EXPECT_THAT(found(two("hypertable: {time: ts, chunk: 1 day}", "description: says nothing")), IsEmpty());
  EXPECT_THAT(found(two("hypertable: {time: ts, chunk: 1 day}", "hypertable: {time: ts, chunk: 2 days}")),
              ElementsAre(HasSubstr("is not what another topic of `shared` has")));
}

TEST(TimeStorageTest, ATableOfSomebodyElsesIsLeftAlone) {
  EXPECT_THAT(found(with("hypertable: {time: ts}\ncreate_table: false\n")),
              ElementsAre(HasSubstr("does nothing beside `create_table: false`")));
}

}  // namespace
}  // namespace loom::mapping::testing
