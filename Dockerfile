# The service's image: its binary, the libraries that the binary names, CA certificates and a mapping; nothing to build
# with. scripts/image.sh builds it with docker (BuildKit), podman or buildah.
#
# Pin the base by digest for builds that must be the same in a year: --build-arg BASE_IMAGE=debian@sha256:...
ARG BASE_IMAGE=docker.io/library/debian:bookworm-slim

FROM ${BASE_IMAGE} AS build
RUN apt-get update -qq \
 && DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends \
      ccache cmake dpkg-dev g++ ninja-build pkg-config \
      libboost-dev libcli11-dev libcurl4-openssl-dev libfmt-dev libpq-dev libpqxx-dev libprotobuf-dev libprotoc-dev \
      librdkafka-dev libsimdjson-dev libspdlog-dev \
      libyaml-cpp-dev nlohmann-json3-dev prometheus-cpp-dev zlib1g-dev \
 && rm -rf /var/lib/apt/lists/*

WORKDIR /src
COPY CMakeLists.txt CMakePresets.json LICENSE topic_mappings.yml ./
COPY cmake cmake
COPY include include
COPY migrations migrations
COPY src src

ARG REVISION=""
ARG SOURCE_DATE_EPOCH=0
ARG JOBS=""
RUN --mount=type=cache,id=loom-ccache,target=/ccache \
    export CCACHE_DIR=/ccache CCACHE_COMPILERCHECK=content SOURCE_DATE_EPOCH \
 && ccache --zero-stats >/dev/null \
 && cmake --preset release -B /build -DLOOM_REVISION="${REVISION}" \
      -DLOOM_TESTS=OFF -DLOOM_BENCHMARKS=OFF -DLOOM_EXAMPLES=OFF \
 && cmake --build /build --parallel ${JOBS:-$(nproc)} --target kafka-to-db-consumer \
 && ccache --show-stats \
 && install -D --strip /build/kafka-to-db-consumer /out/usr/bin/kafka-to-db-consumer \
 && install -D -m 644 topic_mappings.yml /out/etc/kafka-to-db-consumer/topic_mappings.yml \
 && install -D -m 644 LICENSE /out/usr/share/doc/kafka-to-db-consumer/copyright \
# The packages that the runtime image needs are those that the binary names, so the list cannot be wrong.
 && mkdir -p debian && touch debian/control \
 && dpkg-shlibdeps -O /out/usr/bin/kafka-to-db-consumer \
      | sed 's/^shlibs:Depends=//; s/([^)]*)//g; s/,/ /g' > /packages

FROM ${BASE_IMAGE}
ARG SOURCE_DATE_EPOCH=0
# Installed as packages, not copied: scanners see what is inside. What would differ from build to build goes.
RUN --mount=type=bind,from=build,source=/packages,target=/run/packages \
    export SOURCE_DATE_EPOCH \
 && apt-get update -qq \
 && DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends ca-certificates $(cat /run/packages) \
 && groupadd --gid 10001 loom \
 && useradd --uid 10001 --gid 10001 --no-create-home --home-dir /nonexistent --shell /usr/sbin/nologin loom \
 && apt-get clean \
 && rm -rf /var/lib/apt/lists/* /var/cache/ldconfig/aux-cache /var/cache/debconf/*-old /var/lib/dpkg/*-old \
      /var/log/apt /var/log/*.log /etc/passwd- /etc/group- /etc/shadow- /etc/gshadow-
COPY --from=build /out/ /

# The mapping is looked for in a folder, so that a mounted one is seen to change. A file's address of the secrets:
# LOOM_DATABASE_URL_FILE.
ENV LOOM_TOPIC_MAPPINGS=/etc/kafka-to-db-consumer/topic_mappings.yml
USER 10001:10001
EXPOSE 8001
HEALTHCHECK --interval=10s --timeout=5s --start-period=30s --retries=3 \
  CMD ["/usr/bin/kafka-to-db-consumer", "healthcheck"]
ENTRYPOINT ["/usr/bin/kafka-to-db-consumer"]
CMD ["run"]

ARG VERSION="0"
ARG REVISION=""
LABEL org.opencontainers.image.title="kafka-to-db-consumer" \
      org.opencontainers.image.description="JSON messages from Kafka topics into PostgreSQL tables, exactly once" \
      org.opencontainers.image.version="${VERSION}" \
      org.opencontainers.image.revision="${REVISION}" \
      org.opencontainers.image.licenses="MIT"
