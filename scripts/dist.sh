#!/usr/bin/env bash
# What a release consists of: a Debian package, a tarball, and the chart's package where helm is there.
set -euo pipefail

# shellcheck source=scripts/lib/common.sh
. "$(dirname "${BASH_SOURCE[0]}")/lib/common.sh"

usage() {
  cat <<EOF
Usage: scripts/dist.sh [--build DIR] [--out DIR]

--build DIR  take the program of this build folder (default: build/release, which is built first)
--out DIR    where to (default: build/dist)

Makes the Debian package, the tarball, and the package of the chart with helm: HELM, the one on PATH, or the one that
scripts/kube-tools.sh has built before. SHA256SUMS names them.
EOF
}

helm_program() {
  local kept
  if [[ -n ${HELM:-} ]]; then
    echo "$HELM"
  elif ! command -v helm; then
    for kept in "${XDG_CACHE_HOME:-$HOME/.cache}"/kafka-to-db-consumer/tools/helm-*/helm; do
      if [[ -x $kept ]]; then echo "$kept" && return 0; fi
    done
    return 1
  fi
}

pack_chart() {
  local helm tag chart=$LOOM_ROOT/helm/kafka-to-db-consumer
  [[ -f $chart/Chart.yaml ]] || return 0
  if helm=$(helm_program); then
    # The packaged chart asks for the image that `make docker-push` pushes of the same tree.
    tag=$("$LOOM_ROOT/scripts/image.sh" name)
    # It follows the chart's links, and says so of each.
    "$helm" package "$chart" --app-version "${tag##*:}" --destination "$out" >/dev/null 2>"$out/helm.log" || { cat "$out/helm.log" >&2 && return 1; }
    rm -f "$out/helm.log"
  else
    note 'no helm here: the chart is in the tarball only'
  fi
}

main() {
  local build='' out=$LOOM_ROOT/build/dist
  while (($# > 0)); do
    case $1 in
      --build) build=${2:?--build needs a folder} && shift ;;
      --out) out=${2:?--out needs a folder} && shift ;;
      *) other_argument "$1" ;;
    esac
    shift
  done
  if [[ -z $build ]]; then
    make -C "$LOOM_ROOT" build >&2
    build=$LOOM_ROOT/build/release
  fi
  mkdir -p "$out"
  out=$(cd "$out" && pwd)
  rm -rf "$out"/_CPack_Packages "$out"/kafka-to-db-consumer[-_]* "$out"/SHA256SUMS
  SOURCE_DATE_EPOCH=${SOURCE_DATE_EPOCH:-$(git -C "$LOOM_ROOT" log -1 --format=%ct 2>/dev/null || echo 0)}
  export SOURCE_DATE_EPOCH
  (cd "$out" && cpack --config "$build/CPackConfig.cmake" -G 'DEB;TGZ' -B "$out") >"$out/cpack.log" 2>&1 ||
    { show_tail "$out/cpack.log" 20 && die 'cpack failed'; }
  rm -rf "$out/_CPack_Packages" "$out/cpack.log"
  pack_chart
  (cd "$out" && sha256sum kafka-to-db-consumer[-_]* >SHA256SUMS)
  ls -l "$out" >&2
}

main "$@"
