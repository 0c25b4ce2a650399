# Barograph without its embedded servers: the images of compose.yaml, one for each target.
#
#   docker build --target ingest .       # takes frames in: without Dash and plotly
#   docker build --target dashboard .    # pages, and the owner's commands
#   docker build --target worker .       # tables of sessions that have ended
#
# Each has an environment in /opt/barograph, installed by hash, and runs as a user who can write nowhere in it. `make
# images` carries out these very steps without a container engine and says how large each is.
FROM python:3.11.13-slim-bookworm AS source
WORKDIR /src
COPY pyproject.toml README.md LICENSE ./
COPY barograph barograph
COPY analytics analytics
COPY ingest ingest
COPY dashboard dashboard
COPY notebooks notebooks

FROM source AS install-ingest
COPY locked-ingest.txt ./
RUN python -m venv --without-pip /opt/barograph \
 && python -m venv /opt/pip \
 && /opt/pip/bin/pip --python /opt/barograph/bin/python install --no-cache-dir --require-hashes --requirement locked-ingest.txt \
 && /opt/pip/bin/pip --python /opt/barograph/bin/python install --no-cache-dir --no-deps --no-index --no-build-isolation .

FROM source AS install-pages
COPY locked-image.txt ./
RUN python -m venv --without-pip /opt/barograph \
 && python -m venv /opt/pip \
 && /opt/pip/bin/pip --python /opt/barograph/bin/python install --no-cache-dir --require-hashes --requirement locked-image.txt \
 && /opt/pip/bin/pip --python /opt/barograph/bin/python install --no-cache-dir --no-deps --no-index --no-build-isolation .

FROM python:3.11.13-slim-bookworm AS runs
RUN useradd --create-home --uid 10001 barograph
COPY deploy/healthy.sh /usr/local/bin/healthy
ENV PATH=/opt/barograph/bin:/usr/local/bin:/usr/bin:/bin
USER barograph
WORKDIR /home/barograph
ENTRYPOINT ["barograph"]

FROM runs AS ingest
COPY --from=install-ingest /opt/barograph /opt/barograph
CMD ["ingest"]

FROM runs AS dashboard
COPY --from=install-pages /opt/barograph /opt/barograph
CMD ["dashboard"]

FROM runs AS worker
COPY --from=install-pages /opt/barograph /opt/barograph
CMD ["summaries", "--keep"]
