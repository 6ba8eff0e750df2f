#!/usr/bin/env bash
# Plants a fault for each check in a copy of the project, runs the checks there, and demands that each names its fault.
set -euo pipefail

# shellcheck source=scripts/lib/common.sh
. "$(dirname "${BASH_SOURCE[0]}")/../common.sh"

# The names of what is planted are put together here, so that this file does not have them.
name=Planted$((1))

# The check, the file, what its log has to say, then what is added to the end of the file.
faults=(
  'contracts' "src/base/$name.h" "$name.h:2: \"Threads:\" does not start its line"
  $'/// A thing that was reflowed by the formatter, so that its contract stands in the\n/// middle of a line. Threads: any.\nclass Thing;\n'

  'mutants' 'tests/mutants/no-audit.patch' 'no-audit.patch does not fit the sources'
  $'@@ -1,1 +1,1 @@\n-a line that is not there\n+another\n'

  'clang-format' 'src/base/failpoints.cpp' 'failpoints.cpp.*clang-format-violations'
  $'int   planted( ) ;\n'

  'thread-safety' 'src/base/log.cpp' "reading variable 'value_' requires holding mutex 'mutex_'"
  $'class Unguarded {\n public:\n  int read() { return value_; }\n  loom::Mutex mutex_;\n  int value_ LOOM_GUARDED_BY(mutex_) = 0;\n};\n'

  'thread-safety' "src/base/$name.h" "$name.h:.: std::mutex is hidden from the analysis"
  $'std::mutex of_its_own;\n'

  'clang-tidy' 'src/base/reject.cpp' 'misc-redundant-expression'
  $'bool planted(int a) { return a == a; }\n'

  'clang-tidy' '.clang-tidy' 'bugprone-assert-side-effect is off and no line says why'
  $'# It overrides what is above.\nChecks: >\n  misc-redundant-expression,\n  -bugprone-assert-side-effect\n'

  'names-in-docs' 'docs/architecture.md' "architecture.md:[0-9]*: src/nowhere/$name.h is not in this project"
  $'\nSee `src/nowhere/'"$name"$'.h`.\n'

  'names-in-docs' 'README.md' "README.md:[0-9]*: ${name}Ledger is not in this project"
  $'\nA `'"$name"$'Ledger` keeps the offsets.\n'

  'names-in-docs' 'docs/http.md' "http.md:[0-9]*: deploy.md#no-such-heading is not in this project"
  $'\nSee [deploying](deploy.md#no-such-heading).\n'

  'ruff' "scripts/lib/$name.py" "$name.py:1:8: F401"
  $'import os\n'

  'eslint' "clients/typescript/src/$name.ts" 'no-floating-promises'
  $'export function planted(work: Promise<number>): void {\n  void work.then((n) => n + 1);\n}\n'

  'shellcheck' "scripts/$name.sh" 'SC2086'
  $'#!/usr/bin/env bash\necho $1\n'

  'known-files' "src/base/$name.cpp" "not in the build: src/base/$name.cpp"
  $'int planted = 0;\n'
)

copy_project() {
  copy=$(mktemp -d)
  trap 'rm -rf "$copy"' EXIT
  local file
  git -C "$LOOM_ROOT" ls-files -z --cached --others --exclude-standard |
    while IFS= read -r -d '' file; do if [[ -e $LOOM_ROOT/$file ]]; then printf '%s\0' "$file"; fi; done |
    tar -C "$LOOM_ROOT" --null --files-from - -c | tar -C "$copy" -x
  git -C "$copy" init --quiet
  git -C "$copy" add --all
  git -C "$copy" -c user.name=planted -c user.email=planted@localhost commit --quiet --message 'Before the faults'
}

main() {
  local i checks=() found=0 missed=0
  copy_project
  for ((i = 0; i < ${#faults[@]}; i += 4)); do
    printf '%s' "${faults[i + 3]}" >>"$copy/${faults[i + 1]}"
    checks+=("${faults[i]}")
  done
  say 'Checking a copy with a fault for each check'
  # The tools that the checks fetch are those of the original.
  (cd "$copy" && LOOM_CACHE=$LOOM_CACHE scripts/checks.sh --base HEAD "${checks[@]}") >"$copy/checks.log" 2>&1 || true
  for ((i = 0; i < ${#faults[@]}; i += 4)); do
    if grep -q "error: check ${faults[i]} " "$copy/checks.log" &&
      grep -q "${faults[i + 2]}" "$copy/build/test-logs/check-${faults[i]}.log"; then
      found=$((found + 1))
      note "$(printf '%-14s finds %s' "${faults[i]}" "$(grep -m 1 -o ".*${faults[i + 2]}.*" "$copy/build/test-logs/check-${faults[i]}.log" | cut -c 1-150)")"
    else
      missed=$((missed + 1))
      fail "${faults[i]} does not find the fault in ${faults[i + 1]}"
      show_tail "$copy/build/test-logs/check-${faults[i]}.log"
    fi
  done
  printf '%d faults found, %d missed\n' "$found" "$missed"
  ((missed == 0))
}

main
