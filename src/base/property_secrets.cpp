#include "base/property_secrets.h"

#include <algorithm>
#include <array>

namespace loom {

namespace {

bool names_secret(std::string_view name) {
  // sasl.oauthbearer.token.endpoint.url and the like tell where, not what.
  constexpr std::array<std::string_view, 6> kParts{"password", "secret", "passphrase", "private", "jaas", ".pem"};
  return std::any_of(kParts.begin(), kParts.end(),
                     [&](std::string_view part) { return name.find(part) != std::string_view::npos; });
}

}  // namespace

std::string without_property_secret(std::string_view line) {
  constexpr std::string_view kIs = " = ";
  const std::size_t is = line.find(kIs);
  if (is == std::string_view::npos) return std::string(line);
  const std::size_t before = line.find_last_of(' ', is - 1);
  const std::string_view name = line.substr(before == std::string_view::npos ? 0 : before + 1, is - before - 1);
  if (!names_secret(name)) return std::string(line);
  return std::string(line.substr(0, is + kIs.size())) + "[hidden]";
}

}  // namespace loom
