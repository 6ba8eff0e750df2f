#include "pipeline/batch_tuning.h"

#include <gtest/gtest.h>

#include <vector>

namespace loom::pipeline {
namespace {

TEST(BatchTuningTest, EachTimeThatMoreWasTooMuchItWaitsTwiceAsLongForTheNextTry) {
  BatchTuning tuning;
  const auto stored_until_more = [&] {
    tuning.note_failure(batch::TooLarge::surely);
    EXPECT_TRUE(tuning.wants_less());
    tuning.shrink_to(100);
    int stored = 0;
    while (tuning.rows_max(1000) == 100) {
      tuning.note_stored(false, 1000);
      ++stored;
    }
    return stored;
  };
  std::vector<int> waits;
  waits.reserve(4);
  for (int i = 0; i < 4; ++i) waits.push_back(stored_until_more());
  EXPECT_EQ(waits, (std::vector<int>{1, 2, 4, 8}));
}

TEST(BatchTuningTest, AMessageThatFailedAloneHasRoomForOthers) {
  BatchTuning tuning;
  tuning.make_room_for_company();
  EXPECT_EQ(tuning.rows_max(1000), 1000U) << "nothing keeps batches small";
  tuning.note_failure(batch::TooLarge::surely);
  tuning.shrink_to(1);
  tuning.make_room_for_company();
  EXPECT_EQ(tuning.rows_max(1000), 8U);
  EXPECT_EQ(tuning.rows_max(4), 4U) << "never more than the settings allow";
}

}  // namespace
}  // namespace loom::pipeline
