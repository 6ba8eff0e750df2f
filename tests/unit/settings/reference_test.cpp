#include "settings/reference.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <fstream>
#include <regex>
#include <set>
#include <sstream>

#include "settings/config.h"

namespace loom::settings {
namespace {

using ::testing::HasSubstr;
using ::testing::IsEmpty;

const std::string kSourceDir = LOOM_SOURCE_DIR;

std::string content_of(const std::string& path) {
  std::ifstream in(path);
  std::ostringstream text;
  text << in.rdbuf();
  return text.str();
}

ConfigResult config_of(const Entries& environment) {
  return parse_config(environment, {}, [](const std::string&) { return std::nullopt; }, {.database = false});
}

TEST(SettingReference, HasEverySettingThatIsRead) {
  std::set<std::string> read;
  const std::string source = content_of(kSourceDir + "/src/settings/config.cpp");
  const std::regex name("\\{\"((LOOM_)?[A-Z][A-Z_]+)\"(, \"([A-Z_]+)\")?\\}");
  for (std::sregex_iterator at(source.begin(), source.end(), name), end; at != end; ++at) {
    read.insert((*at)[1]);
    if ((*at)[4].matched) read.insert((*at)[4]);
  }
  std::set<std::string> listed;
  for (const SettingReference& setting : setting_reference()) {
    if (setting.name.find_first_of("*.") != std::string_view::npos) continue;
    listed.emplace(setting.name);
    if (!setting.also.empty()) listed.emplace(setting.also);
  }
  EXPECT_GT(read.size(), 30U);
  EXPECT_EQ(listed, read);
}

TEST(SettingReference, ItsDefaultsAreThoseOfTheProgram) {
  const Config standard = config_of({}).config;
  for (const SettingReference& setting : setting_reference()) {
    if (setting.standard.empty()) continue;
    for (const std::string_view name : {setting.name, setting.also}) {
      if (name.empty()) continue;
      const ConfigResult result = config_of({{std::string(name), std::string(setting.standard)}});
      EXPECT_THAT(result.errors, IsEmpty()) << name;
      EXPECT_THAT(result.warnings, IsEmpty()) << name;
      EXPECT_TRUE(result.config == standard) << name << " is not " << setting.standard << " by default";
    }
  }
  EXPECT_FALSE(config_of({{"LOOM_KAFKA_BATCH_SIZE", "201"}}).config == standard);
}

TEST(SettingReference, IsTheReadmesTable) {
  EXPECT_THAT(content_of(kSourceDir + "/README.md"), HasSubstr(render_settings_markdown(setting_reference())))
      << "put the output of `kafka-to-db-consumer settings --markdown` there";
}

TEST(SettingReference, AMisspelledSettingIsToldWhatItMayMean) {
  EXPECT_THAT(config_of({{"LOOM_KAFKA_BACH_SIZE", "1"}}).warnings,
              ::testing::ElementsAre("unknown setting LOOM_KAFKA_BACH_SIZE is ignored; did you mean "
                                     "LOOM_KAFKA_BATCH_SIZE?"));
  EXPECT_THAT(config_of({{"LOOM_SOMETHING_ELSE_ALTOGETHER", "1"}}).warnings,
              ::testing::ElementsAre("unknown setting LOOM_SOMETHING_ELSE_ALTOGETHER is ignored"));
}

}  // namespace
}  // namespace loom::settings
