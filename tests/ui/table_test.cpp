// Many topics: sorting, filtering, and no more rows than a person can read.
#include <fmt/format.h>

#include <algorithm>

#include "page_test.h"

namespace loom::testing {
namespace {

using nlohmann::json;

class PageTableTest : public PageTest {
 protected:
  static constexpr int kTopics = 60;
  static constexpr std::size_t kShown = 50;

  /// Topic i has i messages.
  void serve_topics() {
    std::vector<std::string> topics;
    std::string mapping;
    for (int i = 0; i < kTopics; ++i) {
      topics.push_back(fmt::format("{}.t{:02}", prefix(), i));
      know_topic(topics.back(), 1);
      mapping += numbered_mapping(topics.back(), "numbers");
    }
    kafka().create_topics(topics, 1);
    database().run(numbered_table("numbers"));
    map(mapping);
    serve();
    // Flushed once: the producer takes a second to get to know a topic.
    for (std::size_t i = 0; i < topics.size(); ++i) {
      for (std::size_t number = 0; number < i; ++number) {
        producer().send(
            topics[i],
            {.value = numbered_message(static_cast<std::int64_t>(number)), .key = {}, .partition = 0, .headers = {}});
      }
    }
    producer().flush();
    get_when("/status", [](const json& status) {
      return status.at("totals").at("rows") == kTopics * (kTopics - 1) / 2 && status.at("topics").size() == kTopics;
    });
    open_page();
    await_answers(1);
  }
  std::vector<double> column(const std::string& name) {
    const json values = browser().run(
        "return [...document.querySelectorAll(`#topics td[data-column=${arguments[0]}]`)].map((one) => "
        "one.dataset.value)",
        {name});
    std::vector<double> numbers;
    for (const auto& value : values) numbers.push_back(std::stod(value.get<std::string>()));
    return numbers;
  }
  [[nodiscard]] std::string first_row() { return browser().attribute("#topics tbody tr:first-child", "data-key"); }
};

TEST_F(PageTableTest, SortsAndFiltersAndKeepsBothWhileTheValuesChange) {
  serve_topics();
  EXPECT_EQ(browser().run("return document.querySelectorAll('#topics tbody tr').length"), kShown);
  EXPECT_NE(browser().text("#topics-more").find("and 10 more"), std::string::npos) << browser().text("#topics-more");

  browser().click("#topics [data-sort=rows]");
  std::vector<double> rows = column("rows");
  EXPECT_TRUE(std::is_sorted(rows.rbegin(), rows.rend()));
  EXPECT_EQ(rows.front(), kTopics - 1);
  EXPECT_EQ(browser().attribute("#topics th[data-column=rows]", "aria-sort"), "descending");
  browser().click("#topics [data-sort=rows]");
  rows = column("rows");
  EXPECT_TRUE(std::is_sorted(rows.begin(), rows.end()));
  EXPECT_EQ(browser().attribute("#topics th[data-column=rows]", "aria-sort"), "ascending");
  EXPECT_EQ(browser().run("return document.querySelectorAll('#topics [aria-sort]').length"), 1);

  browser().type("#topics-filter", ".T4");
  EXPECT_EQ(column("rows"), (std::vector<double>{40, 41, 42, 43, 44, 45, 46, 47, 48, 49}));
  EXPECT_EQ(browser().text("#topics-count"), "10 of 60");
  EXPECT_TRUE(browser().run("return document.getElementById('topics-more').hidden").get<bool>());

  // A topic that gets messages now changes its place, and what the reader has set stays as it is.
  send_numbered(first_row(), 40, 140);
  ASSERT_TRUE(browser().wait_until(
      "[...document.querySelectorAll('#topics td[data-column=rows]')].at(-1).dataset.value == 140", seconds(20)));
  EXPECT_EQ(column("rows"), (std::vector<double>{41, 42, 43, 44, 45, 46, 47, 48, 49, 140}));
  EXPECT_EQ(browser().run("return document.getElementById('topics-filter').value"), ".T4");
  EXPECT_EQ(browser().attribute("#topics th[data-column=rows]", "aria-sort"), "ascending");

  browser().run(
      "const box = document.getElementById('topics-filter'); box.value = '';"
      "box.dispatchEvent(new Event('input'))");
  browser().click("#topics-more");
  EXPECT_EQ(browser().run("return document.querySelectorAll('#topics tbody tr').length"), kTopics);
  browser().click("#topics [data-sort=topic]");
  EXPECT_EQ(first_row(), prefix() + ".t00");
  expect_quiet();
}

}  // namespace
}  // namespace loom::testing
