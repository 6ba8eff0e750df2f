#include "settings/registry_url.h"

#include <fmt/format.h>

#include <algorithm>
#include <optional>
#include <utility>

#include "text/values.h"

namespace loom::settings {
namespace registry_url {
namespace {

constexpr std::string_view kExample = "https://registry:8081";

int hex_digit(char c) {
  if (c >= '0' && c <= '9') return c - '0';
  if (c >= 'a' && c <= 'f') return c - 'a' + 10;
  if (c >= 'A' && c <= 'F') return c - 'A' + 10;
  return -1;
}

/// Nothing: a '%' without two hexadecimal digits behind it.
std::optional<std::string> percent_decoded(std::string_view text) {
  std::string decoded;
  for (std::size_t i = 0; i < text.size(); ++i) {
    if (text[i] != '%') {
      decoded += text[i];
      continue;
    }
    if (i + 2 >= text.size()) return std::nullopt;
    const int high = hex_digit(text[i + 1]);
    const int low = hex_digit(text[i + 2]);
    if (high < 0 || low < 0) return std::nullopt;
    decoded += static_cast<char>(high * 16 + low);
    i += 2;
  }
  return decoded;
}

/// `host`, `host:port` or `[::1]:port`.
bool is_authority(std::string_view text) {
  std::string_view port;
  std::string_view host = text;
  if (text.starts_with('[')) {
    const std::size_t end = text.find(']');
    if (end == std::string_view::npos) return false;
    host = text.substr(1, end - 1);
    const std::string_view rest = text.substr(end + 1);
    if (!rest.empty() && !rest.starts_with(':')) return false;
    port = rest.empty() ? "1" : rest.substr(1);
  } else {
    const std::size_t colon = text.find(':');
    host = text.substr(0, colon);
    port = colon == std::string_view::npos ? "1" : text.substr(colon + 1);
  }
  const auto number = text::parse_count(port);
  return !host.empty() && number && *number >= 1 && *number <= 65535;
}

/// Takes one URL; what is wrong with it, or nothing.
std::string take(std::string_view url, registry::RegistrySettings& registry) {
  const std::size_t colon = url.find("://");
  const std::string scheme = colon == std::string_view::npos ? "" : text::lower(url.substr(0, colon));
  if (scheme != "http" && scheme != "https") {
    return fmt::format("is not a URL that begins with http:// or https://, such as {}", kExample);
  }
  std::string_view rest = url.substr(colon + 3);
  // A '?', '#' or '/' ends the host: one of a password has to be percent-encoded, and is not shown.
  if (rest.find_first_of("?#") != std::string_view::npos) {
    return "has a '?' or a '#': it takes no query and no fragment (of a password, write %3F and %23)";
  }
  const std::size_t slash = std::min(rest.find('/'), rest.size());
  std::string_view authority = rest.substr(0, slash);
  const std::string_view path = rest.substr(slash);
  if (path.find('@') != std::string_view::npos) return "has an '@' behind a '/' (of a password, write %2F for the '/')";
  if (const std::size_t at = authority.rfind('@'); at != std::string_view::npos) {
    const std::string_view login = authority.substr(0, at);
    authority = authority.substr(at + 1);
    const std::size_t between = login.find(':');
    auto user = percent_decoded(login.substr(0, between));
    auto password = between == std::string_view::npos ? std::string() : percent_decoded(login.substr(between + 1));
    if (!user || !password) return "has a '%' before its '@' without two hexadecimal digits behind it (write %25)";
    const bool other = (!registry.user.empty() && registry.user != *user) ||
                       (!password->empty() && !registry.password.empty() && registry.password != *password);
    if (other) return "has another login than LOOM_SCHEMA_REGISTRY_USER or another of the URLs: there is one for all";
    registry.user = std::move(*user);
    if (!password->empty()) registry.password = std::move(*password);
  }
  const bool plain = std::all_of(url.begin(), url.end(), [](unsigned char c) { return c > ' ' && c < 0x7F; });
  if (!plain || !is_authority(authority)) {
    return fmt::format("has no host, a wrong port, or characters that no URL has; a right one is {}", kExample);
  }
  std::string clean = scheme + "://" + std::string(authority) + std::string(path);
  while (clean.ends_with('/')) clean.pop_back();
  registry.urls.push_back(std::move(clean));
  return {};
}

}  // namespace
}  // namespace registry_url

std::vector<std::string> take_registry_urls(std::string_view list, registry::RegistrySettings& registry) {
  std::vector<std::string> problems;
  if (text::trim(list).empty()) return problems;
  for (std::size_t number = 1;; ++number) {
    const std::size_t comma = list.find(',');
    const std::string_view url = text::trim(list.substr(0, comma));
    const std::string problem = url.empty() ? "is empty" : registry_url::take(url, registry);
    if (!problem.empty()) problems.push_back(fmt::format("(number {} of the list) {}", number, problem));
    if (comma == std::string_view::npos) return problems;
    list.remove_prefix(comma + 1);
  }
}

std::vector<std::string> registry_login_problems(const registry::RegistrySettings& registry) {
  std::vector<std::string> problems;
  if (!registry.user.empty() && !registry.token.empty()) {
    problems.emplace_back("a user and LOOM_SCHEMA_REGISTRY_TOKEN are both set: which of them is to log in?");
  }
  if (!registry.user.empty() && registry.password.empty()) {
    problems.emplace_back(
        "LOOM_SCHEMA_REGISTRY_USER, or the URL, names a user: set LOOM_SCHEMA_REGISTRY_PASSWORD, too");
  }
  if (registry.user.empty() && !registry.password.empty()) {
    problems.emplace_back("LOOM_SCHEMA_REGISTRY_PASSWORD is set: set LOOM_SCHEMA_REGISTRY_USER, too");
  }
  if (registry.user.find(':') != std::string::npos) {
    problems.emplace_back("LOOM_SCHEMA_REGISTRY_USER has a ':', which a login by HTTP cannot have");
  }
  const std::string secrets = registry.user + registry.password + registry.token;
  if (secrets.find_first_of("\r\n") != std::string::npos) {
    problems.emplace_back("the login of the schema registry has a line break in it");
  }
  if (registry.cert_file.empty() != registry.key_file.empty()) {
    problems.emplace_back("LOOM_SCHEMA_REGISTRY_CERT_FILE and LOOM_SCHEMA_REGISTRY_KEY_FILE go together: set both");
  }
  const bool any =
      !registry.user.empty() || !registry.token.empty() || !registry.ca_file.empty() || !registry.cert_file.empty();
  if (registry.urls.empty() && problems.empty() && any) {
    problems.emplace_back("LOOM_SCHEMA_REGISTRY_URL is not set, but other LOOM_SCHEMA_REGISTRY_... settings are");
  }
  return problems;
}

}  // namespace loom::settings
