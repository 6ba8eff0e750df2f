#include "status/troubles.h"

#include <gmock/gmock.h>

#include <limits>

namespace loom::status {
namespace {

using batch::Cause;
using std::chrono::seconds;
using ::testing::ElementsAre;
using ::testing::IsEmpty;

constexpr double kNever = std::numeric_limits<double>::infinity();

class TroublesTest : public ::testing::Test {
 protected:
  [[nodiscard]] pipeline::LaneView lane(const std::string& topic, Cause cause, seconds ago) const {
    pipeline::LaneView view;
    view.topic = topic;
    view.trouble = pipeline::Trouble{.cause = cause, .says = "as " + topic + " was told", .since = now - ago};
    return view;
  }
  [[nodiscard]] pipeline::LaneView out(const std::string& topic, seconds ago) const {
    pipeline::LaneView view;
    view.topic = topic;
    view.out_since = now - ago;
    return view;
  }

  TimePoint now{std::chrono::hours(1)};
  Troubles troubles;
};

TEST_F(TroublesTest, EachCauseIsOneWithAllItsTopicsTheOneThatExplainsTheOthersFirst) {
  troubles.add(lane("b", Cause::disk_full, seconds(3)), now, true);
  troubles.add(lane("c", Cause::locked, seconds(1)), now, true);
  troubles.add(lane("a", Cause::disk_full, seconds(9)), now, true);
  troubles.add(lane("b", Cause::disk_full, seconds(2)), now, true);  // in another worker
  troubles.add(ServerTrouble{Cause::too_many_connections, "sorry", 2}, kNever);
  const auto all = troubles.take();
  ASSERT_EQ(all.size(), 3U);
  EXPECT_EQ(all[0].cause, Cause::too_many_connections);
  EXPECT_THAT(all[0].topics, IsEmpty());
  EXPECT_EQ(all[1].cause, Cause::disk_full);
  EXPECT_THAT(all[1].topics, ElementsAre("a", "b"));
  EXPECT_EQ(all[1].since_seconds, 9);
  EXPECT_EQ(all[1].says, "as b was told");
  EXPECT_EQ(all[2].cause, Cause::locked);
}

TEST_F(TroublesTest, ABatchThatIsOutForLongIsATimeoutBeforeOneEndsIt) {
  troubles.add(out("a", seconds(2)), now, true);
  EXPECT_THAT(troubles.take(), IsEmpty());
  troubles.add(out("a", seconds(5)), now, false);
  EXPECT_THAT(troubles.take(), IsEmpty()) << "it waits for a connection, or the server is away";
  troubles.add(out("a", seconds(5)), now, true);
  const auto all = troubles.take();
  ASSERT_EQ(all.size(), 1U);
  EXPECT_EQ(all[0].cause, Cause::timeout);
  EXPECT_EQ(all[0].says, "the database has had a batch for 5 s without an answer");
}

TEST_F(TroublesTest, WhatIsNotTheDatabasesIsNoneOfItsTroubles) {
  troubles.add(lane("a", Cause::none, seconds(30)), now, true);
  EXPECT_THAT(troubles.take(), IsEmpty());
}

TEST_F(TroublesTest, AProbeThatSeesAStandbyIsNotBelievedWhileRowsAreStored) {
  const ServerTrouble standby{Cause::read_only, "the server is a standby", 10};
  troubles.add(standby, 0.5);
  EXPECT_THAT(troubles.take(), IsEmpty()) << "somebody else answers the probe";
  troubles.add(standby, 11);
  EXPECT_EQ(troubles.take().size(), 1U);
  troubles.add(ServerTrouble{}, kNever);
  EXPECT_THAT(troubles.take(), IsEmpty());
}

}  // namespace
}  // namespace loom::status
