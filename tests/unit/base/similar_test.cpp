#include "base/similar.h"

#include <gtest/gtest.h>

#include <array>

namespace loom {
namespace {

constexpr std::array<std::string_view, 6> kKeys{"table", "field_mappings", "conflict_strategy", "upsert_key",
                                                "nul",   "identity"};

TEST(Similar, AMisspelledNameIsKnownAgain) {
  EXPECT_EQ(similar_name("confict_strategy", kKeys), "conflict_strategy");  // a letter left out
  EXPECT_EQ(similar_name("field_mapping", kKeys), "field_mappings");
  EXPECT_EQ(similar_name("tabel", kKeys), "table");  // two exchanged
  EXPECT_EQ(similar_name("idntitty", kKeys), "identity");
  EXPECT_EQ(similar_name("null", kKeys), "nul");
}

TEST(Similar, AnUnfinishedNameIsKnownAgain) {
  EXPECT_EQ(similar_name("upsert", kKeys), "upsert_key");
  EXPECT_EQ(similar_name("fie", kKeys), "") << "too short";
  constexpr std::array<std::string_view, 2> kBoth{"timestamp_parse", "timestamp_field"};
  EXPECT_EQ(similar_name("timestamp", kBoth), "") << "one of two";
}

TEST(Similar, HowWordsAreJoinedDoesNotCount) {
  EXPECT_EQ(similar_name("conflictStrategy", kKeys), "conflict_strategy");
  EXPECT_EQ(similar_name("Upsert-Key", kKeys), "upsert_key");
}

TEST(Similar, WhatIsFarFromAllIsNone) {
  EXPECT_EQ(similar_name("columns", kKeys), "");
  EXPECT_EQ(similar_name("", kKeys), "");
  EXPECT_EQ(similar_name("x", std::array<std::string_view, 1>{"y"}), "");
  EXPECT_EQ(similar_name(std::string(200, 'a'), kKeys), "");
}

TEST(Similar, TheNearestIsTaken) {
  constexpr std::array<std::string_view, 3> kNames{"order_ids", "order_id", "orders_id"};
  EXPECT_EQ(similar_name("order_id", kNames), "order_id");
  EXPECT_EQ(did_you_mean("ordr_id", kNames), "did you mean `order_id`? ");
  EXPECT_EQ(did_you_mean("something else", kNames), "");
}

}  // namespace
}  // namespace loom
