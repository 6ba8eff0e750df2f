// The whole product with its own mapping file, looked at on a desk and on a phone, by day and by night.
#include <fmt/format.h>

#include <cstdlib>
#include <fstream>

#include "page_test.h"

namespace loom::testing {
namespace {

constexpr const char* kAccelerometer = "device.sensor.accelerometer.raw";
constexpr const char* kAudio = "device.audio.raw";

/// A broker of its own, so that the topics can be called what they are called.
class PhoneTest : public PageTest {
 protected:
  PhoneTest() : PageTest(nullptr, own_kafka()) {}

  static KafkaServer& own_kafka() {
    static KafkaServer server;
    return server;
  }

  [[nodiscard]] Environment product() const {
    return {{"LOOM_TOPIC_MAPPINGS", std::string(LOOM_SOURCE_DIR) + "/topic_mappings.yml"},
            {"LOOM_AUTO_CREATE_TABLES", "true"},
            {"LOOM_KAFKA_GROUP_ID", "kafka-to-db-consumer"}};
  }
  static std::vector<std::string> samples(const std::string& topic, const std::string& count,
                                          const std::string& bad_ratio) {
    return {"produce-sample", "--topic", topic,         "--count", count, "--partitions", "3",
            "--seed",         "7",       "--bad-ratio", bad_ratio};
  }
  void send_samples(const std::string& topic, const std::string& count, const std::string& bad_ratio) const {
    const CommandResult sent = run_command(LOOM_PROGRAM, samples(topic, count, bad_ratio), environment(product()));
    ASSERT_EQ(sent.exit_code, 0) << sent.err;
  }
  void expect_no_overflow() {
    const auto widths = browser().run("return [document.documentElement.scrollWidth, innerWidth]");
    EXPECT_LE(widths[0].get<int>(), widths[1].get<int>()) << browser().run(
        "return [...document.querySelectorAll('body *')].filter((one) => !one.parentElement.closest('.scroll') &&"
        " one.getBoundingClientRect().right > innerWidth + 1).map((one) => `${one.tagName}#${one.id}`).join(' ')");
  }
  /// What is wider than its card says so, shows where it goes on, and can be reached and scrolled by the keyboard.
  void expect_hints() {
    const nlohmann::json boxes = browser().run(R"(
      return [...document.querySelectorAll('.scroll')].filter((box) => box.clientWidth > 0).map((box) => {
        const { content, display } = getComputedStyle(box, '::before');
        box.focus({ preventScroll: true });
        return { of: box.firstElementChild.id, widths: [box.scrollWidth, box.clientWidth], wide: box.scrollWidth > box.clientWidth + 1, more: box.dataset.more,
                 says: content !== 'none' && display === 'block', focused: document.activeElement === box };
      });)");
    EXPECT_GE(boxes.size(), 4U);
    for (const auto& box : boxes) {
      EXPECT_EQ(box["says"], box["wide"]) << box.dump();
      EXPECT_EQ(box["more"], box["wide"].get<bool>() ? "right" : "") << box.dump();
      EXPECT_TRUE(box["focused"].get<bool>()) << box.dump();
    }
    browser().run("document.activeElement.blur()");
  }
  [[nodiscard]] bool wide(const std::string& table) {
    return browser().run("return document.getElementById(arguments[0]).parentElement.hasAttribute('data-wide')",
                         {table});
  }
  void look(int width, int height) {
    browser().resize(width, height);
    for (const std::string scheme : {"light", "dark"}) {
      browser().prefer_scheme(scheme);
      await_answers(1);
      expect_no_overflow();
      expect_hints();
      const std::string image = browser().screenshot();
      EXPECT_GT(image.size(), 10'000U);
      EXPECT_TRUE(image.starts_with("\x89PNG"));
      if (folder_for_images_ == nullptr) continue;
      std::ofstream(fmt::format("{}/page-{}-{}.png", folder_for_images_, width, scheme), std::ios::binary) << image;
      std::ofstream(fmt::format("{}/whole-{}-{}.png", folder_for_images_, width, scheme), std::ios::binary)
          << browser().screenshot(true);
    }
  }
  const char* folder_for_images_ = std::getenv("LOOM_UI_SCREENSHOTS");
};

TEST_F(PhoneTest, FitsEveryWidthInLightAndDark) {
  send_samples(kAudio, "1000", "0.01");
  for (const char* topic :
       {kAccelerometer, "device.sensor.gps.raw", "device.image.camera.raw", "os.events.app_lifecycle.raw"}) {
    send_samples(topic, "300", "0");
  }
  serve(product());
  std::vector<std::string> load = samples(kAccelerometer, "500000", "0.0005");
  load.insert(load.end(), {"--rate", "2000"});
  ServiceProcess producer(LOOM_PROGRAM, load, environment(product()), folder().path_of("produce-sample.log"));
  producer.start();
  open_page();
  ASSERT_TRUE(browser().wait_until("document.querySelector('#dead-letter-reasons tbody tr')", seconds(20)));
  // Pictures for people show some minutes of it.
  if (folder_for_images_ != nullptr) await_answers(60);
  look(1280, 900);
  for (const char* table : {"topics", "servers", "partitions"}) EXPECT_FALSE(wide(table)) << table;

  // The longest words are those about trouble.
  database().run("ALTER TABLE device_audio_raw RENAME TO elsewhere");
  send_samples(kAudio, "300", "0");
  ASSERT_TRUE(says("TABLE DOES NOT FIT", seconds(20)));
  look(390, 844);
  ASSERT_TRUE(wide("topics"));
  browser().run("document.getElementById('topics').parentElement.scrollLeft = 1e6");
  EXPECT_TRUE(browser().wait_until("document.getElementById('topics').parentElement.dataset.more === 'left'"));
  browser().run("document.getElementById('topics').parentElement.scrollLeft = 0");
  look(360, 740);
  expect_quiet();
}

}  // namespace
}  // namespace loom::testing
