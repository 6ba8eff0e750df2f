# shellcheck shell=bash
# One Apache Kafka broker (KRaft, its own controller) in a folder. Sourced after common.sh.
#   kafka_jars              fetches the jars once; prints nothing
#   kafka_quick_options     prints options of Java with which a broker starts in less than half the time; prepares them once
#   kafka_start DIR         starts or restarts the broker of that folder, on the ports it had before
#   kafka_stop DIR
#   kafka_address DIR [LISTENER]  HOST:PORT on which it listens
#   kafka_listeners DIR     the names of the further listeners
# LOOM_KAFKA_VERSION is the release, by default the one of scripts/kafka/pom.xml; its jars are kept apart from others'.
# Before the first start, LOOM_KAFKA_LISTENERS may name further listeners as NAME=PROTOCOL[@HOST[:PORT]], blanks
# between them: each gets a free port of its own, and HOST:PORT (127.0.0.1, its own port) is what it tells its clients.
# LOOM_KAFKA_EXTRA_PROPERTIES is a file of settings that go behind ours, and win. LOOM_KAFKA_JAVA_OPTIONS are further
# options of the broker's Java.

LOOM_KAFKA_VERSION=${LOOM_KAFKA_VERSION:-$(sed -n 's:.*<kafka.version>\(.*\)</kafka.version>.*:\1:p' "$LOOM_ROOT/scripts/kafka/pom.xml")}
LOOM_KAFKA_HOME=${LOOM_KAFKA_HOME:-$LOOM_CACHE/kafka-$LOOM_KAFKA_VERSION}

# Under a lock and into a temporary folder that is renamed when complete: two copies may start at the same time, and
# one that is stopped half way leaves nothing that looks finished.
kafka_jars() {
  [[ -d $LOOM_KAFKA_HOME ]] && return 0
  local parent
  parent=$(dirname "$LOOM_KAFKA_HOME")
  mkdir -p "$parent"
  (
    flock 9
    [[ -d $LOOM_KAFKA_HOME ]] && exit 0
    command -v mvn >/dev/null || die 'mvn is missing: run scripts/install-packages.sh'
    say "Fetching Apache Kafka $LOOM_KAFKA_VERSION from Maven Central"
    partial=$(mktemp -d "$parent/kafka-partial.XXXXXX")
    trap 'rm -rf "$partial"' EXIT
    if ! mvn -q -B -f "$LOOM_ROOT/scripts/kafka/pom.xml" -Dkafka.version="$LOOM_KAFKA_VERSION" \
      dependency:copy-dependencies -DincludeScope=runtime -DoutputDirectory="$partial" >"$partial.log" 2>&1; then
      show_tail "$partial.log"
      die 'Maven could not fetch the jars (is Maven Central, or your mirror in ~/.m2/settings.xml, reachable?)'
    fi
    rm -f "$partial.log"
    chmod 755 "$partial"
    mv "$partial" "$LOOM_KAFKA_HOME"
  ) 9>"$parent/.kafka.lock"
}

kafka_java() {
  local options=$1
  shift
  # shellcheck disable=SC2086  # several JVM options in one word
  exec java $options -cp "$LOOM_KAFKA_HOME/*" "$@"
}

# kafka_write_settings DIR PORT CONTROLLER-PORT [NODE VOTERS COPIES]: of a broker that is alone, or of one of several.
kafka_write_settings() {
  local dir=$1 port=$2 controller=$3 node=${4:-1} voters=${5:-1@127.0.0.1:$3} copies=${6:-1}
  local wanted name protocol told own
  local -a further
  read -r -a further <<<"${LOOM_KAFKA_LISTENERS:-}"
  local ports="$port $controller"
  local listeners="PLAINTEXT://127.0.0.1:$port,CONTROLLER://127.0.0.1:$controller"
  local advertised="PLAINTEXT://127.0.0.1:$port" protocols='PLAINTEXT:PLAINTEXT,CONTROLLER:PLAINTEXT'
  for wanted in ${further[@]+"${further[@]}"}; do
    [[ $wanted =~ ^([A-Z0-9_]+)=([A-Z_]+)(@([^:]+)(:([0-9]+))?)?$ ]] ||
      die "LOOM_KAFKA_LISTENERS: \"$wanted\" is not NAME=PROTOCOL[@HOST[:PORT]]"
    name=${BASH_REMATCH[1]} protocol=${BASH_REMATCH[2]} told=${BASH_REMATCH[4]:-127.0.0.1}
    own=$(free_port "$ports")
    ports+=" $own"
    listeners+=",$name://127.0.0.1:$own"
    advertised+=",$name://$told:${BASH_REMATCH[6]:-$own}"
    protocols+=",$name:$protocol"
  done
  cat >"$dir/kafka.properties" <<EOF
process.roles=broker,controller
node.id=$node
controller.quorum.voters=$voters
listeners=$listeners
advertised.listeners=$advertised
listener.security.protocol.map=$protocols
controller.listener.names=CONTROLLER
inter.broker.listener.name=PLAINTEXT
log.dirs=$dir/kafka-data
auto.create.topics.enable=false
num.partitions=3
offsets.topic.num.partitions=4
offsets.topic.replication.factor=$copies
transaction.state.log.num.partitions=4
transaction.state.log.replication.factor=$copies
transaction.state.log.min.isr=1
# A killed broker may register again only when its old session is over.
broker.session.timeout.ms=3000
broker.heartbeat.interval.ms=500
group.initial.rebalance.delay.ms=0
message.max.bytes=33554432
replica.fetch.max.bytes=33554432
log.retention.hours=-1
EOF
  if [[ -n ${LOOM_KAFKA_EXTRA_PROPERTIES:-} ]]; then cat "$LOOM_KAFKA_EXTRA_PROPERTIES" >>"$dir/kafka.properties"; fi
  cat >"$dir/kafka-log4j.properties" <<'EOF'
log4j.rootLogger=INFO, out
log4j.appender.out=org.apache.log4j.ConsoleAppender
log4j.appender.out.layout=org.apache.log4j.PatternLayout
log4j.appender.out.layout.ConversionPattern=%d{ISO8601} %p %m (%c{1})%n
log4j.logger.org.apache.kafka.clients=WARN
EOF
}

kafka_setting() { sed -n "s/^$2=//p" "$1/kafka.properties"; }
kafka_address() { kafka_setting "$1" listeners | tr ',' '\n' | sed -n "s#^${2:-PLAINTEXT}://##p"; }
kafka_listeners() { kafka_setting "$1" listeners | tr ',' '\n' | sed 's#://.*##' | grep -vxE 'PLAINTEXT|CONTROLLER' || true; }

kafka_is_up() { grep -q 'Kafka Server started' "$1/kafka.log" && ! port_is_free "$(kafka_address "$1" | sed 's/.*://')"; }
kafka_is_up_or_dead() { kafka_is_up "$1" || process_gone "$1/kafka.pid"; }

# 16 random bytes in URL-safe base64 are what Kafka calls a cluster id.
kafka_cluster_id() { head -c 16 /dev/urandom | base64 | tr '+/' '-_' | tr -d '='; }

# kafka_format DIR [CLUSTER-ID]
kafka_format() {
  local dir=$1 cluster=${2:-$(kafka_cluster_id)}
  if ! (kafka_java "-Xmx128m -XX:TieredStopAtLevel=1 -Dlog4j.configuration=file:$dir/kafka-log4j.properties" \
    kafka.tools.StorageTool format --cluster-id="$cluster" -c "$dir/kafka.properties") >"$dir/kafka-format.log" 2>&1; then
    show_tail "$dir/kafka-format.log"
    return 1
  fi
}

kafka_launch() {
  local dir=$1
  [[ -e $dir/kafka.log ]] && mv -f "$dir/kafka.log" "$dir/kafka.log.before"
  # The descriptors of the caller's locks must not live on in the broker.
  (
    exec 9>&- </dev/null >"$dir/kafka.log" 2>&1
    kafka_java "-Xms256m -Xmx${LOOM_KAFKA_HEAP:-512m} -XX:+UseSerialGC -Djava.awt.headless=true \
      ${LOOM_KAFKA_JAVA_OPTIONS:-} -Dlog4j.configuration=file:$dir/kafka-log4j.properties" kafka.Kafka "$dir/kafka.properties"
  ) &
  remember_process "$!" "$dir/kafka.pid"
  wait_until 90 kafka_is_up_or_dead "$dir"
  kafka_is_up "$dir" && ! process_gone "$dir/kafka.pid"
}

kafka_start() {
  local dir=$1
  process_of "$dir/kafka.pid" >/dev/null && return 0
  command -v java >/dev/null || die 'java is missing: run scripts/install-packages.sh'
  kafka_jars
  if [[ -s $dir/kafka.properties && -s $dir/kafka-data/meta.properties ]]; then
    kafka_launch "$dir" && return 0
  else
    local try port
    for try in 1 2 3; do
      rm -rf "$dir/kafka-data"
      port=$(free_port)
      kafka_write_settings "$dir" "$port" "$(free_port "$port")"
      kafka_format "$dir" || die "Kafka's storage tool failed (see above)"
      kafka_launch "$dir" && return 0
      # Another program may have taken the port between our look and Kafka's bind.
      grep -qE 'Address already in use|BindException' "$dir/kafka.log" || break
      note "a port was taken meanwhile; try $((try + 1))"
      stop_process "$dir/kafka.pid" TERM 5
    done
  fi
  show_tail "$dir/kafka.log"
  stop_process "$dir/kafka.pid" KILL 5
  die "Kafka did not come up (its log: $dir/kafka.log)"
}

kafka_stop() { stop_process "$1/kafka.pid" TERM 20; }

# For brokers that live for seconds: most of the time of their start goes into reading and compiling classes. Java keeps
# the read ones in a file, and compiles no further than it pays so soon. (Seen with Java 17: 8.0 s of a processor without,
# 3.0 s with both.) An older Java that knows no such file starts as it did.
kafka_quick_options() {
  local quick='-XX:TieredStopAtLevel=1' classes dir
  kafka_jars
  classes=$LOOM_CACHE/$(basename "$LOOM_KAFKA_HOME")-classes.jsa
  (
    flock 9
    [[ ! -e $classes ]] || exit 0
    dir=$(mktemp -d "$LOOM_CACHE/kafka-classes.XXXXXX")
    trap 'rm -rf "$dir"' EXIT
    exec >"$dir/log" 2>&1
    LOOM_KAFKA_JAVA_OPTIONS="$quick -XX:ArchiveClassesAtExit=$dir/classes.jsa" kafka_start "$dir" && kafka_stop "$dir"
    [[ ! -s $dir/classes.jsa ]] || mv "$dir/classes.jsa" "$classes"
  ) 9>"$LOOM_CACHE/.kafka-classes.lock" || true
  if [[ -e $classes ]]; then quick+=" -XX:SharedArchiveFile=$classes"; fi
  echo "$quick"
}
