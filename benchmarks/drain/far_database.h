#pragma once

#include <memory>
#include <string>

#include "options.h"

namespace loom::testing {
class TcpProxy;
}

namespace loom::bench {

/// PostgreSQL as from another data centre: what goes to it and what comes back takes half of --database-delay longer
/// each. Without a delay there is nothing in between. Its work is done on this machine's CPUs, some microseconds for
/// each 64 KiB.
/// Threads: any.  Owns: the port and the thread in between.  Fails: std::runtime_error, when the host of the database
/// is not an address in numbers.
class FarDatabase {
 public:
  explicit FarDatabase(const Options& options);
  ~FarDatabase();
  FarDatabase(const FarDatabase&) = delete;
  FarDatabase& operator=(const FarDatabase&) = delete;

  [[nodiscard]] const std::string& url() const { return url_; }

 private:
  std::unique_ptr<testing::TcpProxy> proxy_;
  std::string url_;
};

}  // namespace loom::bench
