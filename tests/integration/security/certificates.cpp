#include "security/certificates.h"

#include <pwd.h>
#include <unistd.h>

#include <filesystem>
#include <stdexcept>
#include <vector>

#include "support/service_process.h"

namespace loom::testing {
namespace {

namespace fs = std::filesystem;

void openssl(const std::vector<std::string>& arguments) {
  const CommandResult done = run_command("/usr/bin/openssl", arguments, {});
  if (done.exit_code != 0) throw std::runtime_error("openssl " + arguments[0] + ": " + done.err);
}

std::string slashed(const std::string& name) { return "/CN=" + name; }

/// PostgreSQL's server reads a key only when nobody else can, and is another user when the test is root.
void keep_from_others(const std::string& key) {
  fs::permissions(key, fs::perms::owner_read | fs::perms::owner_write);
  const passwd* server = geteuid() == 0 ? getpwnam("postgres") : nullptr;
  if (server != nullptr && chown(key.c_str(), server->pw_uid, server->pw_gid) != 0) {
    throw std::runtime_error("cannot give " + key + " to the user postgres");
  }
}

}  // namespace

Certificates::Certificates(const std::string& name) {
  fs::permissions(fs::path(path("x")).parent_path(), fs::perms::others_exec | fs::perms::group_exec,
                  fs::perm_options::add);
  openssl({"req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes", "-days", "30", "-subj",
           slashed(name), "-keyout", path("ca.key"), "-out", authority()});
}

void Certificates::sign(const std::string& name, const std::string& names) const {
  const std::string request = path(name + ".csr");
  // PKCS #8, without a password: what Kafka reads.
  openssl({"req", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes", "-subj", slashed(name), "-keyout",
           path(name + ".key"), "-out", request});
  const std::string extensions = folder_.write(name + ".ext", "subjectAltName=" + names + "\n");
  openssl({"x509", "-req", "-in", request, "-CA", authority(), "-CAkey", path("ca.key"), "-CAcreateserial", "-days",
           "30", "-extfile", extensions, "-out", path(name + ".pem")});
  static_cast<void>(folder_.write(name + ".both.pem", read_text(path(name + ".key")) + read_text(path(name + ".pem"))));
  keep_from_others(path(name + ".key"));
}

void Certificates::lock(const std::string& name, const std::string& password) const {
  openssl({"pkcs8", "-topk8", "-in", path(name + ".key"), "-passout", "pass:" + password, "-out",
           path(name + ".locked.key")});
}

}  // namespace loom::testing
