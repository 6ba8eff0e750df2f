#pragma once

#include "loom/kafka/base_consumer.h"

namespace loom::kafka::stage {

/// With what was left out filled in.
/// Fails: std::runtime_error for settings that make no stage.
StageSettings complete(StageSettings settings);

}  // namespace loom::kafka::stage
