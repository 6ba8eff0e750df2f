#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "settings/config.h"

namespace loom::settings {
namespace {

using ::testing::AllOf;
using ::testing::Each;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::Not;

ConfigResult read_registry_settings(const Entries& environment) {
  const auto secret = [](const std::string& path) -> std::optional<std::string> {
    if (path == "/secrets/token") return "t0ken\n";
    return std::nullopt;
  };
  return parse_config(environment, {}, secret, {.database = false});
}

TEST(RegistrySettings, ThereIsNoneUnlessOneIsNamed) {
  const ConfigResult result = read_registry_settings({});
  EXPECT_FALSE(result.config.registry.exists());
  EXPECT_EQ(result.config.registry.id_bytes, 4);
}

TEST(RegistrySettings, SeveralUrlsWithTheirPaths) {
  const ConfigResult result = read_registry_settings(
      {{"LOOM_SCHEMA_REGISTRY_URL", "http://a:8081/, HTTPS://b.example/apis/ccompat/v7 ,https://[::1]:99"},
       {"LOOM_SCHEMA_REGISTRY_TOKEN_FILE", "/secrets/token"},
       {"LOOM_SCHEMA_REGISTRY_CA_FILE", "/etc/ca.pem"},
       {"LOOM_SCHEMA_REGISTRY_CERT_FILE", "/etc/own.pem"},
       {"LOOM_SCHEMA_REGISTRY_KEY_FILE", "/etc/own.key"},
       {"LOOM_SCHEMA_REGISTRY_ID_BYTES", "8"}});
  EXPECT_THAT(result.errors, IsEmpty());
  EXPECT_THAT(result.warnings, IsEmpty());
  const registry::RegistrySettings& registry = result.config.registry;
  EXPECT_THAT(registry.urls, ElementsAre("http://a:8081", "https://b.example/apis/ccompat/v7", "https://[::1]:99"));
  EXPECT_EQ(registry.token, "t0ken");
  EXPECT_EQ(registry.ca_file, "/etc/ca.pem");
  EXPECT_EQ(registry.cert_file, "/etc/own.pem");
  EXPECT_EQ(registry.key_file, "/etc/own.key");
  EXPECT_EQ(registry.id_bytes, 8);
}

TEST(RegistrySettings, ALoginInTheUrlIsTakenOutOfIt) {
  const ConfigResult result =
      read_registry_settings({{"LOOM_SCHEMA_REGISTRY_URL", "http://me:p%40ss%251@a:1,http://me:p%40ss%251@b:2"}});
  EXPECT_THAT(result.errors, IsEmpty());
  EXPECT_THAT(result.config.registry.urls, ElementsAre("http://a:1", "http://b:2"));
  EXPECT_EQ(result.config.registry.user, "me");
  EXPECT_EQ(result.config.registry.password, "p@ss%1");
}

TEST(RegistrySettings, AUrlThatCannotBeUsedIsSaidWithoutShowingIt) {
  const std::vector<std::pair<std::string, std::string>> wrong{
      {"registry:8081", "http://"},
      {"ftp://registry", "http://"},
      {"http://", "no host"},
      {"http://registry:0", "port"},
      {"http://registry:99999", "port"},
      {"http://regi stry", "characters"},
      {"http://registry/?a=hunter2", "query"},
      {"http://me:hun#ter2@registry", "%23"},
      {"http://me:hun/ter2@registry", "%2F"},
      {"http://me:hun%ter2@registry", "%25"},
      {"http://me:hunter2@a,http://you:hunter2@b", "(number 2 of the list) has another login"},
      {"http://a,,http://b", "(number 2 of the list) is empty"},
  };
  for (const auto& [url, words] : wrong) {
    const auto errors = read_registry_settings({{"LOOM_SCHEMA_REGISTRY_URL", url}}).errors;
    EXPECT_THAT(errors, ElementsAre(AllOf(HasSubstr("LOOM_SCHEMA_REGISTRY_URL"), HasSubstr(words)))) << url;
    EXPECT_THAT(errors, Each(AllOf(Not(HasSubstr("hunter2")), Not(HasSubstr("ter2"))))) << url;
  }
}

TEST(RegistrySettings, WhatDoesNotGoTogetherIsAnError) {
  const std::string url = "LOOM_SCHEMA_REGISTRY_URL";
  const std::vector<std::pair<Entries, std::string>> wrong{
      {{{url, "http://a"}, {"LOOM_SCHEMA_REGISTRY_USER", "me"}}, "set LOOM_SCHEMA_REGISTRY_PASSWORD"},
      {{{url, "http://me@a"}}, "set LOOM_SCHEMA_REGISTRY_PASSWORD"},
      {{{url, "http://a"}, {"LOOM_SCHEMA_REGISTRY_PASSWORD", "hunter2"}}, "set LOOM_SCHEMA_REGISTRY_USER"},
      {{{url, "http://me:hunter2@a"}, {"LOOM_SCHEMA_REGISTRY_TOKEN", "hunter3"}}, "both set"},
      {{{url, "http://a"}, {"LOOM_SCHEMA_REGISTRY_KEY_FILE", "k"}}, "go together"},
      {{{"LOOM_SCHEMA_REGISTRY_TOKEN", "hunter2"}}, "LOOM_SCHEMA_REGISTRY_URL is not set"},
      {{{url, "http://a"}, {"LOOM_SCHEMA_REGISTRY_ID_BYTES", "6"}}, "4 or 8"},
      {{{url, "http://a"}, {"LOOM_SCHEMA_REGISTRY_ID_BYTES", "16"}}, "4 or 8"},
  };
  for (const auto& [entries, words] : wrong) {
    const auto errors = read_registry_settings(entries).errors;
    EXPECT_THAT(errors, ElementsAre(AllOf(HasSubstr(words), Not(HasSubstr("hunter"))))) << words;
  }
}

}  // namespace
}  // namespace loom::settings
