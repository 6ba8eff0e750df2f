// A pool whose bounds change while it is at work.
#include <future>

#include "sink_fixture.h"
#include "support/await.h"
#include "support/held_session.h"

namespace loom::sink::testing {
namespace {

using batch::OutcomeKind;
using loom::testing::await;
using namespace std::chrono_literals;

class ResizeTest : public SinkTest {
 protected:
  ResizeTest() {
    database.run("CREATE TABLE readings (id bigint)");
    database.run("INSERT INTO kafka_consumer_offsets SELECT 'group''s', 't', p, 0 FROM generate_series(1, 4) p");
  }

  /// Four batches that all wait for the table while somebody else has it locked.
  void submit_four() {
    const auto readings = plan("readings");
    locker_.run("BEGIN; LOCK TABLE readings");
    for (int partition = 0; partition < 4; ++partition) {
      BatchMaker maker(readings, 0);
      maker.add({{"id", std::to_string(partition)}});
      auto batch = maker.take();
      batch->ranges[0].partition = partition;
      auto done = std::make_shared<std::promise<batch::WriteReply>>();
      replies_.push_back(done->get_future());
      pool->submit(std::move(batch), [done](batch::WriteReply reply) { done->set_value(std::move(reply)); });
    }
  }
  bool await_at_work(std::size_t busy, std::size_t waiting) {
    return await(10s, [&] { return pool->state().busy == busy && pool->state().waiting == waiting; });
  }
  void all_are_stored() {
    locker_.run("COMMIT");
    for (auto& reply : replies_) EXPECT_EQ(reply.get().outcome.kind, OutcomeKind::committed);
    EXPECT_EQ(count("readings"), "4");
  }

  loom::testing::HeldSession locker_{settings.url};
  std::vector<std::future<batch::WriteReply>> replies_;
};

TEST_F(ResizeTest, ALargerMaximumSetsWaitingBatchesToWorkAtOnce) {
  pool->resize(1, 2);
  submit_four();
  ASSERT_TRUE(await_at_work(2, 2));
  pool->resize(1, 4);
  EXPECT_TRUE(await_at_work(4, 0));
  all_are_stored();
}

TEST_F(ResizeTest, ASmallerMaximumClosesConnectionsWhenTheirBatchIsDone) {
  pool->resize(4, 4);
  submit_four();
  ASSERT_TRUE(await_at_work(4, 0));
  pool->resize(1, 1);
  EXPECT_EQ(pool->state().maximum, 1U);
  EXPECT_EQ(pool->state().busy, 4U) << "batches in hand are not called back";
  all_are_stored();
  EXPECT_TRUE(await(10s, [&] { return pool->state().connections <= 1; })) << pool->state().connections;
}

}  // namespace
}  // namespace loom::sink::testing
