# shellcheck shell=bash
# Several Apache Kafka brokers that are one cluster, each in a folder DIR/broker-N (N from 1), each a controller, too.
# Sourced after kafka.sh, whose functions take the folder of one of them.
#   kafka_cluster_start DIR COUNT   starts or restarts all of them, on the ports they had before
#   kafka_cluster_stop DIR
#   kafka_cluster_folders DIR       of its brokers, one a line; nothing where it is not a cluster
#   kafka_cluster_address DIR       HOST:PORT of each, with commas

kafka_cluster_folders() { find "$1" -maxdepth 1 -name 'broker-*' -type d | sort -V; }

kafka_cluster_address() {
  local folder addresses=''
  for folder in $(kafka_cluster_folders "$1"); do addresses+=",$(kafka_address "$folder")"; done
  echo "${addresses#,}"
}

kafka_cluster_stop() {
  local folder
  local -a ending=()
  # All at once: one that is left alone waits for the others.
  for folder in $(kafka_cluster_folders "$1"); do
    kafka_stop "$folder" &
    ending+=("$!")
  done
  if ((${#ending[@]} > 0)); then wait "${ending[@]}"; fi
}

# Their settings name each other's ports, so these are chosen for all of them at first.
kafka_cluster_make() {
  local dir=$1 count=$2 node port taken='' voters='' cluster copies
  local -a ports=() controllers=() formatting=()
  for ((node = 1; node <= count; node++)); do
    # shellcheck disable=SC2086  # a list of ports
    port=$(free_port $taken)
    ports[node]=$port
    taken+=" $port"
    # shellcheck disable=SC2086
    port=$(free_port $taken)
    controllers[node]=$port
    taken+=" $port"
    voters+=",$node@127.0.0.1:$port"
  done
  cluster=$(kafka_cluster_id)
  copies=$((count < 3 ? count : 3))
  for ((node = 1; node <= count; node++)); do
    rm -rf "$dir/broker-$node"
    mkdir -p "$dir/broker-$node"
    kafka_write_settings "$dir/broker-$node" "${ports[node]}" "${controllers[node]}" "$node" "${voters#,}" "$copies"
    kafka_format "$dir/broker-$node" "$cluster" &
    formatting[node]=$!
  done
  for node in "${formatting[@]}"; do
    wait "$node" || die "Kafka's storage tool failed (see above)"
  done
}

kafka_cluster_start() {
  local dir=$1 count=$2 folder failed=0
  command -v java >/dev/null || die 'java is missing: run scripts/install-packages.sh'
  kafka_jars
  [[ -s $dir/broker-$count/kafka-data/meta.properties ]] || kafka_cluster_make "$dir" "$count"
  local -a starting=()
  for folder in $(kafka_cluster_folders "$dir"); do
    kafka_start "$folder" &
    starting+=("$!")
  done
  for folder in "${starting[@]}"; do wait "$folder" || failed=1; done
  ((failed == 0)) || die 'not all brokers came up (see above)'
}
