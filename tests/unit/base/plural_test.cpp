#include "base/plural.h"

#include <gtest/gtest.h>

namespace loom {
namespace {

TEST(PluralTest, OneHasTheWordForOneAndAllElseTheOther) {
  EXPECT_EQ(plural(1, "topic"), "1 topic");
  EXPECT_EQ(plural(0, "topic"), "0 topics");
  EXPECT_EQ(plural(2U, "batch", "batches"), "2 batches");
  EXPECT_EQ(plural(std::uint64_t{1}, "batch", "batches"), "1 batch");
  EXPECT_EQ(plural(11, "member"), "11 members");
  EXPECT_EQ(plural(-1, "hour"), "-1 hours");
}

TEST(PluralTest, AWordAgreesWithItsNumber) {
  EXPECT_EQ(agree(1, "it", "them"), "it");
  EXPECT_EQ(agree(0, "it", "them"), "them");
}

}  // namespace
}  // namespace loom
