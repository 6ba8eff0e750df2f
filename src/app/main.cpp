#include "app/cli.h"

int main(int argc, char** argv) {
  loom::Failpoints none;
  return loom::app::run_command_line(argc, argv, none);
}
