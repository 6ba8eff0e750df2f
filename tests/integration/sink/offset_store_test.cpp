#include "sink/offset_store.h"

#include <gmock/gmock.h>

#include "sink_fixture.h"

namespace loom::sink {
namespace {

using loom::testing::TestDatabase;
using ::testing::HasSubstr;
using ::testing::Not;

class OffsetStoreTest : public ::testing::Test {
 protected:
  OffsetStoreTest() { testing::run_migrations(database); }
  TestDatabase database;
};

TEST_F(OffsetStoreTest, ClaimsOnlyWhatNobodyHasYet) {
  OffsetStore store(database.url(), "g");
  EXPECT_TRUE(store.load({{"t", 0}, {"t", 1}}).empty());
  const auto first = store.claim({{{"t", 0}, 5, 0}});
  ASSERT_EQ(first.size(), 1U);
  EXPECT_EQ(first[0].next_offset, 5);

  const auto second = OffsetStore(database.url(), "g").claim({{{"t", 0}, 9, 0}, {{"it's", 1}, 7, 0}});
  ASSERT_EQ(second.size(), 2U);
  EXPECT_EQ(second[0].where, (TopicPartition{"it's", 1}));
  EXPECT_EQ(second[0].next_offset, 7);
  EXPECT_EQ(second[1].next_offset, 5) << "the row that was there wins";
  EXPECT_EQ(store.load({{"t", 0}, {"t", 3}}).size(), 1U);
  EXPECT_EQ(store.load_all().size(), 2U);
  EXPECT_TRUE(OffsetStore(database.url(), "another").load_all().empty());
}

TEST_F(OffsetStoreTest, OpensItsConnectionAgain) {
  OffsetStore store(database.url(), "g");
  store.claim({{{"t", 0}, 5, 0}});
  database.run(
      "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = current_database() AND pid <> "
      "pg_backend_pid()");
  EXPECT_EQ(store.load_all().size(), 1U);
}

/// What is stored of topic t, partition 0, by its marks.
class StoredMarksTest : public OffsetStoreTest {
 protected:
  StoredMarksTest() {
    store.claim({{{"t", 0}, 5, 0}});
    database.run(
        "UPDATE kafka_consumer_offsets SET record_marks = '{0,5,7,4,40,400,-1,-1,-1,3,30,300}', last_timestamp = "
        "to_timestamp(0.04)");
  }
  StoredPosition stored() {
    auto rows = store.load_all();
    EXPECT_EQ(rows.size(), 1U);
    return std::move(rows.at(0));
  }
  OffsetStore store{database.url(), "g"};
};

TEST_F(StoredMarksTest, AreReadBack) {
  const StoredPosition position = stored();
  EXPECT_EQ(position.marks.newest().offset, 4);
  EXPECT_EQ(position.marks.leader_epoch(), 7);
  EXPECT_EQ(position.marks.seams().size(), 1U);
}

TEST_F(StoredMarksTest, AReplicaOfAnOlderVersionLeavesThemAndItsLastTimestampIsAGuess) {
  database.run("SELECT kafka_advance_offsets('g', 't', '{0}', '{0}', '{5}', '{9}', ARRAY[to_timestamp(0.08)])");
  const StoredPosition position = stored();
  EXPECT_EQ(position.next_offset, 9);
  EXPECT_EQ(position.marks.newest(), (RecordMark{.offset = 8, .timestamp_ms = 80}));
  EXPECT_EQ(position.marks.seams().size(), 1U) << "the older ones stay";
}

TEST_F(StoredMarksTest, WhereNothingIsRememberedNoneStay) {
  database.run("SELECT kafka_advance_offsets('g', 't', '{0}', '{0}', '{5}', '{9}', '{NULL}', '{NULL}')");
  EXPECT_FALSE(stored().marks.newest().known());
}

TEST_F(StoredMarksTest, ARestartHasThoseBeforeItUnderTheNextEpochAndNoDecision) {
  StoredPosition from = stored();
  from.decision = "which?";
  store.ask_operator(from);
  EXPECT_EQ(stored().decision, "which?");
  from.marks.forget_from(4);
  store.restart(from, 4);
  const StoredPosition position = stored();
  EXPECT_EQ(position.next_offset, 4);
  EXPECT_EQ(position.epoch, 1);
  EXPECT_EQ(position.decision, "");
  EXPECT_EQ(position.marks.newest().offset, 3);
}

TEST_F(StoredMarksTest, ADecisionIsNotWantedOfAPositionThatHasMoved) {
  StoredPosition from = stored();
  from.next_offset = 6;
  from.decision = "which?";
  store.ask_operator(from);
  EXPECT_EQ(stored().decision, "");
}

TEST(OffsetStoreErrors, NeverShowThePassword) {
  for (const std::string url : {"postgres://u:s3cret@127.0.0.1:1/db", "postgres://u:s3cret@x@127.0.0.1:1/db",
                                "postgres://u:s3cret@127.0.0.1:1/db?nonsense=s3cret", "s3cret"}) {
    OffsetStore store(url, "g");
    try {
      store.load_all();
      ADD_FAILURE() << "connected to " << url;
    } catch (const std::runtime_error& failure) {
      EXPECT_THAT(failure.what(), Not(HasSubstr("s3cret")));
      EXPECT_THAT(failure.what(), Not(HasSubstr("cret@x")));
    }
  }
}

}  // namespace
}  // namespace loom::sink
