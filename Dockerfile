# Two images from one file:
#   docker build -t toolgate .                          small: the gateway, Node, npx and a shell, nothing else
#   docker build -t toolgate:debian --target debian .   on Debian, to be extended with apt-get (Python, uv, ...)

FROM node:24-bookworm-slim AS build
WORKDIR /app
COPY package.json package-lock.json .npmrc ./
RUN npm ci --ignore-scripts
COPY tsconfig.json nest-cli.json ./
COPY scripts scripts
COPY prisma prisma
COPY src src
RUN npm run build
# What runs needs neither the compilers nor their peers (the Prisma CLI among them), nor what packages carry for
# developers and browsers, nor query compilers for other databases than Postgres.
RUN npm prune --omit=dev --legacy-peer-deps --ignore-scripts \
 && find node_modules dist -type f \
      \( -name '*.map' -o -name '*.d.ts' -o -name '*.d.mts' -o -name '*.d.cts' -o -name '*.tsbuildinfo' -o -name '*.md' \
      -o -name 'swagger-ui-es-bundle*' \) -delete \
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
COPY package.json LICENSE config.example.yaml docker/healthcheck.mjs ./
USER node
VOLUME /app/data
EXPOSE 4000
HEALTHCHECK --interval=10s --timeout=3s --start-period=30s CMD ["node", "/app/healthcheck.mjs"]
ENTRYPOINT ["node", "/app/dist/main.js"]

# The parts of Debian that Node, npx and the scripts of npm packages use, with the libraries these need.
FROM node:24-bookworm-slim AS parts
RUN mkdir -p /parts/usr/bin /parts/usr/local/bin /parts/usr/local/lib/node_modules /parts/etc /parts/tmp \
 && ln -s usr/bin /parts/bin && ln -s usr/lib /parts/lib && ln -s usr/lib64 /parts/lib64 \
 && chmod 1777 /parts/tmp \
 && cp /etc/passwd /etc/group /parts/etc/ \
 && cp -a /usr/local/bin/node /usr/local/bin/npm /usr/local/bin/npx /parts/usr/local/bin/ \
 && cp -a /usr/local/lib/node_modules/npm /parts/usr/local/lib/node_modules/ \
 && rm -rf /parts/usr/local/lib/node_modules/npm/docs /parts/usr/local/lib/node_modules/npm/man \
 && for program in sh basename cat chmod cp dirname env grep head id ln ls mkdir mv readlink rm sed sleep tail tr uname; do \
      cp -L "$(command -v $program)" /parts/usr/bin/ || exit 1; \
    done \
 && ldd /parts/usr/bin/* /parts/usr/local/bin/node | grep -o '/lib[^ ]*' | sort -u | while read -r library; do \
      mkdir -p "/parts/usr$(dirname "$library")" && cp -L "$library" "/parts/usr$library" || exit 1; \
    done

FROM scratch
ENV NODE_ENV=production HOST=0.0.0.0 TOOLGATE_DATA_DIR=/app/data \
    PATH=/usr/local/bin:/usr/bin:/bin HOME=/home/node
WORKDIR /app
COPY --from=parts /parts /
COPY --from=parts --chown=1000:1000 /home/node /home/node
COPY --from=build --chown=1000:1000 /app/data data
COPY --from=build /app/node_modules node_modules
COPY --from=build /app/prisma prisma
COPY --from=build /app/dist dist
COPY package.json LICENSE config.example.yaml docker/healthcheck.mjs ./
USER 1000:1000
VOLUME /app/data
EXPOSE 4000
HEALTHCHECK --interval=10s --timeout=3s --start-period=30s CMD ["node", "/app/healthcheck.mjs"]
ENTRYPOINT ["node", "/app/dist/main.js"]
