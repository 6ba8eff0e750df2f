#!/usr/bin/env bash
# Builds and pushes the service's image with docker, podman or buildah, whichever works on this machine.
set -euo pipefail

# shellcheck source=scripts/lib/common.sh
. "$(dirname "${BASH_SOURCE[0]}")/lib/common.sh"
# shellcheck source=scripts/lib/base_image.sh
. "$LOOM_ROOT/scripts/lib/base_image.sh"

usage() {
  cat <<EOF
Usage: scripts/image.sh build|push|name|base [OPTION]...

build  builds the image of the Dockerfile
push   pushes it; REGISTRY must say where to; then writes the chart's values that name it to IMAGE_VALUES
name   prints its full name
base   makes the base image ($BASE_IMAGE_NAME) of Debian's packages, for buildah, where no registry can
       be reached; needs root and debootstrap; its tarball is kept in $(cache_folder)

--tag TAG       instead of TAG
--with TOOL     docker, podman or buildah (default: the first of them that works here)
--storage DIR   buildah's images are in this folder instead of the machine's storage
--host-apt      the build reaches Debian's packages as this machine's apt does: its mirror, proxy and certificates
                (podman and buildah)
--dry-run       only print what would be run

Environment: IMAGE ($IMAGE), REGISTRY (${REGISTRY:-none}), TAG ($(default_tag)),
IMAGE_VALUES (build/image-values.yaml), IMAGE_TOOL as --with, BASE_IMAGE (that of the Dockerfile), JOBS (processors),
SOURCE_DATE_EPOCH (the time of the last commit), BUILDAH_ISOLATION and STORAGE_DRIVER as buildah knows them.
EOF
}

cache_folder() { echo "${XDG_CACHE_HOME:-$HOME/.cache}/kafka-to-db-consumer"; }
version() { sed -n 's/^project(.* VERSION \([0-9.]*\).*/\1/p' "$LOOM_ROOT/CMakeLists.txt"; }
from_git() { git -C "$LOOM_ROOT" "$@" 2>/dev/null || true; }
revision() {
  local short changed
  short=$(from_git rev-parse --short HEAD)
  changed=$(from_git status --porcelain --untracked-files=no)
  echo "$short${changed:+-dirty}"
}

# The commit of a release is tagged vVERSION.
is_release() { [[ $revision != *-dirty ]] && from_git tag --points-at HEAD | grep -qx "v$(version)"; }

# A tag of its own for every revision, so that a rollback gets what ran before. A release has the version alone, which is
# the tag that its chart asks for by itself.
default_tag() {
  if is_release; then version; else echo "$(version)${revision:+-$revision}"; fi
}
image_name() { echo "${REGISTRY:+${REGISTRY%/}/}$IMAGE:$tag"; }

# works TOOL: can it build here, not only be found. Adds the reason why not to `why_not`.
works() {
  local answer
  if ! command -v "$1" >/dev/null; then
    answer='not installed'
  else
    case $1 in
      docker) answer=$(docker info 2>&1 && docker buildx version 2>&1) ;;
      podman) answer=$(podman info 2>&1) ;;
      buildah) answer=$("${buildah[@]}" info 2>&1) ;;
    esac && return 0
  fi
  why_not+=("$1: $(grep -v '^ *$' <<<"$answer" | tail -n 1)")
  return 1
}

choose_tool() {
  local tool why_not=()
  for tool in ${IMAGE_TOOL:-docker podman buildah}; do
    if works "$tool"; then
      IMAGE_TOOL=$tool
      return 0
    fi
  done
  fail 'no tool here can build images:'
  printf '  %s\n' "${why_not[@]}" >&2
  die 'start the docker daemon (with buildx), or install podman or buildah (scripts/install-packages.sh --with deploy)'
}

run() {
  if $dry_run; then
    printf '%q ' "$@"
    echo
  else
    "$@"
  fi
}

build() {
  local arguments=(--file "$LOOM_ROOT/Dockerfile" --tag "$(image_name)"
    --build-arg "VERSION=$(version)" --build-arg "REVISION=$revision" --build-arg "SOURCE_DATE_EPOCH=$epoch")
  if [[ -n ${BASE_IMAGE:-} ]]; then arguments+=(--build-arg "BASE_IMAGE=$BASE_IMAGE"); fi
  if [[ -n ${JOBS:-} ]]; then arguments+=(--build-arg "JOBS=$JOBS"); fi
  if $host_apt && [[ $IMAGE_TOOL != docker ]]; then
    scratch=$(mktemp -d)
    trap 'rm -rf "$scratch"' EXIT
    host_apt_settings "$scratch"
    arguments+=(--volume "$scratch/sources.list.d:/etc/apt/sources.list.d:ro"
      --volume "$scratch/apt.conf.d:/etc/apt/apt.conf.d:ro")
  fi
  case $IMAGE_TOOL in
    docker) run docker build "${arguments[@]}" "$LOOM_ROOT" ;;
    # Without --format docker the HEALTHCHECK is dropped: OCI's own format has none.
    podman) run podman build --format docker --timestamp "$epoch" "${arguments[@]}" "$LOOM_ROOT" ;;
    buildah)
      run "${buildah[@]}" build --format docker --timestamp "$epoch" "${arguments[@]}" "$LOOM_ROOT" ||
        die 'the build failed (see above); if it was the base image that could not be had: scripts/image.sh base'
      ;;
  esac
}

push() {
  [[ -n ${REGISTRY:-} ]] || die 'REGISTRY says where to push to, such as REGISTRY=registry.example.org/team'
  case $IMAGE_TOOL in
    buildah) run "${buildah[@]}" push "$(image_name)" ;;
    *) run "$IMAGE_TOOL" push "$(image_name)" ;;
  esac
  write_values
}

# What the chart has to be told so that its pods pull what was pushed last: written after the push, and only then.
write_values() {
  local name file=${IMAGE_VALUES:-$LOOM_ROOT/build/image-values.yaml}
  name=$(image_name)
  if $dry_run; then
    echo "would name ${name##*:} in $file"
    return 0
  fi
  mkdir -p "$(dirname "$file")"
  cat >"$file" <<END
# The image that \`make docker-push\` pushed last; helm takes it by --values.
image:
  repository: "${name%:*}"
  tag: "${name##*:}"
  digest: ""
END
  note "for helm: --values ${file#"$PWD"/}"
}

# Imported once into the storage; the tarball outlives it.
base() {
  local file container name=${BASE_IMAGE:-$BASE_IMAGE_NAME}
  if $dry_run; then
    echo "debootstrap --variant=minbase $BASE_SUITE, kept in $(cache_folder), imported as $name"
    return 0
  fi
  file=$(base_tarball "$(cache_folder)")
  if "${buildah[@]}" inspect --type image "$name" >/dev/null 2>&1; then return 0; fi
  container=$("${buildah[@]}" from scratch)
  "${buildah[@]}" add "$container" "$file" / >/dev/null
  "${buildah[@]}" config --cmd bash --env PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin "$container"
  "${buildah[@]}" commit --quiet --rm --timestamp 0 "$container" "$name" >/dev/null
  note "$name is made"
}

wrong_usage() {
  usage >&2
  exit 2
}

parse_arguments() {
  while (($# > 0)); do
    case $1 in
      --tag) tag=${2:?--tag needs a value} && shift ;;
      --with)
        [[ ${2:-} =~ ^(docker|podman|buildah)$ ]] || die '--with takes docker, podman or buildah'
        IMAGE_TOOL=$2 && shift
        ;;
      --storage) storage=${2:?--storage needs a folder} && shift ;;
      --host-apt) host_apt=true ;;
      --dry-run) dry_run=true ;;
      build | push | name | base) verb=$1 ;;
      -h | --help)
        usage
        exit 0
        ;;
      *) wrong_usage ;;
    esac
    shift
  done
}

main() {
  IMAGE=${IMAGE:-kafka-to-db-consumer}
  revision=$(revision)
  dry_run=false host_apt=false storage='' verb='' tag=${TAG:-$(default_tag)}
  parse_arguments "$@"
  epoch=${SOURCE_DATE_EPOCH:-$(from_git log -1 --format=%ct)}
  epoch=${epoch:-0}
  # Without a container runtime, as in a container, buildah's own isolation is the one that works.
  if ! command -v runc >/dev/null && ! command -v crun >/dev/null; then
    export BUILDAH_ISOLATION=${BUILDAH_ISOLATION:-chroot}
  fi
  buildah=(buildah)
  # With a storage of its own buildah does not look at the variable.
  if [[ -n ${STORAGE_DRIVER:-} ]]; then buildah+=(--storage-driver "$STORAGE_DRIVER"); fi
  if [[ -n $storage ]]; then buildah+=(--root "$storage/root" --runroot "$storage/run"); fi
  case $verb in
    name) image_name ;;
    base) base ;;
    build | push)
      choose_tool
      "$verb"
      if ! $dry_run; then note "$verb with $IMAGE_TOOL: $(image_name)"; fi
      ;;
    *) wrong_usage ;;
  esac
}

main "$@"
