# Built by the same script as a clone (bin/setup). kstop looks at the kernel under the container, so it needs the host's
# PID namespace and the right to load programs; BTF and tracefs are the host's:
#
#   docker build -t kstop .
#   docker run --rm -it --privileged --pid=host --cgroupns=host \
#     -v /sys/kernel/btf:/sys/kernel/btf:ro -v /sys/kernel/tracing:/sys/kernel/tracing -v /sys/fs/cgroup:/sys/fs/cgroup:ro kstop
FROM debian:bookworm-slim AS build
COPY . /opt/kstop
WORKDIR /opt/kstop
RUN bin/setup \
	&& rm -rf dist/test dist/gen-wire \
	&& mkdir -p /image/opt/kstop \
	&& cp -a --parents bin/kstop dist examples package.json LICENSE node_modules/koffi node_modules/@koromix \
		node_modules/node-linux-*/bin node_modules/.bin/node /image/opt/kstop

FROM debian:bookworm-slim
# Ad-hoc traces (kstop trace, view 9) need bpftrace, which is larger than all else: --build-arg TRACES=bpftrace
ARG TRACES=""
RUN apt-get update \
	&& apt-get install -y --no-install-recommends libbpf1 $TRACES \
	&& rm -rf /var/lib/apt/lists/*
COPY --from=build /image/ /
ENTRYPOINT ["/opt/kstop/bin/kstop"]
