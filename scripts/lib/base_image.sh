# shellcheck shell=bash
# The image that ours begins with, made of Debian's packages where no registry is at hand: what `debian:bookworm-slim`
# holds, by debootstrap. Also how apt reaches those packages on this machine, for builds that must do the same.
# Sourced after common.sh, never run.

BASE_SUITE=bookworm
# shellcheck disable=SC2034  # for who sources this
BASE_IMAGE_NAME=docker.io/library/debian:bookworm-slim

# apt_sources: lines "URI SUITE COMPONENT", as this machine's apt has Debian's packages.
apt_sources() {
  # shellcheck disable=SC2016  # the dollars are apt's
  local format='$(REPO_URI) $(RELEASE) $(COMPONENT)' found
  found=$(apt-get indextargets --format "$format" 'Origin: Debian' 'Identifier: Packages' 2>/dev/null | sort -u)
  grep -q "^[^ ]* $BASE_SUITE main\$" <<<"$found" || die "apt on this machine does not know Debian's $BASE_SUITE: apt-get update"
  echo "$found"
}

# host_apt_settings DIR: DIR/sources.list.d and DIR/apt.conf.d, to lay over those of a Debian image.
host_apt_settings() {
  local uri suite component sources keyring=/usr/share/keyrings/debian-archive-keyring.gpg
  sources=$(apt_sources)
  mkdir -p "$1/sources.list.d" "$1/apt.conf.d"
  while read -r uri suite component; do
    echo "deb [signed-by=$keyring] $uri $suite $component"
  done <<<"$sources" >"$1/sources.list.d/host.list"
  apt-config dump | grep -iE '^Acquire::https?::Proxy' >"$1/apt.conf.d/90host" || true
  if grep -q 'https:' "$1/sources.list.d/host.list" && [[ -s /etc/ssl/certs/ca-certificates.crt ]]; then
    cp /etc/ssl/certs/ca-certificates.crt "$1/apt.conf.d/host.crt"
    echo 'Acquire::https::CAInfo "/etc/apt/apt.conf.d/host.crt";' >>"$1/apt.conf.d/90host"
  fi
}

# What Debian leaves out of its slim images, and what debootstrap leaves behind.
slim_down() {
  local root=$1
  find "$root/usr/share/doc" -mindepth 1 ! -type d ! -name copyright -delete
  find "$root/usr/share/doc" -mindepth 1 -type d -empty -delete
  rm -rf "$root"/usr/share/{man,info,groff,lintian,linda}/* "$root"/var/lib/apt/lists/* "$root"/var/cache/apt/*.bin \
    "$root"/var/cache/apt/archives/*.deb "$root"/var/log/{apt,bootstrap.log,dpkg.log,alternatives.log} \
    "$root"/var/cache/ldconfig/aux-cache "$root"/var/cache/debconf/*-old "$root"/var/lib/dpkg/*-old
  find "$root/usr/share/locale" -mindepth 1 -maxdepth 1 ! -name locale.alias -exec rm -rf {} +
  cat >"$root/etc/dpkg/dpkg.cfg.d/docker" <<'END'
path-exclude /usr/share/doc/*
path-include /usr/share/doc/*/copyright
path-exclude /usr/share/man/*
path-exclude /usr/share/locale/*
path-include /usr/share/locale/locale.alias
path-exclude /usr/share/info/*
path-exclude /usr/share/lintian/*
END
  cat >"$root/etc/apt/apt.conf.d/docker-clean" <<'END'
DPkg::Post-Invoke { "rm -f /var/cache/apt/archives/*.deb /var/cache/apt/archives/partial/*.deb /var/cache/apt/*.bin || true"; };
Dir::Cache::pkgcache "";
Dir::Cache::srcpkgcache "";
Apt::AutoRemove::SuggestsImportant "false";
END
  # apt's sources stay those that debootstrap used; name and resolver are the container's own.
  rm -f "$root/etc/resolv.conf" "$root/etc/hostname"
}

# base_tarball FOLDER: makes the root file system as a tarball in there and prints its path; kept for a month, since it
# takes a minute, and under a name that says by which recipe. Needs root.
base_tarball() {
  local recipe file work mirror
  recipe=$(sha256sum "${BASH_SOURCE[0]}" | cut -c 1-8)
  file=$1/base-$BASE_SUITE-$(dpkg --print-architecture)-$recipe.tar
  echo "$file"
  [[ -z $(find "$file" -mtime -30 2>/dev/null) ]] || return 0
  command -v debootstrap >/dev/null || die 'debootstrap is missing: scripts/install-packages.sh --with deploy'
  ((EUID == 0)) || die 'making the base image of packages needs root'
  mirror=$(apt_sources | awk -v suite="$BASE_SUITE" '$2 == suite { print $1; exit }')
  mkdir -p "$(dirname "$file")"
  work=$(mktemp -d "$file.XXXXXX")
  note "debootstrap of $BASE_SUITE (once, about a minute)"
  if ! debootstrap --variant=minbase "$BASE_SUITE" "$work/root" "$mirror" >"$file.log" 2>&1; then
    show_tail "$file.log" 15
    rm -rf "$work"
    die 'debootstrap failed'
  fi
  slim_down "$work/root"
  tar -C "$work/root" --sort=name --numeric-owner --exclude='./dev/*' --exclude='./proc/*' --exclude='./sys/*' \
    -cf "$work/base.tar" .
  mv "$work/base.tar" "$file"
  rm -rf "$work"
}
