# shellcheck shell=bash
# The helm upgrade of fix-consumer-lag.sh: deploy, scale, wait for readiness; evidence and rollback when it does not come.
# Sourced after common.sh; uses what fix-consumer-lag.sh has parsed, its run(), and its kubectl and helm.
# shellcheck disable=SC2154

deployment_exists() { "${kubectl[@]}" get deployment "$deployment" -o name >/dev/null 2>&1; }

# field PATH: of the deployment; 0 for numbers that are not there.
field() {
  local value
  value=$("${kubectl[@]}" get deployment "$deployment" -o "jsonpath={$1}" 2>/dev/null) || true
  echo "${value:-0}"
}

# The smallest number of replicas of the HPA that scales this deployment (also KEDA's); nothing where there is none.
hpa_minimum() {
  "${kubectl[@]}" get hpa -o \
    "jsonpath={range .items[?(@.spec.scaleTargetRef.name==\"$deployment\")]}{.spec.minReplicas}{\"\\n\"}{end}" 2>/dev/null || true
}

# "REVISION STATUS" lines, oldest first; nothing when there is no such release.
helm_history() {
  local answer
  # helm's warnings go to stderr, also when all is well.
  if ! answer=$("${helm[@]}" history "$release" -o json 2>/dev/null); then
    answer=$("${helm[@]}" history "$release" -o json 2>&1 >/dev/null) || true
    [[ $answer == *'not found'* ]] && return 0
    echo "$answer" >&2
    return 1
  fi
  python3 -c 'import json, sys
for one in json.load(sys.stdin): print(one["revision"], one["status"])' <<<"$answer"
}
newest_revision() { helm_history | tail -n 1 | cut -d ' ' -f 1; }
newest_status() { helm_history | tail -n 1 | cut -d ' ' -f 2; }
deployed_revision() { helm_history | awk '$2 == "deployed" { found = $1 } END { if (found) print found }'; }

deploy() {
  local before='' newest='' arguments=()
  say "Deploying to $namespace"
  if ! $dry_run; then
    before=$(deployed_revision)
    newest=$(newest_revision)
  fi
  helm_values
  trap 'interrupted' INT TERM
  if ! run "${helm[@]}" upgrade --install "$release" "$chart" --timeout "${timeout}s" "${arguments[@]}"; then
    fail 'helm could not deploy it'
    if [[ $(newest_revision) == "$newest" ]]; then die 'helm refused it before anything was changed'; fi
    evidence
    roll_back "$before"
  fi
  if ! { scale && await_readiness; }; then
    fail "$deployment is not ready after $timeout s"
    evidence
    roll_back "$before"
  fi
  trap - INT TERM
}

# Into `arguments`. Ours come first: what the caller sets wins.
helm_values() {
  local least=$replicas minimum name
  if ! $dry_run; then
    # Somebody may have raised it above what we ask for.
    minimum=$(hpa_minimum | head -n 1)
    if ((${minimum:-0} > least)); then least=$minimum; fi
  fi
  # Else the database's secret and whatever else was set would be gone.
  if ! $reset_values && { $dry_run || [[ -n $newest ]]; }; then arguments+=(--reset-then-reuse-values); fi
  arguments+=(--set "replicaCount=$least" --set "autoscaling.minReplicas=$least" --set "keda.minReplicas=$least")
  if ! $skip_build; then
    name=$(image_name)
    arguments+=(--set-string "image.repository=${name%:*}" --set-string "image.tag=${name##*:}" --set-string image.digest=)
  fi
  arguments+=(${helm_arguments[@]+"${helm_arguments[@]}"})
}

# An HPA scales by itself and takes back what others set, but it leaves alone what was scaled to 0; and the chart says no
# number where there is one. Without one, helm has set the number already, unless the chart is another.
scale() {
  local wanted
  if $dry_run; then
    note 'only where no HPA scales it, or it was scaled to 0:'
    run "${kubectl[@]}" scale "deployment/$deployment" "--replicas=$replicas"
    return 0
  fi
  wanted=$(field .spec.replicas)
  if [[ -n $(hpa_minimum) ]] && ((wanted > 0)); then return 0; fi
  if ((wanted < replicas)); then run "${kubectl[@]}" scale "deployment/$deployment" "--replicas=$replicas"; fi
}

await_readiness() {
  local deadline=$((SECONDS + timeout)) ready
  say "Waiting for ready replicas: at least $replicas"
  run "${kubectl[@]}" rollout status "deployment/$deployment" "--timeout=${timeout}s" || return 1
  if $dry_run; then return 0; fi
  # The HPA raises the number only after a while.
  until ready=$(field .status.readyReplicas) && ((ready >= replicas)); do
    ((SECONDS < deadline)) || { fail "ready replicas: $ready of $replicas"; return 1; }
    sleep 1
  done
  note "ready replicas: $ready"
}

# Everything that explains it, before a rollback takes it away.
evidence() {
  local pod selector=app.kubernetes.io/instance=$release
  say 'Evidence'
  "${kubectl[@]}" get deployments,replicasets,pods,jobs,hpa -l "$selector" -o wide || true
  "${kubectl[@]}" get events --sort-by=.lastTimestamp | tail -n 25 || true
  for pod in $("${kubectl[@]}" get pods -l "$selector" -o \
    'jsonpath={range .items[?(@.status.phase!="Succeeded")]}{.metadata.name}{"\n"}{end}' | head -n 5); do
    say "$pod"
    "${kubectl[@]}" logs "$pod" --all-containers --tail=30 || true
    note 'before its last restart:'
    "${kubectl[@]}" logs "$pod" --all-containers --previous --tail=30 2>/dev/null || note 'it was not restarted'
  done
} >&2

# roll_back REVISION: ends the script. Migrations stay; they are made so that the version before runs on them.
roll_back() {
  local revision=$1
  if [[ -n $revision ]]; then
    say "Rolling back to revision $revision"
    run "${helm[@]}" rollback "$release" "$revision" --timeout "${timeout}s" ||
      die "the rollback failed as well: helm -n $namespace history $release"
    run "${kubectl[@]}" rollout status "deployment/$deployment" "--timeout=${timeout}s" ||
      die "rolled back to revision $revision, which is not ready either; the evidence is above"
    die "rolled back to revision $revision, which is ready; the evidence is above"
  fi
  # The first installation: there is nothing to go back to. What consumes is better than nothing.
  if (($(field .status.readyReplicas) > 0)); then
    die "it was the first installation, and some replicas are ready, so it is left as it is (helm -n $namespace uninstall $release removes it)"
  fi
  say 'It was the first installation, and nothing of it is ready: removing it'
  run "${helm[@]}" uninstall "$release" --wait --timeout "${timeout}s" || die 'it could not be removed'
  die 'removed; the evidence is above'
}

interrupted() {
  trap - INT TERM
  fail "interrupted: the release is being deployed. To go back: helm -n $namespace rollback $release ${before:-(its first revision)}"
  exit 130
}
