#include "batch/cause.h"

namespace loom::batch {

std::string_view to_string(Cause cause) {
  switch (cause) {
    case Cause::none:
      return "none";
    case Cause::away:
      return "away";
    case Cause::login_refused:
      return "login_refused";
    case Cause::too_many_connections:
      return "too_many_connections";
    case Cause::read_only:
      return "read_only";
    case Cause::disk_full:
      return "disk_full";
    case Cause::out_of_memory:
      return "out_of_memory";
    case Cause::no_privilege:
      return "no_privilege";
    case Cause::schema:
      return "schema";
    case Cause::locked:
      return "locked";
    case Cause::timeout:
      return "timeout";
    case Cause::conflict:
      return "conflict";
    case Cause::registry_away:
      return "registry_away";
    case Cause::registry_refused:
      return "registry_refused";
    case Cause::other:
      return "other";
  }
  return "other";
}

bool is_database_wide(Cause cause) {
  switch (cause) {
    case Cause::away:
    case Cause::login_refused:
    case Cause::too_many_connections:
    case Cause::read_only:
    case Cause::disk_full:
      return true;
    case Cause::none:
    case Cause::out_of_memory:
    case Cause::no_privilege:
    case Cause::schema:
    case Cause::locked:
    case Cause::timeout:
    case Cause::conflict:
    case Cause::registry_away:
    case Cause::registry_refused:
    case Cause::other:
      return false;
  }
  return false;
}

}  // namespace loom::batch
