#include "app/registry_schemas.h"

#include <algorithm>
#include <memory>
#include <string>
#include <utility>

#include "mapping/draft.h"
#include "registry/parse_schema.h"
#include "registry/registry_client.h"

namespace loom::app {
namespace registry_schemas {
namespace {

using formats::Format;

bool has_subject(const mapping::TopicMapping& topic) {
  const mapping::MessageFormat& format = topic.value_format;
  return !topic.is_pattern && (format.needs_registry() || format.format == Format::json_schema);
}

/// The schema with its fields, too, where it is a JSON Schema: those who decode do without.
registry::ParsedSchema parsed(const registry::FetchedSchema& fetched) {
  registry::ParsedSchema made = registry::parse_schema(fetched);
  if (made.schema == nullptr || fetched.format != Format::json_schema) return made;
  std::vector<formats::JsonSchemaReference> references;
  for (const auto& reference : fetched.references) references.push_back({reference.name, reference.text});
  auto fields = formats::parse_json_schema(fetched.text, references);
  if (!fields.schema) return {nullptr, std::move(fields.problem)};
  auto whole = std::make_shared<formats::Schema>(*made.schema);
  whole->json = std::make_shared<const formats::JsonSchema>(std::move(*fields.schema));
  return {std::move(whole), {}};
}

}  // namespace
}  // namespace registry_schemas

bool has_registry_topics(const mapping::MappingFile& file) {
  return std::any_of(file.topics.begin(), file.topics.end(), registry_schemas::has_subject);
}

LatestSchemas latest_schemas(const registry::RegistrySettings& settings, const mapping::MappingFile& file) {
  using registry::Outcome;
  LatestSchemas latest;
  registry::RegistryClient client(settings);
  for (const auto& topic : file.topics) {
    if (!registry_schemas::has_subject(topic)) continue;
    mapping::Findings findings(file.path);
    const mapping::Place place = mapping::place_of(topic, "format");
    const std::string subject = topic.topic + "-value";
    const registry::FetchedSchema fetched = client.fetch_latest(subject);
    switch (fetched.outcome) {
      case Outcome::away:
      case Outcome::refused:
        throw RegistryUnavailable(fetched.problem);
      case Outcome::unknown:
        findings.warning(place, "nothing is known of the topic's schema: " + fetched.problem);
        break;
      case Outcome::unusable:
        findings.error(place, fetched.problem);
        break;
      case Outcome::ok: {
        const formats::Format asked = topic.value_format.format;
        const std::string name = "version " + std::to_string(fetched.version) + " of " + subject;
        auto parsed = registry_schemas::parsed(fetched);
        if (asked != formats::Format::automatic && asked != fetched.format) {
          findings.error(place, "is `" + std::string(mapping::to_string(asked)) + "`, and " + name + " is `" +
                                    std::string(mapping::to_string(fetched.format)) + "`");
        } else if (parsed.schema == nullptr) {
          findings.error(place, name + " is no schema that can be used: " + parsed.problem);
        } else {
          latest.schemas[topic.topic] = {std::move(parsed.schema), "", name, fetched.version == 1};
        }
        break;
      }
    }
    for (auto& problem : findings.take()) latest.problems.push_back(std::move(problem));
  }
  return latest;
}

}  // namespace loom::app
