#pragma once

#include <memory>
#include <optional>
#include <string>

#include "base/clock.h"
#include "decode/make_decoder.h"
#include "decode/schema_source.h"
#include "mapping/mapping_file.h"
#include "registry/schema_cache.h"
#include "settings/config.h"

namespace loom::app {

/// The schemas of the registry that the settings name; nullptr where they name none. `clock` outlives it.
std::unique_ptr<registry::SchemaCache> make_schema_cache(const settings::Config& config, const Clock& clock);

/// A topic whose schemas only a registry has, where the settings name none: a line for people.
std::optional<std::string> registry_problem(const settings::Config& config, const mapping::MappingFile& file);

/// Schemas for commands that have nothing else to do meanwhile.
/// Threads: one at a time.
/// Owns:    a cache of its own.
/// Blocks:  find(), up to half a minute.
/// Fails:   find() throws std::runtime_error when the registry does not answer.
class WaitingSchemas final : public decode::SchemaSource {
 public:
  explicit WaitingSchemas(const settings::Config& config);

  decode::SchemaAnswer find(const decode::SchemaId& id) override;
  [[nodiscard]] std::optional<decode::SchemaTrouble> trouble() const override { return std::nullopt; }

  /// What decoders take of it.
  [[nodiscard]] decode::Registry registry() {
    return {.schemas = cache_ == nullptr ? nullptr : this, .id_bytes = id_bytes_};
  }

 private:
  const SystemClock clock_;
  const std::unique_ptr<registry::SchemaCache> cache_;
  const int id_bytes_;
};

}  // namespace loom::app
