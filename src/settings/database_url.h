#pragma once

#include <string>
#include <string_view>

namespace loom::settings {

/// The connection string fit for logs and people: its passwords are replaced by `***`. Takes both of libpq's forms,
/// `postgresql://user:password@host/db?...` and `host=... password=...`. Pure.
std::string redact_url(std::string_view url);

/// What is wrong with a connection string, in words that show nothing of it; empty: libpq can read it. libpq's own
/// words may quote parts of a password.
std::string database_url_problem(const std::string& url);

/// What a failure of libpqxx says to people: without the passwords of `url` (libpq quotes parts of a malformed
/// connection string in its errors), and where a transaction could not even begin, why that may be.
std::string failure_text(std::string text, std::string_view url);

/// For the control commands: waits for a server at most 10 s, and names itself. Read and written by libpq's own rules
/// (sink/conninfo.h).
std::string control_connection_string(const std::string& url);

}  // namespace loom::settings
