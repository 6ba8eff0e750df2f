// Whatever a topic, a table or a message is called: the page shows it as text.
#include <fmt/format.h>

#include "page_test.h"

namespace loom::testing {
namespace {

using MarkupTest = PageTest;

constexpr const char* kScript = "<script>window.taken = 1</script>";
constexpr const char* kImage = "<img src=x onerror='window.taken = 2'>";

TEST_F(MarkupTest, MarkupInReasonsAndDeadLettersIsText) {
  const std::string stopped = new_topic("stopped", 1);
  const std::string bad = new_topic("bad", 1);
  database().run(numbered_table("bad_rows"));
  // A table's name may hold anything, and the reason of the stop names it.
  map(numbered_mapping(bad, "bad_rows") + numbered_mapping(stopped, fmt::format("\"{}\"", kScript)));
  database().run(numbered_table(fmt::format("\"{}\"", kScript)));
  serve();
  database().run(fmt::format("DROP TABLE \"{}\"", kScript));
  send_numbered(stopped, 0, 5);
  // The database's own words about a row are a dead letter's message.
  database().run(fmt::format(
      "CREATE FUNCTION refuse() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN RAISE EXCEPTION '%', $m${}$m$; END $$;"
      "CREATE TRIGGER refuse BEFORE INSERT ON bad_rows FOR EACH ROW EXECUTE FUNCTION refuse()",
      kImage));
  send_numbered(bad, 0, 3);

  open_page();
  ASSERT_TRUE(says("TABLE DOES NOT FIT", seconds(20)));
  EXPECT_NE(browser().text("#verdict-text").find(kScript), std::string::npos) << browser().text("#verdict-text");
  ASSERT_TRUE(browser().wait_until("document.querySelector('#dead-letter-reasons tbody tr')", seconds(20)));
  const std::string example = browser().text("#dead-letter-reasons tbody tr [data-column=message]");
  EXPECT_NE(example.find(kImage), std::string::npos) << example;
  await_answers(2);
  EXPECT_EQ(browser().run("return document.querySelectorAll('main img, header img, main script').length"), 0);
  EXPECT_TRUE(browser().run("return window.taken === undefined").get<bool>());
  expect_quiet();
}

}  // namespace
}  // namespace loom::testing
