#include <fmt/format.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <unistd.h>

#include "registry/schema_cache.h"
#include "support/registry_server.h"

namespace loom::registry {
namespace {

using std::chrono::seconds;
using ::testing::HasSubstr;

/// A registry as others use it. Subjects have the process's number in their names, since others may use it, too.
class RealRegistry : public ::testing::Test {
 protected:
  RealRegistry() {
    settings.urls = {loom::testing::real_registry()};
    client.emplace(settings);
  }
  std::string named(const std::string& name) { return fmt::format("{}-{}", name, getpid()); }
  std::uint64_t put(const std::string& subject, const NewSchema& schema) {
    const Registered registered = client->register_schema(subject, schema);
    EXPECT_EQ(registered.outcome, Outcome::ok) << registered.problem;
    return registered.id;
  }
  FetchedSchema fetch(std::uint64_t id) { return client->fetch({.number = id, .guid = {}}); }

  RegistrySettings settings;
  std::optional<RegistryClient> client;
};

TEST_F(RealRegistry, AvroWithWhatItRefersTo) {
  const std::string unit = named("unit/value ü");
  const std::string place = named("place");
  const std::string unit_text =
      fmt::format(R"({{"type":"enum","name":"Unit{}","namespace":"of.test","symbols":["M","KM"]}})", getpid());
  const std::string place_text = fmt::format(
      R"({{"type":"record","name":"Place{0}","namespace":"of.test","fields":[{{"name":"unit","type":"of.test.Unit{0}"}}]}})",
      getpid());
  const std::string car_text = fmt::format(
      R"({{"type":"record","name":"Car{0}","namespace":"of.test","fields":[{{"name":"at","type":"of.test.Place{0}"}},{{"name":"unit","type":"of.test.Unit{0}"}}]}})",
      getpid());
  const Reference to_unit{fmt::format("of.test.Unit{}", getpid()), unit, 1};
  const Reference to_place{fmt::format("of.test.Place{}", getpid()), place, 1};
  put(unit, {formats::Format::avro, unit_text, {}});
  put(place, {formats::Format::avro, place_text, {to_unit}});
  const std::uint64_t id = put(named("car"), {formats::Format::avro, car_text, {to_place, to_unit}});
  const FetchedSchema schema = fetch(id);
  ASSERT_EQ(schema.outcome, Outcome::ok) << schema.problem;
  EXPECT_EQ(schema.format, formats::Format::avro);
  EXPECT_EQ(schema.text, car_text);
  ASSERT_EQ(schema.references.size(), 2U);
  EXPECT_EQ(schema.references[0].name, to_unit.name);
  EXPECT_EQ(schema.references[0].text, unit_text);
  EXPECT_EQ(schema.references[1].text, place_text);
}

TEST_F(RealRegistry, ProtobufWithWhatItImports) {
  const std::string file = named("point.proto");
  const std::string point = "syntax = \"proto3\";\npackage of.test;\nmessage Point { double x = 1; }\n";
  const std::string track = fmt::format(
      "syntax = \"proto3\";\nimport \"{}\";\nmessage Track {{ repeated of.test.Point points = 1; }}\n", file);
  put(file, {formats::Format::protobuf, point, {}});
  const std::uint64_t id = put(named("track"), {formats::Format::protobuf, track, {{file, file, 1}}});
  const FetchedSchema schema = fetch(id);
  ASSERT_EQ(schema.outcome, Outcome::ok) << schema.problem;
  EXPECT_EQ(schema.format, formats::Format::protobuf);
  EXPECT_THAT(schema.text, HasSubstr("repeated of.test.Point points = 1;"));
  ASSERT_EQ(schema.references.size(), 1U);
  EXPECT_EQ(schema.references[0].name, file);
  EXPECT_THAT(schema.references[0].text, HasSubstr("message Point"));
}

TEST_F(RealRegistry, JsonSchemaKeepsItsText) {
  const std::string text =
      fmt::format(R"({{"$schema":"http://json-schema.org/draft-07/schema#","title":"T{}","type":"object"}})", getpid());
  const FetchedSchema schema = fetch(put(named("json"), {formats::Format::json_schema, text, {}}));
  ASSERT_EQ(schema.outcome, Outcome::ok) << schema.problem;
  EXPECT_EQ(schema.format, formats::Format::json_schema);
  EXPECT_EQ(schema.text, text);
}

TEST_F(RealRegistry, WhatItDoesNotKnowIsUnknown) {
  for (const std::uint64_t id : {std::uint64_t{987'654'321}, std::uint64_t{9'876'543'210}}) {
    const FetchedSchema schema = fetch(id);
    EXPECT_EQ(schema.outcome, Outcome::unknown) << schema.problem;
  }
}

// Apicurio has no GUIDs: a path that it does not know. It happens that such an answer of its never ends, so one request
// may be an outage; the cache asks again.
TEST_F(RealRegistry, AGuidThatItDoesNotKnowBecomesAProblem) {
  settings.timeout = seconds(2);
  const SystemClock clock;
  SchemaCache cache(std::make_unique<RegistryClient>(settings), clock);
  decode::SchemaId guid;
  guid.guid.fill(0x5a);
  const decode::SchemaId ids[] = {guid};
  ASSERT_TRUE(cache.wait(ids, seconds(60))) << cache.state().last_problem;
  EXPECT_THAT(cache.find(guid).problem, HasSubstr("5a5a5a5a-5a5a-5a5a-5a5a-5a5a5a5a5a5a is not in the registry"));
}

TEST_F(RealRegistry, ThePathOfItsApiCannotBeLeftOut) {
  const std::string url = settings.urls[0];
  const std::size_t path = url.find('/', url.find("://") + 3);
  if (path == std::string::npos) GTEST_SKIP() << "this registry has its API at the root";
  settings.urls = {url.substr(0, path)};
  const FetchedSchema schema = RegistryClient(settings).fetch({.number = 1, .guid = {}});
  EXPECT_EQ(schema.outcome, Outcome::away);
  EXPECT_THAT(schema.problem, HasSubstr("/apis/ccompat/v7"));
}

TEST_F(RealRegistry, ASchemaItRefusesIsNoOutage) {
  const Registered registered = client->register_schema(named("bad"), {formats::Format::avro, "nonsense", {}});
  EXPECT_EQ(registered.outcome, Outcome::unusable) << registered.problem;
}

TEST_F(RealRegistry, TheCacheFindsWhatIsRegisteredWhileItRuns) {
  const SystemClock clock;
  SchemaCache cache(std::make_unique<RegistryClient>(settings), clock);
  const std::string text = fmt::format(R"({{"type":"fixed","name":"F{}","size":3}})", getpid());
  const decode::SchemaId ids[] = {{.number = put(named("cached"), {formats::Format::avro, text, {}}), .guid = {}}};
  ASSERT_TRUE(cache.wait(ids, seconds(10)));
  EXPECT_EQ(cache.find(ids[0]).schema->text, text);
  EXPECT_EQ(cache.state().requests_of(Outcome::ok), 1U);
}

}  // namespace
}  // namespace loom::registry
