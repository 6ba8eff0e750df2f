// What somebody who was woken has to see at once.
#include <chrono>
#include <iostream>

#include "page_test.h"

namespace loom::testing {
namespace {

class PageVerdictTest : public PageTest {
 protected:
  PageVerdictTest() : PageTest(std::make_unique<PostgresServer>(), KafkaServer::shared()) {}

  std::string serve_numbers() {
    std::string topic = new_topic("numbers", 2);
    database().run(numbered_table("numbers"));
    map(numbered_mapping(topic, "numbers"));
    service_ = &serve();
    send_numbered(topic, 0, 1'000);
    EXPECT_TRUE(drained(topic));
    open_page();
    EXPECT_TRUE(says("OK"));
    return topic;
  }
  ServiceProcess* service_ = nullptr;
};

TEST_F(PageVerdictTest, TheEndOfTheDatabaseIsSaidWithinSixSecondsAndForgottenWhenItIsBack) {
  const std::string topic = serve_numbers();
  const auto begin = std::chrono::steady_clock::now();
  own_server_->kill9();
  EXPECT_TRUE(says("DATABASE AWAY", seconds(6)));
  const auto took = std::chrono::duration_cast<milliseconds>(std::chrono::steady_clock::now() - begin);
  std::cout << "said after " << took.count() << " ms" << std::endl;
  EXPECT_EQ(browser().attribute("#verdict", "data-level"), "bad");
  EXPECT_NE(browser().text("#verdict-text").find("nothing is lost"), std::string::npos);
  EXPECT_EQ(browser().text("#servers tr[data-key=PostgreSQL] .state"), "AWAY");

  own_server_->restart();
  EXPECT_TRUE(says("OK", seconds(20)));
  send_numbered(topic, 1'000, 1'500);
  EXPECT_TRUE(browser().wait_until("document.getElementById('total-rows').dataset.value >= 1500", seconds(20)));
  // A killed database may have lost its last commits; their messages are then stored, and counted, again.
  EXPECT_TRUE(drained(topic));
  EXPECT_TRUE(every_one_once("numbers", 1'500));
}

TEST_F(PageVerdictTest, AServiceThatDoesNotAnswerIsSaidAndItsValuesAreGreyed) {
  serve_numbers();
  service_->kill9();
  EXPECT_TRUE(says("NO ANSWER", seconds(6)));
  EXPECT_EQ(browser().attribute("#verdict", "data-level"), "away");
  EXPECT_EQ(browser().attribute("body", "data-fresh"), "false");
  EXPECT_NE(browser().text("#age").find("last answer "), std::string::npos);
  EXPECT_NE(browser().run("return getComputedStyle(document.querySelector('main')).filter").get<std::string>(), "none");
  EXPECT_EQ(browser().text("#total-rows"), "1,000") << "the last values stay to be read";
}

TEST_F(PageVerdictTest, ThePageThatIsOpenedJustNowTellsTheMinuteBefore) {
  const std::string topic = new_topic("numbers", 1);
  database().run(numbered_table("numbers"));
  map(numbered_mapping(topic, "numbers"));
  serve();
  for (int i = 0; i < 5; ++i) send(topic, 0, "{not json");
  ASSERT_TRUE(drained(topic));
  open_page();
  EXPECT_EQ(browser().text("#verdict-word"), "DEAD LETTERS") << "the first answer that the page shows";
  EXPECT_NE(browser().text("#verdict-text").find(topic + ": 5 of 5"), std::string::npos)
      << browser().text("#verdict-text");
  EXPECT_NE(browser().text("#dead-letters-minute").find("5 in the last"), std::string::npos)
      << browser().text("#dead-letters-minute");
}

TEST_F(PageVerdictTest, ThePageSaysWhatStatusSays) {
  const std::string topic = serve_numbers();
  database().run("ALTER TABLE numbers RENAME TO elsewhere");
  send_numbered(topic, 1'000, 1'010);
  EXPECT_TRUE(says("TABLE DOES NOT FIT", seconds(20)));
  const nlohmann::json verdict = get("/status").at("verdict");
  EXPECT_EQ(browser().text("#verdict-word"), verdict.at("title"));
  EXPECT_EQ(browser().attribute("#verdict", "data-level"), verdict.at("level"));
  EXPECT_NE(browser().text("#verdict-do").find("topic_mappings.yml"), std::string::npos) << verdict.dump(1);
  EXPECT_EQ(browser().text("#catch-up").find("keeps up"), std::string::npos) << browser().text("#catch-up");
  database().run("ALTER TABLE elsewhere RENAME TO numbers");
  EXPECT_TRUE(says("OK", seconds(20)));
  EXPECT_TRUE(drained(topic));
  EXPECT_TRUE(every_one_once("numbers", 1'010));
}

TEST_F(PageVerdictTest, AStoppedTopicStandsAtTheTopWithItsReasonUntilItGoesOn) {
  const std::string healthy = new_topic("a-healthy", 1);
  const std::string broken = new_topic("z-broken", 1);
  database().run(numbered_table("healthy") + ";" + numbered_table("broken"));
  map(numbered_mapping(healthy, "healthy") + numbered_mapping(broken, "broken"));
  serve();
  send_numbered(healthy, 0, 1'000);
  send_numbered(broken, 0, 10);
  ASSERT_TRUE(drained(healthy));
  ASSERT_TRUE(drained(broken));
  open_page();
  EXPECT_TRUE(says("OK"));

  database().run("ALTER TABLE broken RENAME TO elsewhere");
  send_numbered(broken, 10, 20);
  EXPECT_TRUE(says("TABLE DOES NOT FIT", seconds(20)));
  const std::string text = browser().text("#verdict-text");
  EXPECT_NE(text.find(broken), std::string::npos) << text;
  EXPECT_NE(text.find("no table"), std::string::npos) << text;
  EXPECT_EQ(browser().attribute("#topics tbody tr:first-child", "data-key"), broken);
  EXPECT_EQ(browser().text("#topics tbody tr:first-child .state"), "STOPPED");
  EXPECT_NE(browser().text("#topics tbody tr:first-child [data-column=state] small").find("no table"),
            std::string::npos);

  database().run("ALTER TABLE elsewhere RENAME TO broken");
  EXPECT_TRUE(says("OK", seconds(20)));
  EXPECT_TRUE(drained(broken));
}

}  // namespace
}  // namespace loom::testing
