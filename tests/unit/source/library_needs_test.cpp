#include "source/library_needs.h"

#include <gtest/gtest.h>
#include <librdkafka/rdkafka.h>

#include <memory>

namespace loom::source {
namespace {

TEST(LibraryNeeds, OfDebian12AreBoth) {
  const LibraryNeeds needs = needs_of(0x020002ff);
  EXPECT_TRUE(needs.waking);
  EXPECT_TRUE(needs.second_look_after_seek);
}

TEST(LibraryNeeds, EndWithVersion2_2) {
  EXPECT_TRUE(needs_of(0x020101ff).waking);
  EXPECT_TRUE(needs_of(0x020600ff).newer_for_scram);
  EXPECT_FALSE(needs_of(0x020601ff).newer_for_scram);
  EXPECT_FALSE(needs_of(0x02020000).waking) << "a release candidate";
  EXPECT_FALSE(needs_of(0x020200ff).waking);
  EXPECT_FALSE(needs_of(0x02080000).second_look_after_seek);
}

/// The limit is right for the library that these tests run with: it knows the property that makes waking needless.
TEST(LibraryNeeds, WakingIsForAClientThatDoesNotLookAgainByItself) {
  const std::unique_ptr<rd_kafka_conf_t, decltype(&rd_kafka_conf_destroy)> conf(rd_kafka_conf_new(),
                                                                                &rd_kafka_conf_destroy);
  const bool looks_again = rd_kafka_conf_set(conf.get(), "fetch.queue.backoff.ms", "5", nullptr, 0) == RD_KAFKA_CONF_OK;
  EXPECT_EQ(library_needs().waking, !looks_again) << rd_kafka_version_str();
}

}  // namespace
}  // namespace loom::source
