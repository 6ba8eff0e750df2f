#pragma once

#include "source/group_client.h"
#include "source/handles.h"

namespace loom::source {

/// librdkafka's configuration for a consumer of this service: our defaults, the user's properties over them, and what
/// must not be changed over both.
/// Fails: RefusedProperty.
ConfHandle make_configuration(const ClientSettings& settings);

}  // namespace loom::source
