// The page's figures are those of /status.
#include <fmt/format.h>

#include "page_test.h"
#include "support/held_session.h"

namespace loom::testing {
namespace {

using nlohmann::json;

class PageValuesTest : public PageTest {
 protected:
  /// The number of the page and the one at that place of /status.
  void expect_same(const std::string& selector, const json& expected) {
    const std::optional<double> shown = value_of(selector);
    if (expected.is_null()) {
      EXPECT_FALSE(shown.has_value()) << selector;
    } else {
      ASSERT_TRUE(shown.has_value()) << selector;
      EXPECT_DOUBLE_EQ(*shown, expected.get<double>()) << selector;
    }
  }
  void expect_same_topic(const json& topic) {
    const auto row = fmt::format("#topics tr[data-key='{}'] ", topic.at("topic").get<std::string>());
    expect_same(row + "[data-column=lag]", topic.at("lag"));
    expect_same(row + "[data-column=lag_seconds]", topic.at("lag_seconds"));
    expect_same(row + "[data-column=rows]", topic.at("rows"));
    expect_same(row + "[data-column=dead_letters]", topic.at("dead_letters"));
    expect_same(row + "[data-column=dead_letters_waiting]", topic.at("dead_letters_waiting").at("total"));
    expect_same(row + "[data-column=rows_per_second]", topic.at("rows_per_second"));
    EXPECT_EQ(topic.at("state"), "running");
    const std::string word = browser().text(row + "[data-column=state]");
    EXPECT_TRUE(word == "ok" || word == "running") << word;
  }
};

TEST_F(PageValuesTest, WhatThePageShowsIsWhatStatusSays) {
  const std::string good = new_topic("good", 3);
  const std::string bad = new_topic("bad", 2);
  database().run(numbered_table("good_rows") + ";" + numbered_table("bad_rows"));
  map(numbered_mapping(good, "good_rows") + numbered_mapping(bad, "bad_rows"));
  serve();
  send_numbered(good, 0, 3'000);
  send_numbered(bad, 0, 1'000);
  for (int i = 0; i < 7; ++i) send(bad, 0, "{not json");
  ASSERT_TRUE(drained(good));
  ASSERT_TRUE(drained(bad));
  open_page();

  // Rates fade for a second, lag is sampled on a timer: both are settled before the two are compared.
  const json status = get_when("/status", [](const json& now) {
    return now["totals"]["messages"] == 4'007 && now["lag"]["messages"] == 0 &&
           now["rates"]["messages_per_second"] == 0.0 && now["topics"].size() == 2 &&
           now["dead_letters"]["waiting"].is_object() && now["dead_letters"]["waiting"]["total"] == 7;
  });
  await_answers(2);
  expect_same("#messages-per-second", status.at("rates").at("messages_per_second"));
  expect_same("#rows-per-second", status.at("rates").at("rows_per_second"));
  expect_same("#total-messages", status.at("totals").at("messages"));
  expect_same("#total-rows", status.at("totals").at("rows"));
  expect_same("#total-bytes", status.at("totals").at("message_bytes"));
  expect_same("#dead-letters", status.at("totals").at("dead_letters"));
  expect_same("#dead-letters-waiting", status.at("dead_letters").at("waiting").at("total"));
  expect_same("#lag-messages", status.at("lag").at("messages"));
  expect_same("#lag-seconds", status.at("lag").at("seconds"));
  expect_same("#catch-up", status.at("lag").at("catch_up_seconds"));
  expect_same("#pool-max", status.at("pool").at("max"));
  expect_same("#pool-busy", status.at("pool").at("busy"));
  expect_same("#pool-waiting", status.at("pool").at("waiting"));
  for (const json& topic : status.at("topics")) expect_same_topic(topic);

  EXPECT_EQ(status.at("totals").at("rows"), 4'000);
  EXPECT_EQ(count("good_rows") + count("bad_rows"), 4'000);
  EXPECT_EQ(status.at("totals").at("dead_letters"), 7);
  EXPECT_EQ(browser().text("#dead-letter-reasons tr[data-key=invalid_json] [data-column=count]"), "7");
  EXPECT_EQ(browser().text("#dead-letter-reasons tr[data-key=invalid_json] [data-column=waiting]"), "7");
  EXPECT_NE(browser().text("#dead-letter-reasons tr[data-key=invalid_json] [data-column=where]").find(bad + " / 0 / "),
            std::string::npos);
  EXPECT_EQ(browser().text("#partitions-count"), "5");
  EXPECT_EQ(browser().text("#group"), group());
  EXPECT_TRUE(says("OK"));

  // What waits goes down when it is purged; what there was since the start does not.
  ASSERT_EQ(command({"dead-letters", "purge", "--limit", "4", "--yes"}).exit_code, 0);
  ASSERT_TRUE(
      browser().wait_until("document.querySelector('#dead-letters-waiting').dataset.value === '3'", seconds(20)));
  EXPECT_EQ(browser().text("#dead-letter-reasons tr[data-key=invalid_json] [data-column=waiting]"), "3");
  EXPECT_EQ(browser().text("#dead-letter-reasons tr[data-key=invalid_json] [data-column=count]"), "7");
  expect_quiet();
}

TEST_F(PageValuesTest, OneIsSaidAsOneAndABrokerThatWaitsIsNotSlow) {
  const std::string topic = new_topic("numbers", 1);
  database().run(numbered_table("numbers"));
  map(numbered_mapping(topic, "numbers"));
  const ServiceProcess& service = serve();
  EXPECT_TRUE(service.logged("consuming 1 topic from "));
  send_numbered(topic, 0, 1);
  ASSERT_TRUE(drained(topic));
  open_page();
  ASSERT_TRUE(browser().wait_until("document.querySelector('#total-rows').dataset.value === '1'"));
  const std::string words =
      browser().run("return document.querySelector('.figure:last-child').textContent.replace(/\\s+/g, ' ')");
  EXPECT_NE(words.find("1 row of 1 message, "), std::string::npos) << words;
  EXPECT_EQ(browser().run("return document.querySelector('.figure:first-child .big small').textContent"), "messages/s");

  // Its requests are mostly fetches, which it holds until there is something: said in words, not as a round trip.
  ASSERT_TRUE(browser().wait_until("document.querySelector('#servers tr[data-key^=broker] small')", seconds(20)));
  const std::string broker = browser().text("#servers tr[data-key^=broker] small");
  EXPECT_NE(broker.find("a fetch waits there for messages, up to 100 ms"), std::string::npos) << broker;
  EXPECT_EQ(browser().text("#servers thead").find("ound trip"), std::string::npos);
  expect_quiet();
}

TEST_F(PageValuesTest, ALagThatGrowsIsNotSaidToKeepUp) {
  const std::string topic = new_topic("numbers", 1);
  database().run(numbered_table("numbers"));
  map(numbered_mapping(topic, "numbers"));
  serve();
  send_numbered(topic, 0, 100);
  ASSERT_TRUE(drained(topic));
  HeldSession other(database().url());
  other.run("BEGIN; LOCK TABLE numbers IN ACCESS EXCLUSIVE MODE");
  open_page();
  std::int64_t sent = 100;
  std::string words;
  const bool grows = await(seconds(60), [&] {
    send_numbered(topic, sent, sent + 100);
    sent += 100;
    words = browser()
                .run(
                    "return document.querySelector('#drain-rate').textContent + '; ' +"
                    " document.querySelector('#catch-up').textContent")
                .get<std::string>();
    return words.find("grows by") != std::string::npos;
  });
  EXPECT_TRUE(grows) << words;
  EXPECT_NE(words.find("; not "), std::string::npos) << words;
  EXPECT_TRUE(says("TABLE LOCKED"));
  EXPECT_TRUE(browser().wait_until(
      "document.querySelector('#catch-up').textContent === 'not before it is stored again'", seconds(5)));
  const std::string row = "#topics tr[data-key='" + topic + "'] [data-column=state]";
  EXPECT_NE(browser().text(row).find("table locked"), std::string::npos) << browser().text(row);
  other.run("ROLLBACK");
  EXPECT_TRUE(drained(topic));
}

TEST_F(PageValuesTest, TheChartsBeginWithWhatWasBeforeThePageWasOpened) {
  const std::string topic = new_topic("numbers", 1);
  database().run(numbered_table("numbers"));
  map(numbered_mapping(topic, "numbers"));
  serve();
  get_when("/history", [](const json& history) { return history.at("time").size() >= 2; });
  send_numbered(topic, 0, 2'000);
  ASSERT_TRUE(drained(topic));
  get_when("/history", [](const json& history) {
    double most = 0;
    for (const auto& rate : history.at("rows_per_second")) most = std::max(most, rate.get<double>());
    return most > 100;
  });
  open_page();
  ASSERT_TRUE(browser().wait_until("document.querySelector('#throughput-chart path.rows')"));
  // The line leaves the bottom where the messages came, though they came before the page.
  EXPECT_TRUE(browser()
                  .run("const box = document.querySelector('#throughput-chart path.rows').getBBox();"
                       "return box.height > 40")
                  .get<bool>())
      << browser().attribute("#throughput-chart", "aria-label");
}

}  // namespace
}  // namespace loom::testing
