#include "mapping/unknown_key.h"

#include <string>

#include "base/similar.h"

namespace loom::mapping {

void warn_of_unknown_key(std::string_view of, std::string_view key, std::span<const std::string_view> known,
                         const Place& place, Findings& findings) {
  std::string list;
  for (const std::string_view name : known) list += (list.empty() ? "" : ", ") + std::string(name);
  findings.warning(
      place, "is not a key of " + std::string(of) + " and is ignored; " + did_you_mean(key, known) + "known: " + list);
}

}  // namespace loom::mapping
