#include "sink/conninfo.h"

#include <libpq-fe.h>

#include <array>
#include <memory>
#include <string_view>
#include <utility>

namespace loom::sink {
namespace {

using Options = std::unique_ptr<PQconninfoOption, decltype(&PQconninfoFree)>;

Options parse(const std::string& url) {
  char* why = nullptr;
  Options options(PQconninfoParse(url.c_str(), &why), PQconninfoFree);
  PQfreemem(why);  // it may quote the URL's password: not for people
  return options;
}

void add(std::string& out, std::string_view key, std::string_view value) {
  if (!out.empty()) out += ' ';
  out += key;
  out += "='";
  for (const char c : value) {
    if (c == '\'' || c == '\\') out += '\\';
    out += c;
  }
  out += '\'';
}

void replace_all(std::string& text, std::string_view what) {
  if (what.empty()) return;
  constexpr std::string_view kMask = "***";
  for (std::size_t at = text.find(what); at != std::string::npos; at = text.find(what, at + kMask.size())) {
    text.replace(at, what.size(), kMask);
  }
}

// A password with an '@' that is not percent-encoded makes libpq take the rest of it for the host.
bool password_spills(std::string_view keyword, std::string_view value) {
  return keyword == "host" && value.find('@') != std::string_view::npos;
}

}  // namespace

ConnectionString connection_string(const std::string& url, const std::string& application_name,
                                   std::chrono::seconds connect_timeout) {
  const Options options = parse(url);
  if (options == nullptr) {
    return {{},
            "the database URL is neither a PostgreSQL URL nor a keyword=value string; special characters in its "
            "password must be percent-encoded"};
  }
  const std::string timeout = std::to_string(connect_timeout.count());
  const std::array<std::pair<std::string_view, std::string_view>, 6> defaults{{
      {"application_name", application_name},
      {"connect_timeout", timeout},
      {"keepalives_idle", "10"},
      {"keepalives_interval", "5"},
      {"keepalives_count", "4"},
      {"tcp_user_timeout", "30000"},
  }};
  ConnectionString result;
  for (const auto& [key, value] : defaults) add(result.value, key, value);
  for (const PQconninfoOption* option = options.get(); option->keyword != nullptr; ++option) {
    if (option->val == nullptr) continue;
    if (password_spills(option->keyword, option->val)) {
      return {{}, "the password in the database URL holds an '@' that is not percent-encoded"};
    }
    add(result.value, option->keyword, option->val);  // a later value wins: the user's over ours
  }
  add(result.value, "client_encoding", "UTF8");
  return result;
}

std::string failure_text(std::string message, const std::string& url) {
  // What libpqxx says of a connection that ends at BEGIN, as PgBouncer ends it in that mode.
  constexpr std::string_view kEndedAtBegin = "Could not obtain client encoding";
  std::string text = without_secrets(std::move(message), url);
  if (text.find(kEndedAtBegin) == std::string::npos) return text;
  return "the connection was closed in a transaction: by a pooler that takes single statements only (PgBouncer with "
         "pool_mode=statement: use transaction or session), or by a timeout of the role, such as "
         "idle_in_transaction_session_timeout or idle_session_timeout";
}

std::string without_secrets(std::string message, const std::string& url) {
  replace_all(message, url);
  const Options options = parse(url);
  for (const PQconninfoOption* option = options.get(); option != nullptr && option->keyword != nullptr; ++option) {
    const std::string_view keyword = option->keyword;
    if (option->val != nullptr && (keyword == "password" || keyword == "sslpassword")) {
      replace_all(message, option->val);
    }
  }
  while (!message.empty() && (message.back() == '\n' || message.back() == ' ')) message.pop_back();
  return message;
}

}  // namespace loom::sink
