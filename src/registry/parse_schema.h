#pragma once

#include <memory>
#include <string>

#include "formats/schema.h"
#include "registry/registry_client.h"

namespace loom::registry {

struct ParsedSchema {
  std::shared_ptr<const formats::Schema> schema;
  std::string problem;  ///< why there is none
};

/// Makes a schema of what the registry has; of a JSON Schema only the text is kept. Pure.
ParsedSchema parse_schema(const FetchedSchema& fetched);

}  // namespace loom::registry
