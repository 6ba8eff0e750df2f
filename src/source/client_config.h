#pragma once

#include <map>
#include <string>

#include "source/group_client.h"
#include "source/handles.h"

namespace loom::source {

/// librdkafka's configuration for a consumer of this service: our defaults, the user's properties over them, and what
/// must not be changed over both.
/// Fails: RefusedProperty.
ConfHandle make_configuration(const ClientSettings& settings);

/// group.protocol=consumer (KIP-848): the broker assigns partitions.
bool uses_broker_protocol(const std::map<std::string, std::string>& properties);
/// With that protocol librdkafka refuses this property: it is set at the broker.
bool is_decided_by_broker(const std::string& property);

}  // namespace loom::source
