# Built by the same script as a clone (bin/setup). kstop looks at the kernel under the container, so it needs the host's
# PID namespace and the right to load programs; BTF and tracefs are the host's:
#
#   docker build -t kstop .
#   docker run --rm -it --privileged --pid=host --cgroupns=host \
#     -v /sys/kernel/btf:/sys/kernel/btf:ro -v /sys/kernel/tracing:/sys/kernel/tracing -v /sys/fs/cgroup:/sys/fs/cgroup:ro kstop
FROM debian:bookworm-slim AS build
COPY . /opt/kstop
RUN /opt/kstop/bin/setup \
	&& cd /opt/kstop \
	&& npm prune --omit=dev --ignore-scripts --no-audit --no-fund \
	&& rm -rf node_modules/node-linux-*/include node_modules/node-linux-*/share dist/test dist/gen-wire

FROM debian:bookworm-slim
RUN apt-get update \
	&& apt-get install -y --no-install-recommends libbpf1 \
	&& rm -rf /var/lib/apt/lists/*
COPY --from=build /opt/kstop/bin/kstop /opt/kstop/bin/kstop
COPY --from=build /opt/kstop/dist /opt/kstop/dist
COPY --from=build /opt/kstop/node_modules /opt/kstop/node_modules
COPY --from=build /opt/kstop/LICENSE /opt/kstop/package.json /opt/kstop/
ENTRYPOINT ["/opt/kstop/bin/kstop"]
