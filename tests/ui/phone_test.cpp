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
  void send_samples(const std::string& topic, const std::string& count, const std::string& bad_ratio,
                    const std::string& rate) const {
    std::vector<std::string> words{"produce-sample", "--topic", topic,         "--count", count, "--partitions", "3",
                                   "--seed",         "7",       "--bad-ratio", bad_ratio};
    if (rate != "0") words.insert(words.end(), {"--rate", rate});
    const CommandResult sent = run_command(LOOM_PROGRAM, words, environment(product()), seconds(90));
    ASSERT_EQ(sent.exit_code, 0) << sent.err;
  }
  void expect_no_overflow() {
    const auto widths = browser().run("return [document.documentElement.scrollWidth, innerWidth]");
    EXPECT_LE(widths[0].get<int>(), widths[1].get<int>()) << browser().run(
        "return [...document.querySelectorAll('body *')].filter((one) => !one.parentElement.closest('.scroll') &&"
        " one.getBoundingClientRect().right > innerWidth + 1).map((one) => `${one.tagName}#${one.id}`).join(' ')");
  }
  void take(const std::string& name) {
    const std::string image = browser().screenshot();
    EXPECT_GT(image.size(), 10'000U);
    EXPECT_TRUE(image.starts_with("\x89PNG"));
    if (const char* folder = std::getenv("LOOM_UI_SCREENSHOTS")) {
      std::ofstream(fmt::format("{}/{}.png", folder, name), std::ios::binary) << image;
    }
  }
};

TEST_F(PhoneTest, FitsEveryWidthInLightAndDark) {
  const bool for_documents = std::getenv("LOOM_UI_SCREENSHOTS") != nullptr;
  send_samples(kAccelerometer, "1000", "0", "0");
  send_samples(kAudio, "1000", "0.01", "0");
  for (const char* topic : {"device.sensor.gps.raw", "device.image.camera.raw", "os.events.app_lifecycle.raw"}) {
    send_samples(topic, "300", "0", "0");
  }
  serve(product());
  if (for_documents) send_samples(kAccelerometer, "60000", "0.001", "2000");
  open_page();
  ASSERT_TRUE(browser().wait_until("document.querySelector('#dead-letter-reasons tbody tr')", seconds(20)));
  for (const std::string scheme : {"light", "dark"}) {
    browser().prefer_scheme(scheme);
    for (const auto& [width, height] : std::vector<std::pair<int, int>>{{1280, 1000}, {390, 844}}) {
      browser().resize(width, height);
      await_answers(1);
      expect_no_overflow();
      take(fmt::format("page-{}-{}", width, scheme));
    }
  }
  browser().resize(360, 740);
  await_answers(1);
  expect_no_overflow();
  expect_quiet();
}

}  // namespace
}  // namespace loom::testing
