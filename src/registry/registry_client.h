#pragma once

#include <array>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "decode/schema_source.h"
#include "formats/format.h"
#include "registry/settings.h"
#include "registry/transfer.h"

namespace loom::registry {

enum class Outcome : std::uint8_t {
  ok,
  unknown,   ///< the registry answered, and has no such schema
  unusable,  ///< it has one that cannot be used, or does not take the one that is offered: asking again changes nothing
  refused,   ///< the login, or what it may do
  away,      ///< no answer, or none of a registry: an outage
};
inline constexpr std::size_t kOutcomes = 5;
inline constexpr std::array<Outcome, kOutcomes> kAllOutcomes{Outcome::ok, Outcome::unknown, Outcome::unusable,
                                                             Outcome::refused, Outcome::away};
std::string_view to_string(Outcome outcome);

/// How one schema names another that it needs.
struct Reference {
  std::string name;  ///< Avro: the type's full name; Protobuf: the path that it is imported by
  std::string subject;
  std::int64_t version = 0;
};

struct ReferencedText {
  std::string name;
  std::string text;
};

/// What came of asking for a schema.
struct FetchedSchema {
  Outcome outcome = Outcome::away;
  formats::Format format = formats::Format::avro;  ///< avro, protobuf or json_schema
  std::string text;
  std::vector<ReferencedText> references;  ///< those first that others need
  std::int64_t version = 0;                ///< of fetch_latest(): the subject's
  std::string problem;                     ///< of all but ok: the URL, what was seen, what to set; without secrets
  std::chrono::seconds retry_after{0};     ///< of away: what the registry asks for; 0: nothing
};

/// What a schema cache asks. Threads: one at a time; stop() any.
class SchemaFetcher {
 public:
  virtual ~SchemaFetcher() = default;
  virtual FetchedSchema fetch(const decode::SchemaId& id) = 0;
  /// Ends the call that runs soon, and later ones at once; what they return says nothing.
  virtual void stop() = 0;
};

/// A schema to register, for those that make messages.
struct NewSchema {
  formats::Format format = formats::Format::avro;
  std::string text;
  std::vector<Reference> references;
};

struct Registered {
  Outcome outcome = Outcome::away;
  std::uint64_t id = 0;
  std::string problem;
};

/// Speaks with a schema registry by Confluent's HTTP API: Confluent's own, Apicurio (its URL ends in /apis/ccompat/v7),
/// Karapace. Of several URLs the one that answered last is asked first, the others in turn when it is away.
/// Threads: one at a time; stop() any.
/// Blocks:  each request at most settings.timeout for each URL; a schema takes one and one for each reference.
/// Fails:   std::runtime_error from the constructor when libcurl cannot be set up; afterwards see Outcome.
/// Bounds:  1,000 references, and settings.body_max bytes for a schema with its references.
class RegistryClient final : public SchemaFetcher {
 public:
  explicit RegistryClient(const RegistrySettings& settings);

  FetchedSchema fetch(const decode::SchemaId& id) override;
  /// The latest version of a subject.
  FetchedSchema fetch_latest(std::string_view subject);
  void stop() override { transfer_.stop(); }

  Registered register_schema(std::string_view subject, const NewSchema& schema);

 private:
  /// A reply with a verdict. `body` is that of ok.
  struct Answer {
    Outcome outcome = Outcome::away;
    std::string body;
    std::string problem;
    std::chrono::seconds retry_after{0};
  };
  struct ReferenceWalk;

  Answer ask(const std::string& path, const std::string* body);
  /// `what`: of the schema that was asked for, for people.
  FetchedSchema read(Answer answer, const std::string& what);
  Answer judge(const std::string& base, Reply reply, bool registering);
  bool is_registry(const std::string& base);
  std::string without_secrets(std::string text) const;
  /// Nothing: all are there. Else what the schema's answer is to be.
  std::optional<FetchedSchema> fetch_references(std::vector<Reference> first, FetchedSchema& schema);

  RegistrySettings settings_;
  Transfer transfer_;
  std::size_t current_ = 0;  ///< the URL that answered last
};

/// `12`, or `0190a1b2-...` in the canonical form.
std::string id_text(const decode::SchemaId& id);

}  // namespace loom::registry
