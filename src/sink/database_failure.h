#pragma once

#include <exception>
#include <stdexcept>
#include <string>

#include "batch/cause.h"

namespace loom::sink {

/// Something that was asked of the database beside the data path, and not answered. The text is for people, without
/// secrets.
class DatabaseFailure : public std::runtime_error {
 public:
  DatabaseFailure(const std::string& text, batch::Cause cause) : std::runtime_error(text), cause_(cause) {}
  [[nodiscard]] batch::Cause cause() const { return cause_; }

 private:
  batch::Cause cause_;
};

/// The cause of a failure beside the data path: of a DatabaseFailure, or of what libpqxx threw.
batch::Cause cause_of_failure(const std::exception& failure);

}  // namespace loom::sink
