FROM node:24-alpine
ARG VERSION=latest
RUN npm install --global --ignore-scripts "hugwire@${VERSION}" && npm cache clean --force
USER node
ENTRYPOINT ["hugwire", "serve"]
