#include "capacity/render.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <yaml-cpp/yaml.h>

#include <nlohmann/json.hpp>
#include <string>

#include "capacity/quantity.h"
#include "loads.h"

namespace loom::capacity {
namespace {

using ::testing::HasSubstr;
using ::testing::Not;

Plan large() {
  Load load = usual();
  load.rate = 1'000'000;
  load.topics = 40;
  return make_plan(load);
}

TEST(Quantity, AsAPersonReadsIt) {
  EXPECT_EQ(grouped(0), "0");
  EXPECT_EQ(grouped(999), "999");
  EXPECT_EQ(grouped(1'234'567), "1,234,567");
  EXPECT_EQ(grouped(0.25), "0.25");
  EXPECT_EQ(grouped(7.9), "7.9");
  EXPECT_EQ(grouped(10.6), "11");
  EXPECT_EQ(grouped(-1234), "-1,234");
  EXPECT_EQ(bytes_text(0), "0 B");
  EXPECT_EQ(bytes_text(999), "999 B");
  EXPECT_EQ(bytes_text(1234), "1.2 kB");
  EXPECT_EQ(bytes_text(99'400'000), "99 MB");
  EXPECT_EQ(bytes_text(5.2e12), "5.2 TB");
}

TEST(Render, TheTableHasWhatIsNeeded) {
  const Plan plan = make_plan(usual());
  const std::string text = render(plan);
  EXPECT_THAT(text, HasSubstr("10,000 messages/s of 300 bytes in 1 topic; a row of 171 bytes and 11 columns each"));
  for (const char* line : {"partitions", "replicas", "pool", "max_connections", "cores of the consumer",
                           "cores of the database", "WAL a day", "table a day", "index a day", "kept"}) {
    EXPECT_THAT(text, HasSubstr(std::string("\n") + line + "  "));
  }
  EXPECT_THAT(text, Not(HasSubstr("Limit passed")));
  EXPECT_THAT(text, HasSubstr(helm_values(plan)));
}

TEST(Render, APassedLimitStandsThereWithItsAdvice) {
  const std::string text = render(large());
  EXPECT_THAT(text, HasSubstr("Limit passed, disk of one database: at 50 % use it takes"));
  EXPECT_THAT(text, HasSubstr("deployments over one mapping"));
  EXPECT_THAT(text, HasSubstr("EACH OF THEM"));
}

TEST(Render, JsonHasTheSame) {
  const Plan plan = large();
  const auto json = nlohmann::json::parse(render_json(plan));
  EXPECT_EQ(json.at("databases"), plan.databases);
  EXPECT_EQ(json.at("deployment").at("partitions"), plan.each.partitions);
  EXPECT_EQ(json.at("deployment").at("max_connections"), plan.each.max_connections);
  EXPECT_EQ(json.at("limits").size(), plan.passed.size());
  EXPECT_EQ(json.at("message").at("database_cpu_us"), plan.cost.database_us);
  EXPECT_EQ(json.at("values"), helm_values(plan));
}

TEST(HelmValues, AreYamlWithTheNumbersOfTheDeployment) {
  const Plan plan = make_plan(usual());
  const YAML::Node values = YAML::Load(helm_values(plan));
  EXPECT_EQ(values["autoscaling"]["minReplicas"].as<int>(), plan.each.replicas);
  EXPECT_EQ(values["autoscaling"]["maxReplicas"].as<int>(), plan.each.replicas_most);
  EXPECT_EQ(values["env"]["LOOM_DB_MAX_POOL_SIZE"].as<int>(), plan.each.pool);
  EXPECT_EQ(values["kafka"]["partitions"].as<int>(), plan.each.partitions);
  EXPECT_EQ(values["database"]["maxConnections"].as<int>(), plan.each.max_connections);
  EXPECT_EQ(values["resources"]["limits"]["cpu"].as<std::string>(), "2000m");
}

TEST(HelmValues, ANumberThatCannotChangeNeedsNoAutoscaler) {
  Load load = usual();
  load.replicas_most = 2;
  const YAML::Node values = YAML::Load(helm_values(make_plan(load)));
  EXPECT_EQ(values["replicaCount"].as<int>(), 2);
  EXPECT_FALSE(values["autoscaling"]["enabled"].as<bool>());
}

TEST(HelmValues, OneOfSeveralReleasesSaysSo) {
  EXPECT_THAT(helm_values(large()), HasSubstr("releases; each names its topics"));
  EXPECT_THAT(helm_values(make_plan(usual())), Not(HasSubstr("releases")));
}

}  // namespace
}  // namespace loom::capacity
