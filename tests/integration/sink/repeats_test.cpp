// Messages that come again, in each strategy and by each way of writing: the table is what a model over all messages
// says, also where the memory of keys is wrong, since somebody else deletes and inserts rows.
#include <gmock/gmock.h>

#include <algorithm>
#include <array>
#include <map>
#include <random>
#include <string>
#include <utility>

#include "sink_fixture.h"

namespace loom::sink::testing {
namespace {

using batch::OutcomeKind;
using batch::Repeats;
using batch::Way;
using mapping::ConflictStrategy;

class RepeatsTest : public SinkTest {
 protected:
  RepeatsTest() {
    database.run("CREATE TABLE readings (device text, at bigint, v text, w text, PRIMARY KEY (device, at))");
  }

  static Cells row(int key, const std::string& v) {
    return {{"device", "d" + std::to_string(key % 7)}, {"at", std::to_string(key)}, {"v", v}, {"w", v}};
  }
  /// One batch of the keys [from, to).
  Written write_keys(int from, int to, const std::string& v, Way way = Way::copy) {
    auto maker = next_batch(plan("readings", {"device", "at"}, strategy_));
    for (int key = from; key < to; ++key) maker.add(row(key, v));
    auto batch = maker.take();
    batch->way = way;
    return write(std::move(batch));
  }

  ConflictStrategy strategy_ = ConflictStrategy::replace;
};

TEST_F(RepeatsTest, OfABatchThatMeetsAFewOnlyTheseAreMergedAndTheNextOneKnows) {
  ASSERT_EQ(write_keys(0, 700, "first").outcome.repeats, Repeats::none);
  restart_pool();  // a service that starts knows of no key
  const auto surprised = write_keys(690, 1400, "second");
  EXPECT_EQ(surprised.outcome.repeats, Repeats::few) << surprised.outcome.message;
  EXPECT_EQ(surprised.batch->rows.all().front().may_meet.size(), 10U);
  EXPECT_TRUE(surprised.outcome.merged);
  EXPECT_TRUE(surprised.outcome.conflicted);
  // These were seen, and are parted before anything is sent.
  const auto known = write_keys(1390, 2100, "third");
  EXPECT_EQ(known.outcome.repeats, Repeats::none);
  EXPECT_TRUE(known.outcome.merged);
  EXPECT_FALSE(known.outcome.conflicted);
  EXPECT_EQ(known.batch->rows.all().front().may_meet.size(), 10U);
  EXPECT_EQ(count("readings"), "2100");
  EXPECT_EQ(count("readings WHERE v = 'second'"), "700");
  EXPECT_EQ(count("readings WHERE v = 'third' AND at >= 1390"), "710");
  EXPECT_EQ(stored_offset(), 700 + 710 + 710);
}

TEST_F(RepeatsTest, ABatchThatAsksFirstFindsThemWithoutAFailedCopy) {
  database.run("INSERT INTO readings SELECT 'd' || i % 7, i, 'there', 'there' FROM generate_series(0, 99) i");
  const std::string rolled_back = "SELECT xact_rollback FROM pg_stat_database WHERE datname = current_database()";
  const auto few = write_keys(90, 900, "new", Way::ask);
  EXPECT_EQ(few.outcome.repeats, Repeats::few);
  const auto many = write_keys(0, 100, "newer", Way::ask);
  EXPECT_EQ(many.outcome.repeats, Repeats::many) << "those beyond what the memory has";
  const auto none = write_keys(1000, 1010, "new", Way::ask);
  EXPECT_EQ(none.outcome.repeats, Repeats::none);
  EXPECT_EQ(count("readings WHERE v = 'newer'"), "100");
  EXPECT_EQ(count("readings"), "910");
  restart_pool();  // its sessions tell what they did as they end
  EXPECT_EQ(database.value(rolled_back), "0");
}

TEST_F(RepeatsTest, WhatTheTableHasIsLeftOutUnderIgnoreAndAskedForAgainByTheNextTry) {
  strategy_ = ConflictStrategy::ignore;
  database.run("INSERT INTO readings SELECT 'd' || i % 7, i, 'there', 'there' FROM generate_series(0, 99) i");
  auto all = write_keys(0, 100, "new", Way::ask);
  EXPECT_EQ(all.outcome.repeats, Repeats::few) << "asking stays the cheapest way";
  EXPECT_EQ(all.batch->rows.all().front().met.size(), 100U);
  EXPECT_EQ(count("readings WHERE v = 'there'"), "100");
  EXPECT_EQ(stored_offset(), 100);
  // The same batch goes again, and meanwhile somebody has taken half of them away.
  database.run("DELETE FROM readings WHERE at < 50");
  all.batch->ranges.front().from = 100;
  all.batch->ranges.front().to = 200;
  all.batch->way = Way::copy;
  EXPECT_EQ(write(std::move(all.batch)).outcome.kind, OutcomeKind::committed);
  EXPECT_EQ(count("readings WHERE v = 'there'"), "50");
  EXPECT_EQ(count("readings WHERE v = 'new'"), "50");
}

TEST_F(RepeatsTest, NothingIsLeftOutWhereATriggerMakesTheKeyOrChildrenInheritTheTable) {
  database.run(
      "CREATE TABLE moved (id bigint PRIMARY KEY, v text);"
      "INSERT INTO moved SELECT i, 'there' FROM generate_series(0, 9) i;"
      "CREATE FUNCTION move_key() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN NEW.id := NEW.id + 1000; RETURN NEW; "
      "END "
      "$$; CREATE TRIGGER move_key BEFORE INSERT ON moved FOR EACH ROW EXECUTE FUNCTION move_key();"
      "CREATE TABLE parent (id bigint PRIMARY KEY, v text);"
      "CREATE TABLE heir (PRIMARY KEY (id)) INHERITS (parent);"
      "INSERT INTO heir SELECT i, 'there' FROM generate_series(0, 9) i");
  for (const std::string table : {"moved", "parent"}) {
    for (const Way way : {Way::ask, Way::copy}) {
      auto maker = next_batch(plan(table, {"id"}, ConflictStrategy::ignore));
      const int first = way == Way::ask ? 0 : 5;
      for (int id = first; id < first + 20; ++id) maker.add({{"id", std::to_string(id)}, {"v", "new"}});
      auto batch = maker.take();
      batch->way = way;
      ASSERT_EQ(write(std::move(batch)).outcome.kind, OutcomeKind::committed);
    }
  }
  EXPECT_EQ(count("moved WHERE id >= 1000"), "25");
  EXPECT_EQ(count("ONLY parent"), "25");
}

TEST_F(RepeatsTest, AnUpdateThatChangesNothingWritesNothingUnlessATriggerListens) {
  const std::string versions = "SELECT string_agg(DISTINCT xmin::text, ' ') FROM readings";
  write_keys(0, 700, "same");
  const std::string before = database.value(versions);
  const auto again = write_keys(0, 700, "same");
  EXPECT_EQ(again.outcome.merged_rows, 700U);
  EXPECT_EQ(database.value(versions), before);
  write_keys(0, 7, "other");
  EXPECT_EQ(count("readings WHERE v = 'other'"), "7");
  EXPECT_NE(database.value(versions), before);
  database.run(
      "CREATE FUNCTION touch() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN NEW.w := 'touched'; RETURN NEW; END $$;"
      "CREATE TRIGGER touch BEFORE UPDATE ON readings FOR EACH ROW EXECUTE FUNCTION touch()");
  write_keys(0, 7, "other");
  EXPECT_EQ(count("readings WHERE w = 'touched'"), "7");
}

TEST_F(RepeatsTest, AMergeCountsNothingWhereTheDatabaseCanBeAsked) {
  EXPECT_EQ(write_keys(0, 700, "first", Way::merge).outcome.repeats, Repeats::unknown);
  database.run("CREATE TABLE prices (price numeric PRIMARY KEY)");
  const auto prices = mapped("    table: prices\n    upsert_key: [price]\n    field_mappings: {p: price}\n");
  const auto written = store(prices, {R"({"p":"1.0"})", R"({"p":"1.00"})"});
  EXPECT_EQ(written.outcome.repeats, Repeats::untold) << "only the database tells these keys apart";
}

TEST_F(RepeatsTest, RowsThatCannotBeStoredAreFoundBesideThem) {
  database.run("ALTER TABLE readings ADD CHECK (v <> 'bad')");
  write_keys(0, 700, "first");
  for (const int from : {690, 1390}) {
    auto maker = next_batch(plan("readings", {"device", "at"}, strategy_));
    for (int key = from; key < from + 710; ++key) maker.add(row(key, key % 100 == 95 ? "bad" : "good"));
    const auto written = write(maker);
    ASSERT_EQ(written.outcome.kind, OutcomeKind::committed) << written.outcome.message;
    EXPECT_EQ(written.batch->rejected.size(), 8U);
  }
}

/// What the table should be, by key.
using Model = std::map<int, std::pair<std::string, std::string>>;

TEST_F(RepeatsTest, TheTableIsWhatAModelOfAllMessagesSays) {
  constexpr int kBatches = 24;
  constexpr int kMessages = 600;
  const auto seed = environment_number("LOOM_REPEATS_SEED", std::random_device()());
  SCOPED_TRACE("LOOM_REPEATS_SEED=" + std::to_string(seed));
  std::mt19937_64 random(seed);
  const auto below = [&random](int end) { return static_cast<int>(random() % static_cast<unsigned>(end)); };
  for (const auto strategy : {ConflictStrategy::ignore, ConflictStrategy::update, ConflictStrategy::replace}) {
    database.run("TRUNCATE readings");
    Model model;
    int newest = 0;
    int parted = 0;
    for (int number = 0; number < kBatches; ++number) {
      auto maker = next_batch(plan("readings", {"device", "at"}, strategy));
      const int repeats_of_100 = std::array{0, 1, 10, 50}.at(static_cast<std::size_t>(below(4)));
      for (int i = 0; i < kMessages; ++i) {
        const bool repeats = newest > 0 && below(100) < repeats_of_100;
        const int key = repeats ? std::max(newest - 1 - below(below(2) == 0 ? 50 : 5000), 0) : newest++;
        const std::string value = std::to_string(number) + "." + std::to_string(i);
        Cells cells = row(key, value);
        const int lacks = below(4);  // nothing, v, w, both
        if (lacks == 1 || lacks == 3) cells.erase("v");
        if (lacks == 2 || lacks == 3) cells.erase("w");
        maker.add(cells);
        const std::string v = cells.contains("v") ? value : "NULL";
        const std::string w = cells.contains("w") ? value : "NULL";
        const auto [at, fresh] = model.try_emplace(key, v, w);
        if (fresh || strategy == ConflictStrategy::ignore) continue;
        if (strategy == ConflictStrategy::replace || cells.contains("v")) at->second.first = v;
        if (strategy == ConflictStrategy::replace || cells.contains("w")) at->second.second = w;
      }
      auto batch = maker.take();
      batch->way = std::array{Way::copy, Way::copy, Way::ask, Way::merge}.at(static_cast<std::size_t>(below(4)));
      const auto written = write(std::move(batch));
      ASSERT_EQ(written.outcome.kind, OutcomeKind::committed) << written.outcome.message;
      if (written.outcome.repeats != Repeats::unknown && !written.batch->rows.all().front().may_meet.empty()) ++parted;

      // Somebody else takes some away, and puts others where none is expected.
      const int gone = below(newest);
      database.run("DELETE FROM readings WHERE at BETWEEN " + std::to_string(gone) + " AND " +
                   std::to_string(gone + 3));
      model.erase(model.lower_bound(gone), model.upper_bound(gone + 3));
      const int theirs = newest + below(kMessages);
      database.run("INSERT INTO readings VALUES ('d" + std::to_string(theirs % 7) + "', " + std::to_string(theirs) +
                   ", 'theirs', 'theirs')");
      model.try_emplace(theirs, "theirs", "theirs");
    }
    EXPECT_GT(parted, kBatches / 8);
    std::vector<std::vector<std::string>> wanted;
    for (const auto& [key, values] : model) wanted.push_back({std::to_string(key), values.first, values.second});
    EXPECT_EQ(database.rows("SELECT at, v, w FROM readings ORDER BY at"), wanted);
    EXPECT_EQ(count("kafka_dead_letters"), "0");
  }
}

}  // namespace
}  // namespace loom::sink::testing
