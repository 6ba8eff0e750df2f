#!/usr/bin/env bash
# What the chart is tested with and Debian has no package of: helm, and an API server with its kubectl, built from their Go
# modules; and the definitions of the foreign kinds that the chart can make. Kept outside of the source tree, by version, so
# that they are built once on a machine.
set -euo pipefail

# shellcheck source=scripts/lib/common.sh
. "$(dirname "${BASH_SOURCE[0]}")/lib/common.sh"
# shellcheck source=scripts/lib/tools.sh
. "$LOOM_ROOT/scripts/lib/tools.sh"
# shellcheck source=scripts/lib/go.sh
. "$LOOM_ROOT/scripts/lib/go.sh"

HELM_VERSION=3.16.4
HELM_KUBERNETES_MINOR=31
KUBERNETES_VERSION=1.32.5
PROMETHEUS_OPERATOR_VERSION=0.79.2
KEDA_VERSION=2.16.1

tools=(helm kubectl kube-apiserver crds)

usage() {
  cat <<EOF
Usage: scripts/kube-tools.sh [TOOL...]       makes those that are not there yet (default: all), a line each
       scripts/kube-tools.sh --path TOOL     prints where it is, alone on stdout; makes it first when it is not there

helm            Helm $HELM_VERSION; 1 to 2 minutes on two cores
kube-apiserver  Kubernetes $KUBERNETES_VERSION; 4 to 8 minutes, kubectl included
kubectl         of the same version
crds            a folder: ServiceMonitor, PrometheusRule (Prometheus operator $PROMETHEUS_OPERATOR_VERSION), ScaledObject, TriggerAuthentication
                (KEDA $KEDA_VERSION)

They are kept in $kept_tools,
a folder for each tool and version, so that it can go on PATH. Needs Go $GO_LEAST, or any older one, which fetches Go $GO_FETCHED;
without any Go, Debian's is installed.
EOF
}

version_of() {
  case $1 in
    helm) echo "$HELM_VERSION" ;;
    kubectl | kube-apiserver) echo "$KUBERNETES_VERSION" ;;
    crds) echo "$PROMETHEUS_OPERATOR_VERSION-$KEDA_VERSION" ;;
    *) return 1 ;;
  esac
}
folder_of() { echo "$kept_tools/$1-$(version_of "$1")"; }
path_of() {
  case $1 in
    crds) folder_of crds ;;
    *) echo "$(folder_of "$1")/$1" ;;
  esac
}

# go_run ARGUMENT...: quiet unless it fails. Neither the caller's GOFLAGS nor a go.mod around us has a say.
go_run() {
  local log=$work/go.log
  if ! (cd "$work" && GOTOOLCHAIN=local GOFLAGS='-buildvcs=false -trimpath' GOWORK=off CGO_ENABLED=0 \
    "$go" "$@") >"$log" 2>&1; then
    fail "go $1 failed"
    show_tail "$log" 20
    return 1
  fi
}

# keep TOOL...: what lies in $work/TOOL/ becomes what path_of finds, in one step; nobody sees half of it.
keep() {
  local tool
  for tool in "$@"; do
    rm -rf "$(folder_of "$tool")"
    mv -T "$work/$tool" "$(folder_of "$tool")" || return 1
  done
}

# With the numbers that Helm's own releases are linked with: without them it takes itself for one for Kubernetes 1.20, and
# refuses charts that want a newer one.
make_helm() {
  local flags="-s -w -X helm.sh/helm/v3/internal/version.version=v$HELM_VERSION" package
  for package in chartutil lint/rules; do
    flags+=" -X helm.sh/helm/v3/pkg/$package.k8sVersionMajor=1"
    flags+=" -X helm.sh/helm/v3/pkg/$package.k8sVersionMinor=$HELM_KUBERNETES_MINOR"
  done
  GOBIN=$work/helm go_run install -ldflags "$flags" "helm.sh/helm/v3/cmd/helm@v$HELM_VERSION" && keep helm
}

# The module's own go.mod points into folders that its archive does not have; the same code is published under the
# release's number with 0 for 1. kubectl is nearly all part of the server, so one build makes both.
make_kubernetes() {
  local flags='-s -w' package
  for package in k8s.io/component-base/version k8s.io/client-go/pkg/version; do
    flags+=" -X $package.gitVersion=v$KUBERNETES_VERSION -X $package.gitMajor=1"
    flags+=" -X $package.gitMinor=$(cut -d . -f 2 <<<"$KUBERNETES_VERSION") -X $package.gitTreeState=clean"
  done
  go_run mod init tools &&
    go_run mod edit "-require=k8s.io/kubernetes@v$KUBERNETES_VERSION" &&
    replace_staging "v0.${KUBERNETES_VERSION#1.}" &&
    go_run build -mod=mod -ldflags "$flags" -o "$work/built/" \
      k8s.io/kubernetes/cmd/kubectl k8s.io/kubernetes/cmd/kube-apiserver || return 1
  for package in kubectl kube-apiserver; do
    mkdir "$work/$package" && mv "$work/built/$package" "$work/$package/" || return 1
  done
  keep kubectl kube-apiserver
}
replace_staging() {
  local name edits=()
  fetch_module "k8s.io/kubernetes@v$KUBERNETES_VERSION" || return 1
  while read -r name; do
    edits+=("-replace=$name=$name@$1")
  done < <(sed -n 's|^\t\(k8s.io/[a-z-]*\) => ./staging/.*|\1|p' "$module/go.mod")
  go_run mod edit "${edits[@]}"
}

# fetch_module NAME@VERSION: its folder is in $module then.
fetch_module() {
  module=$(go_module_folder "$go" "$1")
}

make_crds() {
  local kind
  mkdir "$work/crds"
  fetch_module "github.com/prometheus-operator/prometheus-operator@v$PROMETHEUS_OPERATOR_VERSION" || return 1
  for kind in servicemonitors prometheusrules; do
    cp "$module/example/prometheus-operator-crd/monitoring.coreos.com_$kind.yaml" "$work/crds/" || return 1
  done
  fetch_module "github.com/kedacore/keda/v2@v$KEDA_VERSION" || return 1
  for kind in scaledobjects triggerauthentications; do
    cp "$module/config/crd/bases/keda.sh_$kind.yaml" "$work/crds/" || return 1
  done
  chmod -R u+w "$work/crds"
  keep crds
}

make_tool() {
  local tool=$1 started=$SECONDS maker=$1
  case $tool in
    kubectl | kube-apiserver) maker=kubernetes ;;
  esac
  lock_tools "$tool"
  if [[ ! -e $(path_of "$tool") ]]; then
    note "$tool $(version_of "$tool"): making it, which takes minutes the first time"
    # Beside the place where it goes, so that the last step is a rename.
    work=$(mktemp -d "$kept_tools/.making.XXXXXX")
    if ! go=$(go_program) || ! "make_$maker"; then
      die "$tool $(version_of "$tool") could not be made"
    fi
    rm -rf "$work"
    work=''
    note "$tool $(version_of "$tool"): made in $((SECONDS - started)) s"
  fi
  unlock_tools
}

remove_work() {
  [[ -z ${work:-} ]] || rm -rf "$work"
}

main() {
  local path_only tool wanted
  parse_tools "$@"
  trap remove_work EXIT
  for tool in "${wanted[@]}"; do
    if [[ ! -e $(path_of "$tool") ]]; then
      make_tool "$tool"
    elif ! $path_only; then
      note "$tool $(version_of "$tool"): there"
    fi
  done
  if $path_only; then path_of "${wanted[0]}"; fi
}

main "$@"
