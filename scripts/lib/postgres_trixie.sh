# shellcheck shell=bash
# PostgreSQL 17 with TimescaleDB, pgvector, PostGIS and pg_partman, as Debian 13 (trixie) packages them, on an older Debian.
# LOOM_POSTGRES_VERSION=17-trixie takes it. Sourced by postgres.sh, after common.sh.
#   postgres_of_trixie      makes it once; prints the folder of its programs
#
# A small trixie is made in LOOM_CACHE (that needs root), and its programs are started through its own loader: they run
# with the C library that they were built for, on the machine's file system, as any user, and nothing is mounted.
# It stays as it was made: removing LOOM_CACHE/trixie-postgres fetches newer packages.

TRIXIE_POSTGRES=17
trixie_packages=("postgresql-$TRIXIE_POSTGRES" "postgresql-$TRIXIE_POSTGRES-timescaledb" "postgresql-$TRIXIE_POSTGRES-pgvector"
  "postgresql-$TRIXIE_POSTGRES-postgis-3" "postgresql-$TRIXIE_POSTGRES-partman")

# Where this machine's apt has Debian from; that mirror has the other releases as well.
trixie_mirror() {
  local found
  # shellcheck disable=SC2016  # the dollars are apt's
  found=$(apt-get indextargets --format '$(RELEASE) $(REPO_URI)' 'Origin: Debian' 'Identifier: Packages' 'Component: main' \
    2>/dev/null | awk '$1 !~ /-/ { print $2; exit }')
  [[ -n $found ]] || die 'apt on this machine knows no mirror of Debian: apt-get update'
  echo "$found"
}

# debootstrap would try for minutes, and then name a file.
trixie_reach() {
  wget -q --tries=2 --timeout=15 -O /dev/null "${1%/}/dists/trixie/InRelease" ||
    die "Debian 13 (trixie) cannot be reached at ${1##*@}, where apt has its packages from: is there a network? a proxy? does that mirror have trixie?"
}

# The proxy that apt was given, for programs that only know the variable.
trixie_proxy() {
  local proxy
  proxy=$(apt-config dump --format '%v%n' Acquire::http::Proxy 2>/dev/null)
  if [[ -n $proxy ]]; then export http_proxy=$proxy; fi
  proxy=$(apt-config dump --format '%v%n' Acquire::https::Proxy 2>/dev/null)
  if [[ -n $proxy ]]; then export https_proxy=$proxy; fi
}

# in_trixie ROOT COMMAND...: there, by the paths of a Debian.
in_trixie() { chroot "$1" /usr/bin/env PATH=/usr/sbin:/usr/bin:/sbin:/bin LC_ALL=C DEBIAN_FRONTEND=noninteractive "${@:2}"; }

# What a package would do beyond its files is not wanted: no server is started, no cluster made, no page of a manual kept.
trixie_prepare() {
  local root=$1
  printf '#!/bin/sh\nexit 101\n' >"$root/usr/sbin/policy-rc.d"
  chmod +x "$root/usr/sbin/policy-rc.d"
  mkdir -p "$root/etc/postgresql-common"
  echo 'create_main_cluster = false' >"$root/etc/postgresql-common/createcluster.conf"
  printf 'path-exclude /usr/share/%s/*\n' doc man info locale lintian >"$root/etc/dpkg/dpkg.cfg.d/small"
  # How this machine gets at the mirror.
  cp -L /etc/resolv.conf /etc/hosts "$root/etc/"
  if [[ $2 == https:* && -s /etc/ssl/certs/ca-certificates.crt ]]; then
    mkdir -p "$root/etc/ssl/certs"
    cp /etc/ssl/certs/ca-certificates.crt "$root/etc/ssl/certs/"
  fi
}

trixie_install() {
  local root=$1
  in_trixie "$root" apt-get update -q -o Acquire::Languages=none &&
    in_trixie "$root" apt-get install -y -q --no-install-recommends -o Dpkg::Use-Pty=0 \
      -o Dpkg::Options::=--force-confold -o Dpkg::Options::=--force-unsafe-io "${trixie_packages[@]}"
}

# Links of this small Debian that begin at / (its alternatives) would lead out of it.
trixie_links() {
  local link target
  (cd "$1" && find etc/alternatives usr/lib usr/share/postgresql -type l -lname '/*' -printf '%p\t%l\n') |
    while IFS=$'\t' read -r link target; do
      ln -sfn "$(sed 's#[^/]*/#../#g; s#[^/]*$##' <<<"$link")${target#/}" "$1/$link"
    done
}

# Each program X moves aside, and a script of its name starts it. It is told that it is that script, since PostgreSQL
# finds its other programs, its libraries and its share/ by where it is; PROJ and GDAL find their data by variables.
trixie_programs() {
  local root=$1 bin=usr/lib/postgresql/$TRIXIE_POSTGRES/bin loader program
  loader=$(cd "$root" && find usr/lib -maxdepth 2 -name 'ld-linux*.so.*' -type f)
  [[ -n $loader ]] && mkdir "$root/${bin%/*}/programs" || return 1
  for program in "$root/$bin"/*; do
    [[ $(head -c 4 "$program" | tail -c 3) == ELF ]] || continue
    mv "$program" "$root/${bin%/*}/programs/" || return 1
    cat >"$program" <<END
#!/bin/sh
case \$0 in /*) me=\$0 ;; *) me=\$PWD/\$0 ;; esac
root=\${me%/$bin/*}
libraries=\$root/${loader%/*}
export PROJ_DATA="\$root/usr/share/proj" GDAL_DATA="\$root/usr/share/gdal" GDAL_DRIVER_PATH="\$libraries/gdalplugins"
exec "\$root/$loader" --argv0 "\$me" --library-path "\$libraries:\$root/usr/lib" "\$root/${bin%/*}/programs/${program##*/}" "\$@"
END
    chmod 755 "$program" || return 1
  done
}

# initdb begins a folder's postgresql.conf with these, whoever calls it; what is added behind wins. TimescaleDB takes
# a worker for each database that has it, and some for its jobs.
trixie_settings() {
  cat >>"$1/usr/share/postgresql/$TRIXIE_POSTGRES/postgresql.conf.sample" <<'END'
shared_preload_libraries = 'timescaledb'
max_worker_processes = 32
END
}

# What only installing took. Our files say nothing of the machine either.
trixie_slim_down() {
  local root=$1
  rm -rf "$root"/var/cache/apt/* "$root"/var/lib/apt/lists/* "$root"/var/log/* "$root"/usr/share/{doc,man,info,locale,lintian}/*
  rm -f "$root"/etc/{resolv.conf,hosts,hostname,apt/sources.list}
}

# trixie_make ROOT MIRROR: its output is a log, and what is for people goes to descriptor 3. Who calls it asks with `if`,
# where bash does not stop at an error: each step says so itself.
trixie_make() {
  local root=$1 program
  note 'debootstrap of trixie' 2>&3
  debootstrap --variant=minbase trixie "$root" "$2" || return 1
  note "${trixie_packages[*]}" 2>&3
  trixie_prepare "$root" "$2" && trixie_install "$root" && trixie_links "$root" && trixie_programs "$root" &&
    trixie_settings "$root" && trixie_slim_down "$root" && chmod 755 "$root" || return 1
  for program in postgres initdb pg_isready psql pg_ctl pg_dump; do
    "$root/usr/lib/postgresql/$TRIXIE_POSTGRES/bin/$program" --version || return 1
  done
}

postgres_of_trixie() {
  local home=$LOOM_CACHE/trixie-postgres
  [[ -d $LOOM_CACHE ]] || mkdir -p "$LOOM_CACHE"
  # Asked before the lock, too: whoever may not write where root made it can still run it.
  [[ -d $home ]] || (
    flock 9
    [[ -d $home ]] && exit 0
    say "Making a small Debian 13 (trixie) with PostgreSQL $TRIXIE_POSTGRES and its extensions (once, about a minute)"
    command -v debootstrap >/dev/null || die 'debootstrap is missing: scripts/install-packages.sh --with databases'
    ((EUID == 0)) || die 'making it needs root; afterwards every user can run it'
    trixie_proxy
    mirror=$(trixie_mirror) || exit 1
    trixie_reach "$mirror"
    # One that was killed while it held the lock. Where debootstrap has mounted something, that is left alone.
    rm -rf --one-file-system "$LOOM_CACHE"/trixie-postgres-partial.*
    partial=$(mktemp -d "$LOOM_CACHE/trixie-postgres-partial.XXXXXX")
    trap 'rm -rf --one-file-system "$partial"' EXIT
    if ! trixie_make "$partial/root" "$mirror" >"$partial/log" 3>&2 2>&1; then
      show_tail "$partial/log"
      die "PostgreSQL $TRIXIE_POSTGRES of Debian 13 could not be made (see above)"
    fi
    mv "$partial/root" "$home"
  ) 9>"$LOOM_CACHE/.trixie-postgres.lock" || return 1
  echo "$home/usr/lib/postgresql/$TRIXIE_POSTGRES/bin"
}
