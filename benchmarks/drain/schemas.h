#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "decode/schema_source.h"
#include "http/server.h"
#include "options.h"
#include "samples/sample_encoder.h"

namespace loom::bench {

/// The schemas that a backlog in Avro or Protobuf is written with, and a small registry of them for the service: it
/// asks for each once. Of a backlog in JSON there are none.
/// Threads: const use by any; the registry has threads of its own.  Owns: the registry's server.
/// Fails:   std::runtime_error from the constructor.
class Schemas final : public decode::SchemaSource {
 public:
  /// One for each topic of the options' mapping file.
  explicit Schemas(const Options& options);

  /// For the messages of a target; nullptr: they are JSON.
  [[nodiscard]] std::shared_ptr<samples::SampleEncoder> encoder(std::size_t target) const;
  /// Empty: there is no registry.
  [[nodiscard]] std::string url() const;

  decode::SchemaAnswer find(const decode::SchemaId& id) override;
  [[nodiscard]] std::optional<decode::SchemaTrouble> trouble() const override { return std::nullopt; }

 private:
  std::vector<samples::SampleSchema> schemas_;  ///< by target; the ids count from 1
  std::vector<decode::SchemaAnswer> parsed_;
  std::unique_ptr<http::Server> server_;
};

/// The mapping file with that format for all its topics, written into the working folder; the same file for JSON.
/// Fails: std::runtime_error.
std::string mapping_with_format(const Options& options);

}  // namespace loom::bench
