// A lane whose messages name schemas: those of the fixture are JSON behind a registry's framing.
#include <map>

#include "decode/schema_source.h"
#include "lane_fixture.h"

namespace loom::pipeline {
namespace {

using batch::OutcomeKind;

/// A registry that knows what the test says, and when.
class FakeSchemas final : public decode::SchemaSource {
 public:
  decode::SchemaAnswer find(const decode::SchemaId& id) override {
    const auto at = answers_.find(id.number);
    if (at != answers_.end()) return at->second;
    decode::SchemaAnswer wanted;
    wanted.wanted = true;
    ++asked;
    return wanted;
  }
  [[nodiscard]] std::optional<decode::SchemaTrouble> trouble() const override { return trouble_; }

  void has(std::uint64_t id) {
    auto schema = std::make_shared<formats::Schema>();
    schema->format = formats::Format::json_schema;
    answers_[id].schema = std::move(schema);
  }
  void knows_nothing_of(std::uint64_t id) { answers_[id].problem = "no such schema"; }
  void forgets(std::uint64_t id) { answers_.erase(id); }
  void goes_away(bool refused) { trouble_ = decode::SchemaTrouble{.refused = refused, .says = "connection refused"}; }

  int asked = 0;

 private:
  std::map<std::uint64_t, decode::SchemaAnswer> answers_;
  std::optional<decode::SchemaTrouble> trouble_;
};

struct Schemas {
  FakeSchemas schemas_;
};

/// The base before the lane, which refers to it.
class LaneSchemasTest : private Schemas, public LaneTest {
 protected:
  LaneSchemasTest() : LaneTest(decode::Registry{.schemas = &schemas_, .id_bytes = 4}) {
    auto made = *plan();
    made.value_format.format = formats::Format::automatic;
    lane_.use_plan(std::make_shared<const mapping::TopicPlan>(std::move(made)));
    assign(0).framing = of_schema(7);
  }

  static std::string of_schema(char id) { return {'\0', '\0', '\0', '\0', id}; }
  FakeSchemas& registry() { return schemas_; }
};

TEST_F(LaneSchemasTest, ABatchWaitsForItsSchemaAndGoesWhenItIsThere) {
  emit(0, 3);
  take_all();
  EXPECT_EQ(due(), nullptr);
  EXPECT_FALSE(lane_.trouble()) << "a registry that answers is no trouble";
  registry().has(7);
  EXPECT_EQ(due(), nullptr) << "nobody has told it yet";
  lane_.schemas_changed();
  const auto batch = due();
  ASSERT_NE(batch, nullptr);
  EXPECT_EQ(rows_of(*batch), 3);
  EXPECT_TRUE(batch->rejected.empty());
}

TEST_F(LaneSchemasTest, AKnownSchemaInFrontDoesNotLetAnUnknownOneGo) {
  registry().has(7);
  emit(0, 1);
  sources_.at(0)->framing = of_schema(8);
  emit(0, 2);
  take_all();
  EXPECT_EQ(due(), nullptr);
  lane_.schemas_changed();
  EXPECT_EQ(due(), nullptr) << "8 is still wanted";
  registry().has(8);
  lane_.schemas_changed();
  const auto batch = due();
  ASSERT_NE(batch, nullptr);
  EXPECT_EQ(rows_of(*batch), 3);
}

TEST_F(LaneSchemasTest, OnlyWhatTheRegistryDoesNotKnowIsADeadLetter) {
  registry().knows_nothing_of(8);
  registry().has(7);
  emit(0, 2);
  sources_.at(0)->framing = of_schema(8);
  emit(0, 1);
  take_all();
  const auto batch = due();
  ASSERT_NE(batch, nullptr);
  EXPECT_EQ(rows_of(*batch), 2);
  ASSERT_EQ(batch->rejected.size(), 1U);
  EXPECT_EQ(batch->rejected[0].reject.reason, RejectReason::unknown_schema);
  EXPECT_EQ(batch->rejected[0].reject.message, "the value names schema 8: no such schema");
}

TEST_F(LaneSchemasTest, ARegistryThatIsAwayIsTheTroubleUntilItsSchemaIsStored) {
  for (const bool refused : {false, true}) {
    registry().goes_away(refused);
    if (!refused) emit(0, 3);
    take_all();
    EXPECT_EQ(due(), nullptr);
    ASSERT_TRUE(lane_.trouble());
    EXPECT_EQ(lane_.trouble()->cause, refused ? batch::Cause::registry_refused : batch::Cause::registry_away);
  }
  registry().has(7);
  clock_.advance(std::chrono::seconds(6));  // also without being told
  auto batch = due();
  ASSERT_NE(batch, nullptr);
  EXPECT_EQ(rows_of(*batch), 3);
  settle(std::move(batch), OutcomeKind::committed);
  EXPECT_FALSE(lane_.trouble());
}

TEST_F(LaneSchemasTest, ABatchThatComesBackIsStoredBeforeTheOneThatWaits) {
  registry().has(7);
  emit(0, 3);
  take_all();
  auto out = due();
  ASSERT_NE(out, nullptr);
  sources_.at(0)->framing = of_schema(8);
  emit(0, 3);
  take_all();
  settle(std::move(out), OutcomeKind::retry);
  clock_.advance(std::chrono::seconds(4));
  registry().has(8);
  lane_.schemas_changed();
  auto again = due();
  ASSERT_NE(again, nullptr);
  EXPECT_EQ(again->messages.front().offset, 0);
  settle(std::move(again), OutcomeKind::committed);
  const auto next = due();
  ASSERT_NE(next, nullptr);
  EXPECT_EQ(next->messages.front().offset, 3);
  EXPECT_EQ(rows_of(*next), 3);
}

TEST_F(LaneSchemasTest, ABatchThatLosesAPartitionWaitsForAVerdictThatWasForgotten) {
  registry().has(7);
  registry().knows_nothing_of(8);
  sources_.at(0)->framing = of_schema(8);
  assign(1).framing = of_schema(7);
  emit(0, 1);
  emit(1, 1);
  take_all();
  clock_.advance(std::chrono::seconds(2));
  auto out = due();
  ASSERT_NE(out, nullptr);
  ASSERT_EQ(out->rejected.size(), 1U);
  ASSERT_NE(lane_.discard(1), nullptr);
  settle(std::move(out), OutcomeKind::retry);
  registry().forgets(8);
  clock_.advance(std::chrono::seconds(4));
  EXPECT_EQ(due(), nullptr) << "its message has neither row nor dead letter: its offset must not go";
  registry().knows_nothing_of(8);
  lane_.schemas_changed();
  const auto again = due();
  ASSERT_NE(again, nullptr);
  EXPECT_EQ(again->messages.size(), 1U);
  EXPECT_EQ(again->rejected.size(), 1U);
}

}  // namespace
}  // namespace loom::pipeline
