# shellcheck shell=bash
# A Go toolchain for building tools that Debian has no package of. Sourced after common.sh.

GO_LEAST=1.23
GO_FETCHED=1.23.9

# version_at_least HAVE LEAST
version_at_least() { [[ $(printf '%s\n%s\n' "$2" "$1" | sort -V | head -n 1) == "$2" ]]; }

# The version of the go on PATH itself, "1.19.8"; never of one that it would fetch because of a go.mod it stands in.
go_on_path() {
  command -v go >/dev/null || return 1
  GOTOOLCHAIN=local go env GOVERSION 2>/dev/null | sed -n 's/^go\([0-9.]*\).*/\1/p' | grep .
}

# Prints a go that is new enough: the one on PATH, else one that the one on PATH fetches, else one that Debian's fetches.
go_program() {
  local have
  if ! have=$(go_on_path); then
    note 'no Go on PATH: installing the package golang-go'
    go_install_package >&2 || { fail 'there is no Go: install it, or run this as root or with sudo'; return 1; }
    have=$(go_on_path) || { fail 'the package golang-go is installed, and there is still no go on PATH'; return 1; }
  fi
  if version_at_least "$have" "$GO_LEAST"; then
    command -v go
    return 0
  fi
  note "Go $have is older than $GO_LEAST: fetching Go $GO_FETCHED"
  go_fetch_toolchain "$GO_FETCHED"
}

go_install_package() {
  command -v apt-get >/dev/null || return 1
  local run=(env DEBIAN_FRONTEND=noninteractive)
  if ((EUID != 0)); then run=(sudo -n "${run[@]}"); fi
  "${run[@]}" apt-get install -y -qq --no-install-recommends golang-go ||
    { "${run[@]}" apt-get update -qq && "${run[@]}" apt-get install -y -qq --no-install-recommends golang-go; }
}

# go_module_folder GO NAME@VERSION: fetches the module, checked against Go's own list of sums; prints its folder.
go_module_folder() {
  local empty found
  empty=$(mktemp -d)
  # Outside of any module, so that none has a say in what is fetched.
  found=$(cd "$empty" && GOTOOLCHAIN=local GOFLAGS='' GOWORK=off "$1" mod download -json "$2") || true
  rm -rf "$empty"
  if ! sed -n 's/^\t"Dir": "\(.*\)",\?$/\1/p' <<<"$found" | grep .; then
    fail "$2 could not be fetched"
    [[ -z $found ]] || note "$found"
    return 1
  fi
}

# Go's releases are modules, too, so that any version fetches any other. What a new go does with such a module before it runs
# it, an old one leaves to us: programs may be run, and src is a module.
go_fetch_toolchain() {
  local folder
  folder=$(go_module_folder go "golang.org/toolchain@v0.0.1-go$1.linux-$(GOTOOLCHAIN=local go env GOHOSTARCH)") || return 1
  find "$folder/bin" "$folder/pkg/tool" -type f ! -perm -u+x -exec chmod +x {} +
  if [[ ! -s $folder/src/go.mod ]]; then
    chmod u+w "$folder/src"
    cp "$folder/src/_go.mod" "$folder/src/.go.mod.$$" && mv -f "$folder/src/.go.mod.$$" "$folder/src/go.mod" || return 1
  fi
  echo "$folder/bin/go"
}
