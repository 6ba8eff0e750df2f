#!/usr/bin/env bash
# Brings the consumer of a cluster to the present image and chart with enough replicas, and watches its lag fall.
set -euo pipefail
shopt -s extglob

# shellcheck source=scripts/lib/common.sh
. "$(dirname "${BASH_SOURCE[0]}")/lib/common.sh"
# shellcheck source=scripts/lib/rollout.sh
. "$LOOM_ROOT/scripts/lib/rollout.sh"

usage() {
  cat <<'EOF'
Usage: scripts/fix-consumer-lag.sh [OPTION]...

Builds and pushes the image (make docker, make docker-push), upgrades or installs the helm release, sees to at least 3
replicas, waits until they are ready, and watches the lag fall. When readiness does not come, it shows the evidence
(pods, events, logs) and rolls back. Nothing is lost either way: the offsets are in the database.

--dry-run            only print the commands; nothing is run, not even to look
--yes                do not ask; needed where there is no terminal
--force              go on although the database is the limit, or Kafka or the database is away
--skip-build         the image stays as it is
--values FILE        as helm's, also several times
--set NAME=VALUE     as helm's, also several times; wins over what this script sets
--reset-values       forget the values of earlier helm upgrades (default: they are kept, over the new chart's own)
--replicas N         at least so many (3): the least of the HPA where there is one, else replicaCount
--namespace, -n NS   (loom-dev)
--release NAME       (kafka-to-db-consumer)
--deployment NAME    (default: what the chart calls it in that release)
--chart FOLDER       (helm/kafka-to-db-consumer)
--context NAME       kubectl's and helm's context
--timeout SECONDS    for the upgrade and for readiness, each (300)
--lag-timeout SECONDS  for the lag to fall below its warnings (900); 0: do not watch it
--lag-warning N, --seconds-warning N, --database-pod POD, --psql COMMAND, --kafka-pod POD
                     as monitor-consumer-lag.sh's

Environment: REGISTRY, IMAGE, TAG, IMAGE_TOOL, as scripts/image.sh has them.
Needs kubectl, helm 3.14 and python3; make and docker, podman or buildah unless --skip-build.

Exit codes: 0 done, and the lag is below its warnings; 1 not done, or rolled back; 2 wrong usage; 3 deployed and ready,
but the lag is not below its warnings after --lag-timeout.
EOF
}

wrong_usage() {
  fail "$* (see --help)"
  exit 2
}

# Set by parse_arguments, and constant from then on.
dry_run=false yes=false force=false skip_build=false reset_values=false
replicas=3 namespace=loom-dev release=kafka-to-db-consumer deployment='' chart=$LOOM_ROOT/helm/kafka-to-db-consumer
timeout=300 lag_timeout=900
helm_arguments=() monitor_arguments=() kubectl=(kubectl) helm=(helm)

whole_number() { [[ $2 =~ ^[0-9]+$ ]] || wrong_usage "$1 takes a whole number, not \"$2\""; }

parse_arguments() {
  while (($# > 0)); do
    case $1 in
      --dry-run) dry_run=true ;;
      --yes | -y) yes=true ;;
      --force) force=true ;;
      --skip-build) skip_build=true ;;
      --reset-values) reset_values=true ;;
      -h | --help)
        usage
        exit 0
        ;;
      --values | --set | --replicas | --namespace | -n | --release | --deployment | --chart | --context | --timeout | \
        --lag-timeout | --lag-warning | --seconds-warning | --database-pod | --psql | --kafka-pod)
        (($# > 1)) || wrong_usage "$1 needs a value"
        take_option "$1" "$2"
        shift
        ;;
      *) wrong_usage "unknown argument $1" ;;
    esac
    shift
  done
  ((replicas > 0)) || wrong_usage '--replicas has to be more than 0'
  # As the chart names it.
  if [[ -z $deployment ]]; then
    deployment=$release
    [[ $release == *kafka-to-db-consumer* ]] || deployment=$release-kafka-to-db-consumer
    deployment=${deployment:0:44}
    deployment=${deployment%%+(-)}
  fi
  kubectl+=(-n "$namespace")
  helm+=(-n "$namespace")
  monitor=("$LOOM_ROOT/scripts/monitor-consumer-lag.sh" --kubernetes -n "$namespace" --deployment "$deployment"
    ${monitor_arguments[@]+"${monitor_arguments[@]}"})
}

take_option() {
  case $1 in
    --values)
      [[ -r $2 ]] || wrong_usage "there is no file $2"
      helm_arguments+=(--values "$2")
      ;;
    --set)
      [[ $2 == *=* ]] || wrong_usage "--set takes NAME=VALUE, not \"$2\""
      helm_arguments+=(--set "$2")
      ;;
    --replicas) whole_number "$1" "$2" && replicas=$2 ;;
    --namespace | -n) namespace=$2 ;;
    --release) release=$2 ;;
    --deployment) deployment=$2 ;;
    --chart) chart=$2 ;;
    --context)
      kubectl+=(--context "$2")
      helm+=(--kube-context "$2")
      monitor_arguments+=(--context "$2")
      ;;
    --timeout) whole_number "$1" "$2" && timeout=$2 ;;
    --lag-timeout) whole_number "$1" "$2" && lag_timeout=$2 ;;
    *) monitor_arguments+=("$1" "$2") ;;
  esac
}

# Every command that changes something goes through here, and is seen.
run() {
  local words
  printf -v words '%q ' "$@"
  printf '+ %s\n' "${words% }"
  if ! $dry_run; then "$@"; fi
}

check_tools() {
  local tool missing=()
  local tools=(kubectl helm python3)
  $skip_build || tools+=(make)
  for tool in "${tools[@]}"; do command -v "$tool" >/dev/null || missing+=("$tool"); done
  ((${#missing[@]} == 0)) || die "not installed: ${missing[*]}"
  [[ -r $chart/Chart.yaml || -f $chart ]] || die "there is no chart in $chart"
}

check_cluster() {
  local answer
  answer=$("${kubectl[@]}" get --raw /readyz --request-timeout=10s 2>&1) || die "no cluster answers: ${answer##*$'\n'}"
  answer=$("${kubectl[@]}" get namespace "$namespace" -o name 2>&1) ||
    die "namespace $namespace: ${answer##*$'\n'} (kubectl create namespace $namespace)"
  # helm waits for no other helm; better to hear of it before an image was built.
  if ! answer=$(helm_history 2>&1); then die "helm cannot read the release: ${answer##*$'\n'}"; fi
  if [[ $(newest_status) == pending-* ]]; then
    die "the release is $(newest_status): another helm works on it, or was killed at it (helm rollback or helm uninstall mends the latter)"
  fi
}

# What more replicas would not mend: an exhausted database, or a server that is away (no new pod would become ready).
check_medicine() {
  local report found
  if ! deployment_exists; then
    note "there is no deployment $deployment yet: this installs it"
    return 0
  fi
  say 'Looking at the lag'
  report=$("${monitor[@]}" --json || true)
  found=$(python3 -B "$LOOM_ROOT/scripts/lib/medicine.py" "$replicas" <<<"$report") || {
    note "the state could not be read, so it is not known whether the database is the limit: ${found:-no report}"
    return 0
  }
  sed -n 's/^note //p' <<<"$found" | while read -r line; do note "$line"; done
  grep -q '^against ' <<<"$found" || return 0
  say 'More replicas are the wrong medicine here:'
  sed -n 's/^against /  /p' <<<"$found" >&2
  if $force; then
    note 'going on all the same (--force)'
  elif ! $yes && [[ -t 0 ]]; then
    ask 'Go on all the same?' || die 'nothing was changed'
  else
    die 'nothing was changed; --force goes on all the same'
  fi
}

ask() {
  local answer
  read -r -p "$1 [y/N] " answer || return 1
  [[ $answer =~ ^[yY]([eE][sS])?$ ]]
}

confirm() {
  if $yes || $dry_run; then return 0; fi
  [[ -t 0 ]] || die 'there is no terminal to ask at: --yes goes on without'
  say "This changes release $release in namespace $namespace ($("${kubectl[@]}" config current-context 2>/dev/null || echo 'no context'))"
  $skip_build || note "builds and pushes $(image_name)"
  note "helm upgrade --install from $chart, replicas: at least $replicas, rolled back when they are not ready within $timeout s"
  ask 'Go on?' || die 'nothing was changed'
}

image_name() { "$LOOM_ROOT/scripts/image.sh" name; }

build_image() {
  $skip_build && return 0
  say 'Building and pushing the image'
  run make -C "$LOOM_ROOT" docker || die 'the image was not built; nothing was deployed'
  run make -C "$LOOM_ROOT" docker-push || die 'the image was not pushed; nothing was deployed'
}

main() {
  parse_arguments "$@"
  if $dry_run; then
    say 'Dry run: what would be run'
  else
    check_tools
    check_cluster
    check_medicine
  fi
  confirm
  build_image
  deploy
  watch_lag
}

watch_lag() {
  ((lag_timeout > 0)) || { say 'Deployed and ready'; return 0; }
  say "Watching the lag fall, for up to $lag_timeout s"
  local result=0
  run "${monitor[@]}" --wait "$lag_timeout" || result=$?
  $dry_run && return 0
  if ((result == 0)); then
    say 'Done: the lag is below its warnings'
  else
    fail "deployed and ready, but the lag is not below its warnings after $lag_timeout s (see above)"
    exit 3
  fi
}

main "$@"
