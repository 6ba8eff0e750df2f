#include "registry/registry_client.h"

#include <fmt/format.h>

#include <algorithm>
#include <map>

#include "registry/registry_json.h"

namespace loom::registry {
namespace client {
namespace {

constexpr std::size_t kReferencesMax = 1000;
constexpr std::int64_t kNoSubject = 40401;
constexpr std::int64_t kNoVersion = 40402;
constexpr std::int64_t kNoSchema = 40403;

std::string as_base(std::string url) {
  while (url.ends_with('/')) url.pop_back();
  return url;
}

std::string with_message(std::string text, const ErrorBody& error) {
  if (!error.message.empty()) text.append(" (").append(error.message).append(")");
  return text;
}

/// A page of a proxy's is none.
bool may_be_object(std::string_view body) {
  const std::size_t at = body.find_first_not_of(" \t\r\n");
  return at != std::string_view::npos && body[at] == '{';
}

std::string show_reference(const Reference& reference) {
  return fmt::format("version {} of subject {} (as {})", reference.version, reference.subject, reference.name);
}

}  // namespace
}  // namespace client

std::string id_text(const decode::SchemaId& id) {
  if (id.number != 0 || id.guid == decode::SchemaId{}.guid) return fmt::format("{}", id.number);
  std::string text;
  for (std::size_t i = 0; i < id.guid.size(); ++i) {
    if (i == 4 || i == 6 || i == 8 || i == 10) text += '-';
    text += fmt::format("{:02x}", id.guid[i]);
  }
  return text;
}

RegistryClient::RegistryClient(const RegistrySettings& settings) : settings_(settings), transfer_(settings) {
  std::transform(settings_.urls.begin(), settings_.urls.end(), settings_.urls.begin(), client::as_base);
}

// A server could put what it was sent into its error.
std::string RegistryClient::without_secrets(std::string text) const {
  for (const std::string& secret : {settings_.password, settings_.token}) {
    if (secret.empty()) continue;
    for (std::size_t at = text.find(secret); at != std::string::npos; at = text.find(secret, at + 3)) {
      text.replace(at, secret.size(), "***");
    }
  }
  return text;
}

// Confluent, Apicurio and Karapace all answer this path with the kinds of schema that they know.
bool RegistryClient::is_registry(const std::string& base) {
  const Reply reply = transfer_.get(base + "/schemas/types");
  return reply.status == 200 && is_json_array(reply.body);
}

RegistryClient::Answer RegistryClient::judge(const std::string& base, Reply reply, bool registering) {
  const std::string who = "schema registry " + base;
  Answer answer;
  answer.retry_after = reply.retry_after;
  const auto say = [&](Outcome outcome, const std::string& text) {
    answer.outcome = outcome;
    answer.problem = without_secrets(who + text);
    return answer;
  };
  if (reply.too_large) return say(Outcome::unusable, ": " + reply.problem);
  if (reply.status == 0) return say(Outcome::away, ": " + reply.problem);
  if (reply.status == 200 && !client::may_be_object(reply.body)) {
    return say(Outcome::away, " answers 200 with something else than JSON; is LOOM_SCHEMA_REGISTRY_URL right?");
  }
  if (reply.status == 200) {
    answer.outcome = Outcome::ok;
    answer.body = std::move(reply.body);
    return answer;
  }
  const ErrorBody error = read_error(reply.body);
  const std::string seen = client::with_message(fmt::format(" answers {}", reply.status), error);
  switch (reply.status) {
    case 401:
      return say(Outcome::refused, seen +
                                       ": the login is refused; set LOOM_SCHEMA_REGISTRY_USER and "
                                       "LOOM_SCHEMA_REGISTRY_PASSWORD, or LOOM_SCHEMA_REGISTRY_TOKEN");
    case 403:
      return say(Outcome::refused,
                 seen + ": this login may not do that; let it read the registry's subjects, or set another one");
    case 404:
      if (error.code == client::kNoSchema || error.code == client::kNoVersion || error.code == client::kNoSubject ||
          is_registry(base)) {
        return say(Outcome::unknown, seen);
      }
      return say(Outcome::away,
                 seen +
                     ", and is no registry at that path; set LOOM_SCHEMA_REGISTRY_URL with its whole path "
                     "(Apicurio's ends in /apis/ccompat/v7)");
    case 409:
    case 422:
      if (registering) return say(Outcome::unusable, seen);
      break;
    default:
      break;
  }
  return say(Outcome::away, seen);
}

RegistryClient::Answer RegistryClient::ask(const std::string& path, const std::string* body) {
  Answer last{.outcome = Outcome::away, .body = {}, .problem = "no schema registry is set (LOOM_SCHEMA_REGISTRY_URL)"};
  std::string problems;
  for (std::size_t turn = 0; turn < settings_.urls.size(); ++turn) {
    const std::size_t at = (current_ + turn) % settings_.urls.size();
    const std::string& base = settings_.urls[at];
    last =
        judge(base, body == nullptr ? transfer_.get(base + path) : transfer_.post(base + path, *body), body != nullptr);
    if (last.outcome != Outcome::away) {
      current_ = at;
      return last;
    }
    problems.append(problems.empty() ? "" : "; ").append(last.problem);
  }
  if (!problems.empty()) last.problem = std::move(problems);
  return last;
}

FetchedSchema RegistryClient::fetch(const decode::SchemaId& id) {
  const std::string text = id_text(id);
  const bool by_number = id.number != 0 || id.guid == decode::SchemaId{}.guid;
  // Ids are positive numbers of 32 bits; what a registry says of others is no verdict on the registry.
  constexpr std::uint64_t kMostInFourBytes = 0x7FFF'FFFF;
  if (by_number && settings_.id_bytes == 4 && id.number > kMostInFourBytes) {
    FetchedSchema none;
    none.outcome = Outcome::unknown;
    none.problem = "no registry has an id over 2147483647";
    return none;
  }
  return read(ask((by_number ? "/schemas/ids/" : "/schemas/guids/") + text, nullptr), "schema " + text);
}

FetchedSchema RegistryClient::fetch_latest(std::string_view subject) {
  return read(ask(fmt::format("/subjects/{}/versions/latest", percent_encoded(subject)), nullptr),
              fmt::format("the latest schema of subject {}", subject));
}

FetchedSchema RegistryClient::read(Answer answer, const std::string& what) {
  FetchedSchema fetched{.outcome = answer.outcome,
                        .text = {},
                        .references = {},
                        .problem = std::move(answer.problem),
                        .retry_after = answer.retry_after};
  if (fetched.outcome == Outcome::unknown) {
    fetched.problem = fmt::format("{} is not in the registry: {}", what, fetched.problem);
  } else if (fetched.outcome == Outcome::unusable) {
    fetched.problem = fmt::format("{} cannot be used: {}", what, fetched.problem);
  }
  if (fetched.outcome != Outcome::ok) return fetched;

  auto schema = read_schema(answer.body);
  if (!schema) {
    fetched.outcome = Outcome::away;
    fetched.problem =
        fmt::format("schema registry {} answers /schemas with something else than a schema", settings_.urls[current_]);
    return fetched;
  }
  const auto format = format_of_type(schema->type);
  if (!format) {
    fetched.outcome = Outcome::unusable;
    fetched.problem = fmt::format("{} is of the type {}, which is not known here", what, schema->type);
    return fetched;
  }
  fetched.format = *format;
  fetched.text = std::move(schema->schema);
  fetched.version = schema->version;
  if (auto failed = fetch_references(std::move(schema->references), fetched)) {
    failed->problem = fmt::format("{} cannot be used: {}", what, failed->problem);
    return std::move(*failed);
  }
  return fetched;
}

/// A walk through what a schema refers to, deepest first, with a stack of its own.
struct RegistryClient::ReferenceWalk {
  enum class State : std::uint8_t { open, done };
  using Key = std::pair<std::string, std::int64_t>;
  struct Node {
    State state = State::open;
    std::string text;
  };
  /// A schema that is open, and which of those that it refers to is next.
  struct Level {
    std::vector<Reference> references;
    std::size_t next = 0;
    Reference self{};
  };
  std::map<Key, Node> nodes;
  std::map<std::pair<std::string, Key>, bool> added;  ///< by name, too: two may import one file by two paths
  std::vector<Level> levels;
};

std::optional<FetchedSchema> RegistryClient::fetch_references(std::vector<Reference> first, FetchedSchema& schema) {
  const auto failed = [](Outcome outcome, std::string problem, std::chrono::seconds retry_after = {}) {
    FetchedSchema result;
    result.outcome = outcome;
    result.problem = std::move(problem);
    result.retry_after = retry_after;
    return result;
  };
  std::size_t bytes = schema.text.size();
  ReferenceWalk walk;
  const auto add = [&](const Reference& reference, const ReferenceWalk::Node& node) {
    const bool is_new = walk.added.try_emplace({reference.name, {reference.subject, reference.version}}).second;
    if (!is_new) return true;
    bytes += node.text.size();
    schema.references.push_back({reference.name, node.text});
    return bytes <= settings_.body_max && schema.references.size() <= client::kReferencesMax;
  };
  const auto too_much = [&] {
    return failed(Outcome::unusable, fmt::format("it refers to more than {} schemas, or to more than {} bytes of them",
                                                 client::kReferencesMax, settings_.body_max));
  };
  walk.levels.push_back({std::move(first)});
  while (!walk.levels.empty()) {
    ReferenceWalk::Level& level = walk.levels.back();
    if (level.next == level.references.size()) {
      const Reference self = std::move(level.self);
      walk.levels.pop_back();
      if (walk.levels.empty()) break;
      ReferenceWalk::Node& node = walk.nodes.at({self.subject, self.version});
      node.state = ReferenceWalk::State::done;
      if (!add(self, node)) return too_much();
      continue;
    }
    const Reference reference = level.references[level.next++];
    const auto known = walk.nodes.find({reference.subject, reference.version});
    if (known != walk.nodes.end()) {
      if (known->second.state == ReferenceWalk::State::open) {
        return failed(Outcome::unusable, client::show_reference(reference) + " refers to itself, by others");
      }
      if (!add(reference, known->second)) return too_much();
      continue;
    }
    if (walk.nodes.size() == client::kReferencesMax) return too_much();
    Answer answer =
        ask(fmt::format("/subjects/{}/versions/{}", percent_encoded(reference.subject), reference.version), nullptr);
    const std::string what = "it refers to " + client::show_reference(reference);
    if (answer.outcome == Outcome::unknown) {
      return failed(Outcome::unknown, what + ", which is not in the registry: " + answer.problem);
    }
    if (answer.outcome != Outcome::ok) {
      return failed(answer.outcome, what + ": " + answer.problem, answer.retry_after);
    }
    auto body = read_schema(answer.body);
    if (!body) {
      return failed(Outcome::away, fmt::format("{}, and schema registry {} answers with something else than a schema",
                                               what, settings_.urls[current_]));
    }
    walk.nodes.try_emplace({reference.subject, reference.version}).first->second.text = std::move(body->schema);
    walk.levels.push_back({std::move(body->references), 0, reference});
  }
  return std::nullopt;
}

Registered RegistryClient::register_schema(std::string_view subject, const NewSchema& schema) {
  const std::string body = write_schema(schema);
  Answer answer = ask(fmt::format("/subjects/{}/versions", percent_encoded(subject)), &body);
  Registered registered{.outcome = answer.outcome, .id = 0, .problem = std::move(answer.problem)};
  if (registered.outcome != Outcome::ok) return registered;
  const auto id = read_registered(answer.body);
  if (!id) {
    registered.outcome = Outcome::away;
    registered.problem =
        fmt::format("schema registry {} answers with something else than an id", settings_.urls[current_]);
    return registered;
  }
  registered.id = *id;
  return registered;
}

std::string_view to_string(Outcome outcome) {
  switch (outcome) {
    case Outcome::ok:
      return "ok";
    case Outcome::unknown:
      return "unknown";
    case Outcome::unusable:
      return "unusable";
    case Outcome::refused:
      return "refused";
    case Outcome::away:
      return "away";
  }
  return "away";
}

}  // namespace loom::registry
