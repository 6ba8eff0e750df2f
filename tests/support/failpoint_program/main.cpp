// The service as it is, but for its failpoints.
#include "app/cli.h"
#include "armed_failpoints.h"

int main(int argc, char** argv) {
  loom::testing::ArmedFailpoints failpoints;
  return loom::app::run_command_line(argc, argv, failpoints);
}
