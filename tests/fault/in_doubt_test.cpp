#include <fmt/format.h>

#include <array>

#include "outage_test.h"

namespace loom::testing {
namespace {

class InDoubtTest : public OutageTest {
 protected:
  InDoubtTest() : OutageTest(KafkaServer::shared()) {}
  TcpProxy link_;
};

TEST_F(InDoubtTest, ACommitWhoseReplyIsLostCountsOnce) {
  const int cuts = rounds(6, 100);
  begin(6'000, through(link_));
  for (int cut = 0; cut < cuts; ++cut) {
    const Doubt how = std::array{Doubt::stored, Doubt::lost, Doubt::late}[static_cast<std::size_t>(cut) % 3];
    link_.doubt_next_commit(how, milliseconds(random(50, 1'500)));
    ASSERT_TRUE(await(seconds(20), [&] { return link_.counts().doubts > cut; })) << "no batch came to its end";
    recovery(flow());
    pass(milliseconds(random(0, 300)));
  }
  const auto judged = [](const TcpProxy::Counts& counts) {
    return counts.doubts_committed + counts.doubts_undone + counts.doubts_unknown;
  };
  EXPECT_TRUE(await(seconds(20), [&] { return judged(link_.counts()) == cuts; }));
  const TcpProxy::Counts counts = link_.counts();
  EXPECT_EQ(counts.doubts, cuts);
  EXPECT_GT(counts.doubts_committed, 0);
  EXPECT_GT(counts.doubts_undone, 0);
  finish("commit in doubt", cuts,
         fmt::format("the server had committed {}, not committed {}, went without a word {}", counts.doubts_committed,
                     counts.doubts_undone, counts.doubts_unknown));
}

}  // namespace
}  // namespace loom::testing
