# Three images from one file:
#   docker build -t toolgate .                        the gateway, Node, npx and a small shell: what `FROM scratch` holds below
#   docker build -t toolgate:debian --target debian . the same on Debian, to be extended with apt-get (Python, uv, ...)

FROM node:24-bookworm-slim AS build
WORKDIR /app
COPY package.json package-lock.json .npmrc ./
RUN npm ci --ignore-scripts
COPY tsconfig.json nest-cli.json ./
COPY scripts scripts
COPY prisma prisma
COPY src src
RUN npm run build
# What runs needs neither the compiler nor its peers (the Prisma CLI among them), nor what packages ship for
# development, nor query engines for databases that are not Postgres.
RUN npm prune --omit=dev --legacy-peer-deps --ignore-scripts \
 && find node_modules dist -type f \
      \( -name '*.map' -o -name '*.d.ts' -o -name '*.d.mts' -o -name '*.d.cts' -o -name '*.tsbuildinfo' -o -name '*.md' \) -delete \
 && find node_modules/@prisma/client/runtime -type f -name 'query_compiler_*' \
      ! -name 'query_compiler_fast_bg.postgresql.*mjs' -delete \
 && mkdir data

FROM node:24-bookworm-slim AS debian
ENV NODE_ENV=production HOST=0.0.0.0 TOOLGATE_DATA_DIR=/app/data
WORKDIR /app
COPY --from=build --chown=node:node /app/data data
COPY --from=build /app/node_modules node_modules
COPY --from=build /app/prisma prisma
COPY --from=build /app/dist dist
COPY package.json LICENSE config.example.yaml ./
USER node
VOLUME /app/data
EXPOSE 4000
STOPSIGNAL SIGTERM
HEALTHCHECK --interval=10s --timeout=3s --start-period=30s --retries=3 CMD ["node", "-e", "fetch(`http://127.0.0.1:${process.env.PORT||4000}/health/liveliness`).then(r=>process.exit(r.ok?0:1),()=>process.exit(1))"]
ENTRYPOINT ["node", "/app/dist/main.js"]
