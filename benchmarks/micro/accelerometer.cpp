#include "accelerometer.h"

#include <fmt/format.h>

#include <random>

namespace loom::benchmarks {
namespace {

using mapping::ColumnType;
using mapping::ValueType;

/// A plan whose columns are fed by paths of at most two keys.
class Plan {
 public:
  explicit Plan(bool binary) {
    plan_.mapping = "device.sensor.accelerometer.raw";
    plan_.tables.resize(1);
    plan_.tables[0].name.name = "device_sensor_accelerometer_raw";
    plan_.tables[0].binary = binary;
  }

  void column(const std::string& name, ColumnType type, ValueType value_type, const std::vector<std::string>& paths) {
    mapping::PlanColumn column;
    column.info.name = name;
    column.info.type = type;
    column.value_type = value_type;
    for (const auto& path : paths) {
      mapping::ColumnSource source;
      source.slot = plan_.message.slots++;
      plan_.message.slot_paths.push_back(path);
      plan_.message.nodes[node(path)].slot = static_cast<std::int16_t>(source.slot);
      column.sources.push_back(source);
    }
    plan_.tables[0].columns.push_back(std::move(column));
  }

  [[nodiscard]] std::shared_ptr<const mapping::TopicPlan> take() {
    return std::make_shared<const mapping::TopicPlan>(std::move(plan_));
  }

 private:
  std::size_t child(std::size_t parent, const std::string& key) {
    for (const auto& known : plan_.message.nodes[parent].children) {
      if (known.key == key) return known.node;
    }
    const auto made = static_cast<std::uint16_t>(plan_.message.nodes.size());
    plan_.message.nodes[parent].children.push_back({key, made});
    plan_.message.nodes.emplace_back();
    return made;
  }
  std::size_t node(const std::string& path) {
    const std::size_t dot = path.find('.');
    if (dot == std::string::npos) return child(0, path);
    return child(child(0, path.substr(0, dot)), path.substr(dot + 1));
  }

  mapping::TopicPlan plan_;
};

}  // namespace

std::vector<std::string> accelerometer_messages(std::size_t count) {
  std::mt19937_64 random(42);  // the same messages in every run
  std::uniform_real_distribution<double> axis(-20, 20);
  std::vector<std::string> messages;
  messages.reserve(count);
  for (std::size_t i = 0; i < count; ++i) {
    const std::uint64_t id = random();
    messages.push_back(fmt::format(
        R"({{"trace_id":"{:08x}-{:04x}-4{:03x}-a{:03x}-{:012x}","device_id":"device-{:04}","timestamp":)"
        R"("2024-05-{:02}T{:02}:{:02}:{:02}.{:06}Z","schema_version":"v1","data":{{"x":{:.6f},"y":{:.6f},"z":{:.6f},)"
        R"("magnitude":{:.6f},"sample_rate":{}}},"metadata":{{"activity":"{}","device_orientation":"{}"}}}})",
        id >> 32U, (id >> 16U) & 0xFFFFU, id & 0xFFFU, (id >> 4U) & 0xFFFU, id & 0xFFFF'FFFF'FFFFU, id % 1000,
        1 + id % 28, id % 24, id % 60, (id >> 8U) % 60, id % 1'000'000, axis(random), axis(random), axis(random),
        std::abs(axis(random)), 50 + id % 50, id % 2 == 0 ? "walking" : "stationary",
        id % 3 == 0 ? "portrait" : "landscape"));
  }
  return messages;
}

std::shared_ptr<const mapping::TopicPlan> accelerometer_plan(bool binary) {
  Plan plan(binary);
  plan.column("trace_id", ColumnType::text, ValueType::string, {"trace_id"});
  plan.column("device_id", ColumnType::text, ValueType::string, {"device_id"});
  plan.column("timestamp", ColumnType::timestamptz, ValueType::timestamp, {"timestamp"});
  plan.column("schema_version", ColumnType::text, ValueType::string, {"schema_version"});
  plan.column("x_axis", ColumnType::float8, ValueType::floating, {"x", "data.x"});
  plan.column("y_axis", ColumnType::float8, ValueType::floating, {"y", "data.y"});
  plan.column("z_axis", ColumnType::float8, ValueType::floating, {"z", "data.z"});
  plan.column("magnitude", ColumnType::float8, ValueType::floating, {"data.magnitude"});
  plan.column("sample_rate", ColumnType::int8, ValueType::integer, {"data.sample_rate"});
  plan.column("activity", ColumnType::text, ValueType::string, {"metadata.activity"});
  plan.column("device_orientation", ColumnType::text, ValueType::string, {"metadata.device_orientation"});
  return plan.take();
}

}  // namespace loom::benchmarks
