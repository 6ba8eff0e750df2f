#include "text/text_table.h"

#include <gtest/gtest.h>

namespace loom::text {
namespace {

TEST(TextTableTest, ColumnsAreAlignedByCharactersNotBytes) {
  TextTable table({{"NAME"}, {"N", TextTable::Side::right}, {"LAST"}});
  table.add({"grüße", "1", "x"});
  table.add({"a", "123", ""});
  EXPECT_EQ(table.render(), "NAME     N  LAST\ngrüße    1  x\na      123\n");
}

TEST(TextTableTest, NothingMovesTheCursor) {
  EXPECT_EQ(printable("a\x1b[31m\nb\x7f"), "a\\x1b[31m\\x0ab\\x7f");
  EXPECT_EQ(printable("grüße an alle", 5), "grüße...");
  EXPECT_EQ(printable("\xFF"), "\uFFFD");
}

}  // namespace
}  // namespace loom::text
