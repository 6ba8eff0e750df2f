#include "infer/names.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace loom::infer {
namespace {

using ::testing::ElementsAre;

TEST(InferNames, AFieldsNameBecomesAColumns) {
  EXPECT_EQ(column_name("orderId"), "order_id");
  EXPECT_EQ(column_name("Order-ID"), "order_id");
  EXPECT_EQ(column_name("HTTPPort"), "http_port");
  EXPECT_EQ(column_name("service.name"), "service_name");
  EXPECT_EQ(column_name("@type"), "type");
  EXPECT_EQ(column_name("sha256Sum"), "sha256_sum");
  EXPECT_EQ(column_name("größe"), "größe");
  EXPECT_EQ(column_name("--"), "field");
  EXPECT_EQ(column_name(std::string(62, 'a') + "ßß").size(), 62U) << "no half letter";
}

TEST(InferNames, WordsAndFreeNames) {
  EXPECT_THAT(words_of("createdAt"), ElementsAre("created", "at"));
  EXPECT_TRUE(has_word("created_at", {"at"}));
  EXPECT_FALSE(has_word("format", {"at"}));
  EXPECT_EQ(free_name("id", {}), "id");
  EXPECT_EQ(free_name("id", {"id", "id_2"}), "id_3");
}

}  // namespace
}  // namespace loom::infer
