#include <gtest/gtest.h>

#include <cstdlib>
#include <map>
#include <string>

#include "loom/kafka/base_consumer.h"

namespace loom::kafka {
namespace {

/// Variables of the environment, for a scope.
class StageSettingsTest : public ::testing::Test {
 protected:
  ~StageSettingsTest() override {
    for (const auto& [name, before] : before_) {
      if (before.empty()) {
        unsetenv(name.c_str());
      } else {
        setenv(name.c_str(), before.c_str(), 1);
      }
    }
  }
  void set(const std::string& name, const std::string& value) {
    const char* now = std::getenv(name.c_str());
    before_.emplace(name, now == nullptr ? "" : now);
    setenv(name.c_str(), value.c_str(), 1);
  }
  static std::string error_of_reading() {
    try {
      stage_settings_from_environment("svc", {"in"});
    } catch (const std::runtime_error& error) {
      return error.what();
    }
    return "";
  }

 private:
  std::map<std::string, std::string> before_;
};

TEST_F(StageSettingsTest, ComeFromTheNamesThatTheConsumerServiceHas) {
  set("LOOM_KAFKA_BOOTSTRAP_SERVERS", "kafka:9092");
  set("LOOM_DATABASE_URL", "postgresql://u:p@db/loom");
  set("LOOM_KAFKA_GROUP_ID", "g");
  set("LOOM_RDKAFKA_SESSION_TIMEOUT_MS", "6000");
  set("LOOM_STAGE_EXACTLY_ONCE", "true");
  set("LOOM_STAGE_INSTANCE", "pod-1");
  set("LOOM_STAGE_RETRIES", "7");
  const StageSettings settings = stage_settings_from_environment("svc", {"in"});
  EXPECT_EQ(settings.service_name, "svc");
  EXPECT_EQ(settings.topics, std::vector<std::string>{"in"});
  EXPECT_EQ(settings.bootstrap_servers, "kafka:9092");
  EXPECT_EQ(settings.database_url, "postgresql://u:p@db/loom");
  EXPECT_EQ(settings.group_id, "g");
  EXPECT_EQ(settings.rdkafka.at("session.timeout.ms"), "6000");
  EXPECT_TRUE(settings.exactly_once);
  EXPECT_EQ(settings.instance, "pod-1");
  EXPECT_EQ(settings.retries, 7);
}

TEST_F(StageSettingsTest, AllThatIsWrongIsToldAtOnce) {
  set("LOOM_STAGE_EXACTLY_ONCE", "perhaps");
  set("LOOM_STAGE_RETRIES", "-1");
  const std::string error = error_of_reading();
  EXPECT_NE(error.find("LOOM_STAGE_EXACTLY_ONCE"), std::string::npos) << error;
  EXPECT_NE(error.find("LOOM_STAGE_RETRIES"), std::string::npos) << error;
}

}  // namespace
}  // namespace loom::kafka
