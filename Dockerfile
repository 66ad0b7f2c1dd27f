# Builds hugwire from the repository and serves it over HTTP; see docs/http.md. Over stdio: docker run -i --rm hugwire serve
# The base is pinned to the byte: the digest is that of the index for all platforms, as
# `docker buildx imagetools inspect node:24.15.0-alpine3.23` prints it.
FROM node:24.15.0-alpine3.23@sha256:d1b3b4da11eefd5941e7f0b9cf17783fc99d9c6fc34884a665f40a06dbdfc94f AS build
WORKDIR /build
COPY package.json package-lock.json .npmrc ./
RUN npm ci --ignore-scripts
COPY LICENSE README.md tsconfig.json tsup.config.ts ./
COPY bin bin
COPY build build
COPY src src
RUN npm run build && npm pack --ignore-scripts

FROM node:24.15.0-alpine3.23@sha256:d1b3b4da11eefd5941e7f0b9cf17783fc99d9c6fc34884a665f40a06dbdfc94f
COPY --from=build /build/hugwire-*.tgz /tmp/
# The package, and the client of Redis, for several instances with --state. No script of either runs.
RUN npm install --global --ignore-scripts /tmp/hugwire-*.tgz redis@6.3.1 && rm /tmp/hugwire-*.tgz && mkdir /data && chown node:node /data
ENV HUGWIRE_HOME=/data
VOLUME /data
USER node
WORKDIR /home/node
EXPOSE 3000
# Tells that it stops (503) while it answers what it was asked before.
HEALTHCHECK --interval=10s --timeout=3s --start-period=10s CMD wget -q -O /dev/null http://127.0.0.1:3000/healthz
ENTRYPOINT ["hugwire"]
CMD ["serve", "--http", "--host", "0.0.0.0", "--auth", "local"]
