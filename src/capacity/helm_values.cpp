#include <fmt/format.h>

#include <algorithm>
#include <cmath>

#include "base/plural.h"
#include "capacity/coefficients.h"
#include "capacity/quantity.h"
#include "capacity/render.h"

namespace loom::capacity {
namespace {

/// What a replica is to have for itself: its part of the cores, at the planned use; in tenths of a core.
int requested_millicores(const Plan& plan) {
  const double wanted = plan.each.consumer_cores / plan.load.headroom / plan.each.replicas;
  return std::clamp(static_cast<int>(std::ceil(wanted * 10 - 1e-9)) * 100, 200, 1000 * plan.each.replica_cores);
}

std::string scaling(const Deployment& each) {
  // An autoscaler that may choose between one number and the same is none.
  if (each.replicas == each.replicas_most) {
    return fmt::format("replicaCount: {}\nautoscaling:\n  enabled: false\n", each.replicas);
  }
  return fmt::format("autoscaling:\n  enabled: true\n  minReplicas: {}\n  maxReplicas: {}\n", each.replicas,
                     each.replicas_most);
}

}  // namespace

std::string helm_values(const Plan& plan) {
  const Deployment& each = plan.each;
  std::string out =
      fmt::format("# {} messages/s of {} bytes, {}, at {:.0f} % use.\n", grouped(each.rate),
                  grouped(plan.load.message_bytes), plural(each.topics, "topic"), 100 * plan.load.headroom);
  if (plan.databases > 1) {
    out += fmt::format("# One of {} releases; each names its topics, its group and its database.\n", plan.databases);
  }
  out += scaling(each);
  out += fmt::format(
      "resources:\n  requests:\n    cpu: {}m\n    memory: 512Mi\n  limits:\n    cpu: {}m\n    memory: 2Gi\n",
      requested_millicores(plan), 1000 * each.replica_cores);
  out += fmt::format("env:\n  LOOM_DB_MIN_POOL_SIZE: \"{}\"\n  LOOM_DB_MAX_POOL_SIZE: \"{}\"\n",
                     std::min(each.pool, kRules.pool_least), each.pool);
  out += fmt::format("kafka:\n  partitions: {}\n", each.partitions);
  out += fmt::format("database:\n  maxConnections: {}\n  reservedConnections: {}\n", each.max_connections,
                     kRules.reserved);
  return out;
}

}  // namespace loom::capacity
