#pragma once

#include "sink/database_failure.h"

namespace loom::schema {

/// The database is away, full, read-only or busy: the same thing may work later.
class DatabaseUnavailable : public sink::DatabaseFailure {
 public:
  using sink::DatabaseFailure::DatabaseFailure;
};

}  // namespace loom::schema
