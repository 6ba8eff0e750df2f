#pragma once

#include "status/json_values.h"
#include "status/snapshot.h"

// The parts of /status and /topics that say how it does, for documents.cpp.
namespace loom::status {

Json verdict_json(const Snapshot& snapshot);
Json troubles_json(const Snapshot& snapshot);
Json topic_trouble_json(const std::optional<Trouble>& trouble);
Json window_json(const Window& window);
Json reloads_json(const Snapshot& snapshot);

}  // namespace loom::status
