# The base is pinned to the byte: the digest is that of the index for all platforms, as
# `docker buildx imagetools inspect node:24.15.0-alpine3.23` prints it.
FROM node:24.15.0-alpine3.23@sha256:d1b3b4da11eefd5941e7f0b9cf17783fc99d9c6fc34884a665f40a06dbdfc94f
ARG VERSION=0.1.0
# The published package alone: it has no dependencies, and no script of it runs.
RUN npm install --global --ignore-scripts "hugwire@${VERSION}" && npm cache clean --force
USER node
WORKDIR /home/node
ENTRYPOINT ["hugwire", "serve"]
