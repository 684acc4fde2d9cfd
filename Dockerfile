# The order-book logger as an image. It records into the volume /data and writes nowhere else, so
# that the root file system may be read-only:
#   docker run -d --name logger --read-only -v orderbook:/data orderbook-logger

FROM node:24-bookworm-slim AS build
# For packages whose compiled part can't be fetched for this platform (zstd-napi).
RUN apt-get update && apt-get install -y --no-install-recommends g++ make python3
WORKDIR /build
COPY package.json package-lock.json .npmrc ./
RUN npm ci --ignore-scripts && npm rebuild zstd-napi
COPY . .
RUN npm run build \
  && npm prune --omit=dev --ignore-scripts \
  && rm -rf dist/sandbox dist/bench dist/test

FROM node:24-bookworm-slim
# A process with number 1 can't be ended from inside, which the watchdog for stalls must be able to.
RUN apt-get update && apt-get install -y --no-install-recommends tini && rm -rf /var/lib/apt/lists/*
WORKDIR /opt/finTechApp_logger
COPY --from=build /build/package.json /build/LICENSE /build/README.md ./
COPY --from=build /build/node_modules node_modules
COPY --from=build /build/dist dist
RUN ln -s "$PWD/dist/logger/main.js" /usr/local/bin/orderbook-logger \
  && ln -s "$PWD/dist/manager-cli/main.js" /usr/local/bin/orderbook-manager \
  && install -d -o node -g node -m 0700 /data
ENV NODE_ENV=production DATA_DIR=/data
USER node
VOLUME /data
EXPOSE 6634
STOPSIGNAL SIGTERM
# Whether it answers, not whether all is well: a restart brings no exchange back.
HEALTHCHECK --interval=30s --timeout=10s --start-period=30s CMD ["orderbook-manager", "ping"]
ENTRYPOINT ["tini", "--", "orderbook-logger"]
