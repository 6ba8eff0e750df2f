# shellcheck shell=bash
# One worker of Kafka Connect in a folder, with Debezium's source connector for PostgreSQL. Sourced after common.sh.
#   connect_start DIR BROKERS  starts or restarts the worker of that folder, on the port it had before
#   connect_stop DIR
#   connect_url DIR            its REST interface, where connectors are made
# It is a worker of the distributed kind: connectors and their offsets are in Kafka, so they outlive its process.
# The versions are those of scripts/connect/pom.xml. LOOM_CONNECT_HEAP is the most memory that it takes (512m).

connect_pom=$LOOM_ROOT/scripts/connect/pom.xml
connect_pinned() { sed -n "s:.*<$1>\(.*\)</$1>.*:\1:p" "$connect_pom"; }
connect_home() { echo "$LOOM_CACHE/connect-$(connect_pinned connect.version)-debezium-$(connect_pinned debezium.version)"; }

connect_copy_jars() {
  command -v mvn >/dev/null || die 'mvn is missing: run scripts/install-packages.sh'
  mvn -q -B -f "$connect_pom" dependency:copy-dependencies -DincludeScope=runtime -DoutputDirectory="$1"
}

# Under a lock and into a temporary folder that is renamed when complete, as kafka_jars.
connect_fetch() {
  local home
  home=$(connect_home)
  [[ -d $home ]] && return 0
  mkdir -p "$LOOM_CACHE"
  (
    flock 9
    [[ -d $home ]] && exit 0
    say 'Fetching Kafka Connect and Debezium from Maven Central'
    partial=$(mktemp -d "$LOOM_CACHE/connect-partial.XXXXXX")
    trap 'rm -rf "$partial"' EXIT
    if ! connect_copy_jars "$partial" >"$partial.log" 2>&1; then
      show_tail "$partial.log"
      die "Maven could not fetch the jars (is Maven Central, or your mirror in ~/.m2/settings.xml, reachable?)"
    fi
    rm -f "$partial.log"
    chmod 755 "$partial"
    mv "$partial" "$home"
  ) 9>"$LOOM_CACHE/.connect.lock"
}

connect_url() { echo "http://127.0.0.1:$(cat "$1/connect.port")"; }
connect_is_up() { curl -sf -m 5 -o /dev/null "$(connect_url "$1")/connectors"; }
connect_is_up_or_dead() { connect_is_up "$1" || process_gone "$1/connect.pid"; }

# Its topics are named by the folder's port, so that workers of several folders can share a broker. Converters are what
# each connector says.
connect_write_settings() {
  local dir=$1 brokers=$2 port kind
  port=$(cat "$dir/connect.port")
  cat >"$dir/connect.properties" <<EOF
bootstrap.servers=$brokers
listeners=http://127.0.0.1:$port
group.id=connect-$port
offset.flush.interval.ms=1000
scheduled.rebalance.max.delay.ms=0
plugin.discovery=service_load
connector.client.config.override.policy=All
topic.creation.enable=true
key.converter=org.apache.kafka.connect.json.JsonConverter
value.converter=org.apache.kafka.connect.json.JsonConverter
offset.storage.partitions=1
status.storage.partitions=1
EOF
  for kind in config offset status; do
    printf '%s.storage.topic=connect-%s-%s\n%s.storage.replication.factor=1\n' "$kind" "$port" "$kind" "$kind"
  done >>"$dir/connect.properties"
  cat >"$dir/connect-log4j.properties" <<'EOF'
log4j.rootLogger=INFO, out
log4j.appender.out=org.apache.log4j.ConsoleAppender
log4j.appender.out.layout=org.apache.log4j.PatternLayout
log4j.appender.out.layout.ConversionPattern=%d{ISO8601} %p %m (%c{1})%n
log4j.logger.org.apache.kafka=WARN
log4j.logger.org.eclipse.jetty=WARN
EOF
}

connect_launch() {
  local dir=$1
  [[ -e $dir/connect.log ]] && mv -f "$dir/connect.log" "$dir/connect.log.before"
  (
    exec 9>&- </dev/null >"$dir/connect.log" 2>&1
    exec java -Xms128m -Xmx"${LOOM_CONNECT_HEAP:-512m}" -XX:+UseSerialGC -XX:TieredStopAtLevel=1 \
      -Djava.awt.headless=true -Duser.timezone=UTC -Dlog4j.configuration="file:$dir/connect-log4j.properties" \
      -cp "$(connect_home)/*" org.apache.kafka.connect.cli.ConnectDistributed "$dir/connect.properties"
  ) &
  remember_process "$!" "$dir/connect.pid"
  wait_until 240 connect_is_up_or_dead "$dir"
  connect_is_up "$dir" && ! process_gone "$dir/connect.pid"
}

connect_start() {
  local dir=$1 brokers=$2 new=false try
  process_of "$dir/connect.pid" >/dev/null && return 0
  connect_fetch
  [[ -s $dir/connect.port ]] || new=true
  for try in 1 2 3; do
    if $new; then free_port >"$dir/connect.port"; fi
    connect_write_settings "$dir" "$brokers"
    connect_launch "$dir" && return 0
    grep -qE 'already in use|BindException' "$dir/connect.log" || break
    note "port $(cat "$dir/connect.port") was taken meanwhile; try $((try + 1))"
    stop_process "$dir/connect.pid" TERM 5
  done
  show_tail "$dir/connect.log"
  stop_process "$dir/connect.pid" KILL 5
  die "Kafka Connect did not come up (its log: $dir/connect.log)"
}

connect_stop() { stop_process "$1/connect.pid" TERM 20; }
