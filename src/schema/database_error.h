#pragma once

#include <stdexcept>

namespace loom::schema {

/// The database is away, full, read-only or busy: the same thing may work later.
class DatabaseUnavailable : public std::runtime_error {
 public:
  using std::runtime_error::runtime_error;
};

}  // namespace loom::schema
