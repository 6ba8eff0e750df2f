#pragma once

#include <optional>
#include <stdexcept>

#include "decode/schema_source.h"
#include "registry/parse_schema.h"
#include "samples/sample_schema.h"

namespace loom::benchmarks {

/// A registry's schema, known from the start.
class OneSchema final : public decode::SchemaSource {
 public:
  explicit OneSchema(const samples::SampleSchema& schema) {
    registry::FetchedSchema fetched;
    fetched.outcome = registry::Outcome::ok;
    fetched.format = schema.format;
    fetched.text = schema.text;
    registry::ParsedSchema parsed = registry::parse_schema(fetched);
    if (parsed.schema == nullptr) throw std::runtime_error("the schema cannot be read: " + parsed.problem);
    answer_.schema = std::move(parsed.schema);
  }
  decode::SchemaAnswer find(const decode::SchemaId& /*id*/) override { return answer_; }
  [[nodiscard]] std::optional<decode::SchemaTrouble> trouble() const override { return std::nullopt; }

 private:
  decode::SchemaAnswer answer_;
};

}  // namespace loom::benchmarks
