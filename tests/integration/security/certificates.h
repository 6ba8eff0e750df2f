#pragma once

#include <string>

#include "support/temporary_folder.h"

namespace loom::testing {

/// A certificate authority of a test's own, and what it signs, made by openssl as an operator would make it.
/// Owns:  the files, which go with the object.
/// Fails: std::runtime_error with what openssl said.
class Certificates {
 public:
  explicit Certificates(const std::string& name);

  /// The authority's own certificate: what a client is told to trust.
  [[nodiscard]] std::string authority() const { return path("ca.pem"); }
  [[nodiscard]] std::string path(const std::string& file) const { return folder_.path_of(file); }

  /// NAME.pem and NAME.key, and NAME.both.pem with the two in one file as Kafka takes them. `names` is the
  /// certificate's subjectAltName ("DNS:localhost,IP:127.0.0.1").
  void sign(const std::string& name, const std::string& names) const;
  /// NAME.locked.key: the key behind a password.
  void lock(const std::string& name, const std::string& password) const;

 private:
  TemporaryFolder folder_;
};

}  // namespace loom::testing
