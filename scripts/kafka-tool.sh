#!/usr/bin/env bash
# Kafka's own command-line tools, on the jars that scripts/servers.sh runs the broker from.
set -euo pipefail

# shellcheck source=scripts/lib/common.sh
. "$(dirname "${BASH_SOURCE[0]}")/lib/common.sh"
# shellcheck source=scripts/lib/kafka.sh
. "$LOOM_ROOT/scripts/lib/kafka.sh"

usage() {
  cat <<'EOF'
Usage: scripts/kafka-tool.sh TOOL [ARGUMENTS...]

TOOL is topics, consumer-groups, get-offsets, configs, console-consumer, console-producer, or the full name of a Java
class. Unless the arguments name a broker, --bootstrap-server is $LOOM_KAFKA_BOOTSTRAP_SERVERS. For example:
  scripts/kafka-tool.sh topics --list
  scripts/kafka-tool.sh consumer-groups --describe --group kafka-to-db-consumer
EOF
}

# of_release CLASS CLASS: the first up to Kafka 3, the second from 4 on, where some tools moved.
of_release() { if [[ $LOOM_KAFKA_VERSION == [123].* ]]; then echo "$1"; else echo "$2"; fi; }

main() {
  local tool=${1:-}
  case $tool in
    '' | -h | --help)
      usage
      [[ -n $tool ]] || return 2
      return 0
      ;;
    topics) tool=org.apache.kafka.tools.TopicCommand ;;
    consumer-groups) tool=org.apache.kafka.tools.consumer.group.ConsumerGroupCommand ;;
    get-offsets) tool=org.apache.kafka.tools.GetOffsetShell ;;
    configs) tool=$(of_release kafka.admin.ConfigCommand org.apache.kafka.tools.ConfigCommand) ;;
    console-consumer) tool=org.apache.kafka.tools.consumer.ConsoleConsumer ;;
    console-producer) tool=$(of_release kafka.tools.ConsoleProducer org.apache.kafka.tools.ConsoleProducer) ;;
    *.*) ;;
    *) die "unknown tool $tool (see --help)" ;;
  esac
  shift
  if [[ " $* " != *' --bootstrap-server'* && -n ${LOOM_KAFKA_BOOTSTRAP_SERVERS:-} ]]; then
    set -- --bootstrap-server "$LOOM_KAFKA_BOOTSTRAP_SERVERS" "$@"
  fi
  kafka_jars
  # Only what is wrong belongs between the tool's own lines.
  log=$(mktemp)
  trap 'rm -f "$log"' EXIT
  printf '%s\n' 'log4j.rootLogger=WARN, err' 'log4j.appender.err=org.apache.log4j.ConsoleAppender' \
    'log4j.appender.err.target=System.err' 'log4j.appender.err.layout=org.apache.log4j.PatternLayout' \
    'log4j.appender.err.layout.ConversionPattern=%p %m%n' >"$log"
  (kafka_java "-Xmx256m -XX:TieredStopAtLevel=1 -Dlog4j.configuration=file:$log" "$tool" "$@")
}

main "$@"
