#include "settings/database_url.h"

#include <algorithm>
#include <cctype>
#include <chrono>
#include <utility>
#include <vector>

#include "sink/conninfo.h"

namespace loom::settings {
namespace {

constexpr std::string_view kHidden = "***";

/// A stretch of the connection string that is a secret.
struct Span {
  std::size_t begin = 0;
  std::size_t end = 0;
};

bool is_url(std::string_view text) { return text.starts_with("postgresql://") || text.starts_with("postgres://"); }

bool is_secret_name(std::string_view name) { return name == "password" || name == "sslpassword"; }

void find_in_query(std::string_view url, std::size_t at, std::vector<Span>& found) {
  while (at < url.size()) {
    const std::size_t end = std::min(url.find('&', at), url.size());
    const std::size_t equals = url.find('=', at);
    if (equals < end && is_secret_name(url.substr(at, equals - at))) found.push_back({equals + 1, end});
    at = end + 1;
  }
}

std::vector<Span> find_in_url(std::string_view url) {
  std::vector<Span> found;
  const std::size_t begin = url.find("://") + 3;
  // As libpq reads it, an '@' before any '/' ends the user's part, whatever stands in that.
  const std::size_t first_at = url.find('@', begin);
  const std::size_t authority = first_at < url.find('/', begin) ? first_at : begin;
  const std::size_t query = std::min(url.find('?', authority), url.size());
  // A password with an unescaped '/' or '@' is malformed, yet must not leak: the last '@' before the query counts.
  const std::size_t at = url.substr(0, query).rfind('@');
  if (at != std::string_view::npos && at >= begin) {
    const std::size_t colon = url.find(':', begin);
    if (colon < at) found.push_back({colon + 1, at});
  }
  if (query < url.size()) find_in_query(url, query + 1, found);
  return found;
}

std::size_t skip_spaces(std::string_view text, std::size_t at) {
  while (at < text.size() && std::isspace(static_cast<unsigned char>(text[at])) != 0) ++at;
  return at;
}

std::size_t end_of_value(std::string_view text, std::size_t at) {
  const bool quoted = at < text.size() && text[at] == '\'';
  if (quoted) ++at;
  while (at < text.size()) {
    if (text[at] == '\\') {
      at += 2;
      continue;
    }
    if (quoted ? text[at] == '\'' : std::isspace(static_cast<unsigned char>(text[at])) != 0) break;
    ++at;
  }
  return std::min(text.size(), quoted ? at + 1 : at);
}

std::vector<Span> find_in_pairs(std::string_view text) {
  std::vector<Span> found;
  std::size_t at = skip_spaces(text, 0);
  while (at < text.size()) {
    const std::size_t equals = text.find('=', at);
    if (equals == std::string_view::npos) break;
    std::string_view name = text.substr(at, equals - at);
    while (!name.empty() && std::isspace(static_cast<unsigned char>(name.back())) != 0) name.remove_suffix(1);
    const std::size_t value = skip_spaces(text, equals + 1);
    const std::size_t end = end_of_value(text, value);
    if (is_secret_name(name)) found.push_back({value, end});
    at = skip_spaces(text, end);
  }
  return found;
}

/// Whether an '@' or a '/' in a password makes libpq take a part of it for the host, the port or the database.
bool password_spills(std::string_view url) {
  const std::size_t begin = url.find("://") + 3;
  const std::size_t first_at = url.find('@', begin);
  const std::size_t slash = url.find('/', begin);
  const std::size_t rest = first_at < slash ? first_at + 1 : begin;
  return url.substr(rest, url.find('?', rest) - rest).find('@') != std::string_view::npos;
}

std::vector<Span> secrets(std::string_view url) { return is_url(url) ? find_in_url(url) : find_in_pairs(url); }

}  // namespace

std::string database_url_problem(const std::string& url) {
  if (!is_url(url)) {
    const std::size_t scheme = url.find("://");
    if (scheme < url.find('=')) return "does not begin with postgresql://";
  } else if (password_spills(url)) {
    return "has an '@' or a '/' in its password: write %40 or %2F for it";
  }
  if (sink::connection_string(url, {}).error.empty()) return {};
  return "is not a connection string of PostgreSQL: a parameter may be misspelt, a value with blanks may lack its "
         "quotes, "
         "or a '%' in the password may have to be %25";
}

std::string redact_url(std::string_view url) {
  std::string out;
  std::size_t done = 0;
  for (const Span& secret : secrets(url)) {
    out.append(url.substr(done, secret.begin - done)).append(kHidden);
    done = secret.end;
  }
  return out.append(url.substr(done));
}

std::string failure_text(std::string text, std::string_view url) {
  for (const Span& span : secrets(url)) {
    const std::string_view secret = url.substr(span.begin, span.end - span.begin);
    if (secret.empty()) continue;
    for (std::size_t at = text.find(secret); at != std::string::npos; at = text.find(secret, at + kHidden.size())) {
      text.replace(at, secret.size(), kHidden);
    }
  }
  return sink::failure_text(std::move(text), std::string(url));
}

std::string control_connection_string(const std::string& url) {
  constexpr std::chrono::seconds kPatience{10};
  const sink::ConnectionString target = sink::connection_string(url, "kafka-to-db-consumer", kPatience);
  return target.error.empty() ? target.value : url;  // libpq says of it what is wrong
}

}  // namespace loom::settings
