# shellcheck shell=bash
# The checks that scripts/checks.sh runs, a function each: silent and true when all is well, else a line for each finding.
# They run at the root of the project, on `build_folder` and with `jobs` processes. Sourced, never run.
# shellcheck disable=SC2154 # set by who sources this

RUFF_VERSION=0.17.6

cpp_folders=(src include examples tests benchmarks)

check_shellcheck() {
  shellcheck scripts/*.sh scripts/kafka-topics scripts/lib/*.sh scripts/lib/checks/*.sh benchmarks/*.sh benchmarks/peers/*.sh tests/fuzz/*.sh .ci/run
}

check_clang_format() {
  find "${cpp_folders[@]}" \( -name '*.cpp' -o -name '*.h' \) -exec clang-format-14 --dry-run -Werror {} +
}

# Of the files that differ from `tidy_base`, as many as `tidy_seconds` allow.
check_clang_tidy() {
  python3 scripts/lib/checks/clang_tidy.py --build "$build_folder" --jobs "$jobs" --base "$tidy_base" --seconds "$tidy_seconds"
}

# ruff_program: prints where ruff is; first fetches it, as a Python package, where this version is not there yet.
ruff_program() {
  local folder=$LOOM_CACHE/tools/ruff-$RUFF_VERSION python
  if [[ ! -x $folder/bin/ruff ]]; then
    python=$(scripts/client-tools.sh --path python)
    rm -rf "$folder"
    "$python" -m venv "$folder" >&2
    "$folder/bin/python" -m pip install --no-input --disable-pip-version-check --quiet "ruff==$RUFF_VERSION" >&2
  fi
  echo "$folder/bin/ruff"
}

# By ruff.toml, and by clients/python/pyproject.toml there.
check_ruff() {
  local ruff
  ruff=$(ruff_program)
  "$ruff" check --no-cache --output-format concise .
}

# In a copy of the package, with what its lock file names installed beside it; that stays until the lock file changes.
check_eslint() {
  local copy=$LOOM_CACHE/tools/typescript-lint package=clients/typescript node
  node=$(dirname "$(scripts/client-tools.sh --path node)")
  mkdir -p "$copy"
  if ! cmp -s "$package/package-lock.json" "$copy/installed.json"; then
    rm -rf "$copy/node_modules"
    cp "$package/package.json" "$package/package-lock.json" "$copy"
    PATH=$node:$PATH npm --prefix "$copy" ci --ignore-scripts --no-audit --no-fund --silent
    cp "$package/package-lock.json" "$copy/installed.json"
  fi
  rm -rf "$copy/src" "$copy/test"
  cp -r "$package/src" "$package/test" "$package"/*.json "$package/eslint.config.mjs" "$copy"
  PATH=$node:$PATH npm --prefix "$copy" run --silent lint
}

check_known_files() { python3 scripts/lib/checks/known_files.py --build "$build_folder" "${cpp_folders[@]}"; }

# The contracts above classes, which no formatter understands.
check_contracts() { python3 scripts/lib/checks/contracts.py; }

check_names_in_docs() { python3 scripts/lib/checks/names_in_docs.py; }

# Only whether they fit: scripts/mutants.sh shows that they are caught.
check_mutants() {
  local mutant status=0
  for mutant in tests/mutants/*.patch; do
    patch --dry-run --silent --strip=1 <"$mutant" >/dev/null && continue
    echo "$mutant does not fit the sources any more"
    status=1
  done
  return "$status"
}

check_thread_safety() { python3 scripts/lib/checks/thread_safety.py --build "$build_folder" --jobs "$jobs"; }

check_all_builds() { cmake --build "$build_folder" --parallel "$jobs"; }

check_instructions() { benchmarks/instructions.sh --build "$build_folder"; }
