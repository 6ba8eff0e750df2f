#include "mapping/variants.h"

#include <utility>

#include "mapping/table_names.h"

namespace loom::mapping {

bool PlanVariant::operator==(const PlanVariant& other) const {
  const bool same_plan = plan == other.plan || (plan != nullptr && other.plan != nullptr && *plan == *other.plan);
  return same_plan && values == other.values && problem == other.problem && first_table == other.first_table &&
         first_surplus == other.first_surplus;
}

std::string too_many_variants(const TableValues& values) {
  std::string shown;
  for (const std::string& value : values) shown += (shown.empty() ? "\"" : ", \"") + value + "\"";
  return "headers have named " + std::to_string(kMostVariants) +
         " sets of tables of this topic already, which is the most; " + shown + " would be one more";
}

TopicPlan join_variants(const TopicMapping& topic, std::vector<PlanVariant> variants) {
  TopicPlan joined;
  joined.mapping = topic.topic;
  joined.table_headers = table_headers(topic);
  joined.nul = topic.nul;
  joined.no_partition = topic.no_partition;
  joined.batch_size = topic.batch_size;
  joined.batch_timeout = topic.batch_timeout;
  for (PlanVariant& variant : variants) {
    variant.first_table = static_cast<std::uint16_t>(joined.tables.size());
    variant.first_surplus = static_cast<std::uint16_t>(joined.surplus.size());
    if (variant.plan == nullptr) continue;
    const TopicPlan& one = *variant.plan;
    joined.tables.insert(joined.tables.end(), one.tables.begin(), one.tables.end());
    joined.unlogged.insert(joined.unlogged.end(), one.unlogged.begin(), one.unlogged.end());
    for (SurplusPlan surplus : one.surplus) {
      surplus.table = static_cast<std::uint16_t>(surplus.table + variant.first_table);
      surplus.parent = static_cast<std::uint16_t>(surplus.parent + variant.first_table);
      joined.surplus.push_back(surplus);
    }
  }
  joined.variants = std::move(variants);
  return joined;
}

std::set<TableValues> known_values(const TopicPlan& plan) {
  std::set<TableValues> values;
  for (const PlanVariant& variant : plan.variants) values.insert(variant.values);
  return values;
}

std::set<TableValues> stored_values(const TopicPlan& plan) {
  std::set<TableValues> values;
  for (const PlanVariant& variant : plan.variants) {
    if (variant.plan != nullptr) values.insert(variant.values);
  }
  return values;
}

}  // namespace loom::mapping
