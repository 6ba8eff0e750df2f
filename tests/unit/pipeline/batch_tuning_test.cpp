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
      tuning.note_stored(batch::Repeats::none, 1000);
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

/// How many batches go by a way, until it is another one, if what became of each is this.
int batches_by(BatchTuning& tuning, batch::Way way, batch::Repeats repeats) {
  int batches = 0;
  while (tuning.way() == way && batches < 1000) {
    tuning.note_stored(repeats, 1000);
    ++batches;
  }
  return batches;
}

TEST(BatchTuningTest, AFewRepeatsAreAskedForInTheNextBatchesAndLongerEachTime) {
  using batch::Repeats;
  using batch::Way;
  BatchTuning tuning;
  EXPECT_EQ(tuning.way(), Way::copy);
  for (const int streak : {8, 16, 32}) {
    tuning.note_stored(Repeats::few, 1000);
    EXPECT_EQ(batches_by(tuning, Way::ask, Repeats::none), streak);
    EXPECT_EQ(tuning.way(), Way::copy);
  }
  tuning.note_stored(Repeats::none, 1000);
  tuning.note_stored(Repeats::few, 1000);
  EXPECT_EQ(batches_by(tuning, Way::ask, Repeats::none), 8) << "a batch that met nothing begins anew";
}

TEST(BatchTuningTest, ManyRepeatsAreMergedUntilOneBatchAsksAgain) {
  using batch::Repeats;
  using batch::Way;
  BatchTuning tuning;
  tuning.note_stored(Repeats::many, 1000);
  EXPECT_EQ(batches_by(tuning, Way::merge, Repeats::unknown), 8);
  EXPECT_EQ(tuning.way(), Way::ask);
  tuning.note_stored(Repeats::many, 1000);
  EXPECT_EQ(batches_by(tuning, Way::merge, Repeats::unknown), 16);
  EXPECT_EQ(batches_by(tuning, Way::ask, Repeats::none), 1);
  EXPECT_EQ(tuning.way(), Way::copy);
}

TEST(BatchTuningTest, WhereNobodyCanAskRepeatsAreMergedAsLongAsTheyCome) {
  using batch::Repeats;
  using batch::Way;
  BatchTuning tuning;
  for (int i = 0; i < 100; ++i) tuning.note_stored(Repeats::untold, 1000);
  EXPECT_EQ(batches_by(tuning, Way::merge, Repeats::none), 256);
  EXPECT_EQ(tuning.way(), Way::copy);
}

}  // namespace
}  // namespace loom::pipeline
