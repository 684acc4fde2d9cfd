# The order-book logger as an image. It writes only to the volume /data, so the root file system can
# be read-only:
#   docker run -d --name logger --read-only -v orderbook:/data orderbook-logger

FROM node:24-bookworm-slim AS build
# zstd-napi has no prebuilt binary for every platform and is compiled here.
RUN apt-get update && apt-get install -y --no-install-recommends g++ make python3
WORKDIR /build
COPY package.json package-lock.json .npmrc ./
RUN npm ci --ignore-scripts && npm rebuild zstd-napi
COPY . .
RUN npm run build \
  && npm prune --omit=dev --ignore-scripts \
  && rm -rf dist/sandbox dist/bench dist/test

FROM node:24-bookworm-slim
# The stall watchdog ends its own process, which does not work for process id 1.
RUN apt-get update && apt-get install -y --no-install-recommends tini && rm -rf /var/lib/apt/lists/*
WORKDIR /opt/finTechApp_logger
COPY --from=build /build/package.json /build/LICENSE /build/README.md ./
COPY --from=build /build/node_modules node_modules
COPY --from=build /build/dist dist
RUN ln -s "$PWD/dist/logger/main.js" /usr/local/bin/orderbook-logger \
  && ln -s "$PWD/dist/manager-cli/main.js" /usr/local/bin/orderbook-manager \
  && ln -s "$PWD/dist/pipe/main.js" /usr/local/bin/orderbook-pipe \
  && install -d -o node -g node -m 0700 /data
ENV NODE_ENV=production DATA_DIR=/data
USER node
VOLUME /data
EXPOSE 6634
STOPSIGNAL SIGTERM
# Liveness, not health: a restart does not bring an exchange back.
HEALTHCHECK --interval=30s --timeout=10s --start-period=30s CMD ["orderbook-manager", "ping"]
ENTRYPOINT ["tini", "--", "orderbook-logger"]
