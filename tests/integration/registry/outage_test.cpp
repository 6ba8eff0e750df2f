#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "registry/schema_cache.h"
#include "support/registry_server.h"

namespace loom::registry {
namespace {

using loom::testing::RegistryServer;
using std::chrono::milliseconds;
using std::chrono::seconds;

/// The cache as the service has it, with a registry that comes and goes.
class RegistryOutage : public ::testing::Test {
 protected:
  static RegistrySettings settings_of(const RegistryServer& server) {
    RegistrySettings settings;
    settings.urls = {server.url()};
    return settings;
  }
  bool wait(std::uint64_t id, milliseconds timeout) {
    const decode::SchemaId ids[] = {{.number = id, .guid = {}}};
    return cache.wait(ids, timeout);
  }
  decode::SchemaAnswer find(std::uint64_t id) { return cache.find({.number = id, .guid = {}}); }

  RegistryServer server;
  SystemClock clock;
  SchemaCache cache{std::make_unique<RegistryClient>(settings_of(server)), clock};
};

TEST_F(RegistryOutage, WhatIsKnownStaysKnownAndTheRestWaits) {
  server.add(1, R"({"schema":"\"long\""})");
  server.add(2, R"({"schema":"\"string\""})");
  ASSERT_TRUE(wait(1, seconds(5)));
  server.kill();
  EXPECT_NE(find(1).schema, nullptr);
  EXPECT_FALSE(wait(2, seconds(1)));
  EXPECT_EQ(cache.state().reach, RegistryState::Reach::away);
  EXPECT_TRUE(find(2).wanted);
  server.restart();
  ASSERT_TRUE(wait(2, seconds(10)));
  EXPECT_EQ(find(2).schema->text, "\"string\"");
  EXPECT_EQ(cache.state().reach, RegistryState::Reach::reachable);
  EXPECT_EQ(cache.state().requests_of(Outcome::unknown), 0U);
}

TEST_F(RegistryOutage, NoOutageMakesAnIdUnknown) {
  for (const int status : {401, 403, 429, 500, 503}) {
    server.answer_all({.status = status, .body = "{}"});
    EXPECT_FALSE(wait(9, milliseconds(600))) << status;
    EXPECT_TRUE(find(9).problem.empty()) << status;
  }
  server.clear();
  ASSERT_TRUE(wait(9, seconds(10)));
  EXPECT_THAT(find(9).problem, ::testing::HasSubstr("schema 9 is not in the registry"));
}

}  // namespace
}  // namespace loom::registry
