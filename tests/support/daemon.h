#pragma once

#include <pwd.h>
#include <sys/types.h>

#include <string>
#include <vector>

// For servers that tests start themselves.
// Threads: any.  Blocks: never.
namespace loom::testing {

/// Who servers run as that refuse to be root: the user "postgres" when we are root, nullptr (as ourselves) else.
const passwd* unprivileged_user();

/// A new folder /tmp/loom-NAME-XXXXXX of that user's, for whoever removes it. Fails: std::runtime_error.
std::string make_private_folder(const std::string& name);

/// The last 2,000 bytes of a server's log, to be shown.
std::string end_of_log(const std::string& path);

/// Starts a server as that user, its output appended to `log`. It gets SIGQUIT (for PostgreSQL: stop at once) when we
/// die.
pid_t start_daemon(const std::vector<std::string>& command, const std::string& log);

/// Of 127.0.0.1, where nobody listens. Fails: std::runtime_error.
int free_port();

}  // namespace loom::testing
