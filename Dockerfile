# syntax=docker/dockerfile:1

# Two images: `crawler`, the default, which is one command, and `scrapyd`, by --target scrapyd. compose.yaml uses both.
# The base is pinned by its exact tag. To pin it by digest too, add what this prints after the tag, in both places:
#   docker buildx imagetools inspect python:3.11.14-slim-bookworm --format '@{{.Manifest.Digest}}'

# The installed packages; every file is checked against the hashes of the lock files.
FROM python:3.11.14-slim-bookworm AS scrapyd-built
WORKDIR /src
COPY requirements-scrapyd.lock ./
RUN python -m venv --without-pip /venv \
    && pip --python /venv/bin/python install --no-cache-dir --only-binary :all: --require-hashes -r requirements-scrapyd.lock
COPY pyproject.toml README.md LICENSE ./
COPY caravan_crawler caravan_crawler
# Built with the setuptools of the lock file.
RUN pip --python /venv/bin/python wheel --no-cache-dir --no-deps --no-build-isolation --wheel-dir /wheel . \
    && pip --python /venv/bin/python install --no-cache-dir --no-deps /wheel/*.whl

FROM python:3.11.14-slim-bookworm AS crawler-built
WORKDIR /src
COPY requirements.lock ./
RUN python -m venv --without-pip /venv \
    && pip --python /venv/bin/python install --no-cache-dir --only-binary :all: --require-hashes -r requirements.lock
COPY --from=scrapyd-built /wheel /wheel
RUN pip --python /venv/bin/python install --no-cache-dir --no-deps /wheel/*.whl

# Common to both images: Python without pip, an unprivileged user, a folder for the data.
FROM python:3.11.14-slim-bookworm AS base
RUN python -m pip uninstall --yes --root-user-action ignore setuptools wheel pip \
    && groupadd --system --gid 10001 caravan \
    && useradd --system --uid 10001 --gid caravan --home-dir /data --no-create-home --shell /usr/sbin/nologin caravan \
    && install -d -o caravan -g caravan /data /var/lib/scrapyd
COPY --chmod=755 deploy/with-secrets.sh /usr/local/bin/with-secrets
ENV PATH=/venv/bin:$PATH \
    PYTHONDONTWRITEBYTECODE=1 \
    PYTHONUNBUFFERED=1 \
    CARAVAN_DATA_DIR=/data
VOLUME /data

FROM base AS scrapyd
COPY deploy/scrapyd.conf /etc/scrapyd/scrapyd.conf
COPY deploy/container-scrapyd.conf /etc/scrapyd/conf.d/container.conf
COPY deploy/container-scrapy.cfg /app/scrapy.cfg
COPY --from=scrapyd-built /venv /venv
WORKDIR /app
USER 10001:10001
VOLUME /var/lib/scrapyd
# All addresses of the container; compose.yaml publishes the port on loopback only.
ENV SCRAPYD_BIND_ADDRESS=0.0.0.0
EXPOSE 6800
# A healthy server responds with 401 without the password.
HEALTHCHECK --interval=30s --timeout=10s --start-period=20s --retries=3 \
    CMD ["python", "-c", "from http.client import HTTPConnection as C; c = C('127.0.0.1', 6800, timeout=5); c.request('GET', '/daemonstatus.json'); raise SystemExit(c.getresponse().status not in (200, 401))"]
ENTRYPOINT ["with-secrets"]
CMD ["scrapyd", "--pidfile="]

FROM base AS crawler
COPY --from=crawler-built /venv /venv
WORKDIR /data
USER 10001:10001
# A crawl ends by itself; check its exit code.
HEALTHCHECK NONE
ENTRYPOINT ["with-secrets", "caravan-crawler"]
CMD ["crawl", "caravan"]
