# shellcheck shell=bash
# Fetches and builds the peers once, into a cache outside of the source tree. Sourced after scripts/lib/common.sh.
#   get_benthos, get_telegraf, get_debezium, get_python: each prints where it is, alone on stdout

# shellcheck source=scripts/lib/go.sh
. "$LOOM_ROOT/scripts/lib/go.sh"

peers_source=$LOOM_ROOT/benchmarks/peers
peers_kept=${XDG_CACHE_HOME:-${HOME:?}/.cache}/kafka-to-db-consumer/peers

# Versions are for who sources this.
# shellcheck disable=SC2034
{
  BENTHOS_VERSION=4.24.0
  TELEGRAF_VERSION=1.37.2
  TELEGRAF_GO=1.25.5
  DEBEZIUM_VERSION=$(sed -n 's:.*<debezium.version>\(.*\)</debezium.version>.*:\1:p' "$peers_source/get/pom.xml")
  APICURIO_VERSION=$(sed -n 's:.*<apicurio.version>\(.*\)</apicurio.version>.*:\1:p' "$peers_source/get/pom.xml")
  CONNECT_VERSION=$(sed -n 's:.*<connect.version>\(.*\)</connect.version>.*:\1:p' "$peers_source/get/pom.xml")
}

# get_peer NAME MAKER: prints the folder NAME of the cache; when it is not there, MAKER fills the empty one that it is given.
# Beside its final place and renamed at the end, so that nobody sees half of it.
get_peer() {
  local folder=$peers_kept/$1 making
  mkdir -p "$peers_kept"
  (
    exec 3>&1 >&2
    flock 8
    if [[ ! -d $folder ]]; then
      note "$1: fetching and building it, which takes minutes the first time"
      making=$(mktemp -d "$peers_kept/.making.XXXXXX")
      trap 'rm -rf "$making"' EXIT
      if ! "$2" "$making" >"$making.log" 2>&1; then
        show_tail "$making.log"
        die "$1 could not be made; all it said: $making.log"
      fi
      rm -f "$making.log"
      chmod 755 "$making"
      mv -T "$making" "$folder"
    fi
    echo "$folder" >&3
  ) 8>"$peers_kept/.lock"
}

# digest_of FILE: part of a folder's name, so that what is made of another FILE is made anew.
digest_of() { sha256sum <"$peers_source/$1" | cut -c 1-12; }

# peer_go ARGUMENT...: neither the caller's settings nor a go.mod around us has a say.
peer_go() { GOTOOLCHAIN=local GOFLAGS=-buildvcs=false GOWORK=off CGO_ENABLED=0 "$go" "$@"; }

make_benthos() {
  local into=$1 go
  go=$(go_program) || return 1
  mkdir "$into/source" && cp "$peers_source/get/benthos.go" "$into/source/main.go" && cd "$into/source" || return 1
  peer_go mod init benthos-peer &&
    peer_go mod edit "-require=github.com/benthosdev/benthos/v4@v$BENTHOS_VERSION" &&
    peer_go build -mod=mod -trimpath -ldflags "-s -w -X main.version=$BENTHOS_VERSION" -o "$into/benthos" .
}
get_benthos() {
  local folder
  folder=$(get_peer "benthos-$BENTHOS_VERSION-$(digest_of get/benthos.go)" make_benthos) && echo "$folder/benthos"
}

# In the module's own folder, so that its own go.sum answers for what it is made of.
make_telegraf() {
  local into=$1 go module
  go=$(GO_LEAST=$TELEGRAF_GO GO_FETCHED=$TELEGRAF_GO go_program) || return 1
  module=$(go_module_folder "$go" "github.com/influxdata/telegraf@v$TELEGRAF_VERSION") || return 1
  cd "$module" &&
    peer_go build -mod=readonly -trimpath -tags custom,inputs.kafka_consumer,outputs.postgresql,parsers.json_v2 \
      -ldflags "-s -w -X github.com/influxdata/telegraf/internal.Version=$TELEGRAF_VERSION" -o "$into/telegraf" ./cmd/telegraf
}
get_telegraf() {
  local folder
  folder=$(get_peer "telegraf-$TELEGRAF_VERSION" make_telegraf) && echo "$folder/telegraf"
}

make_debezium() {
  local into=$1
  command -v mvn >/dev/null || die 'mvn is missing: run scripts/install-packages.sh'
  mvn -q -B -f "$peers_source/get/pom.xml" dependency:copy-dependencies -DincludeScope=runtime -DoutputDirectory="$into"
}
get_debezium() { get_peer "debezium-$DEBEZIUM_VERSION-$(digest_of get/pom.xml)" make_debezium; }

# A virtual environment does not survive being renamed, so the packages are a folder for PYTHONPATH; pip comes from one.
make_python() {
  local into=$1
  /usr/bin/python3 -m venv "$into/pip" || die 'Python has no venv: apt-get install python3-venv'
  "$into/pip/bin/pip" install --no-compile --target "$into/packages" -r "$peers_source/python/requirements.txt" &&
    rm -rf "$into/pip"
}
get_python() {
  local folder
  folder=$(get_peer "python-$(digest_of python/requirements.txt)" make_python) && echo "$folder/packages"
}
