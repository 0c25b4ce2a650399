# Barograph without its embedded servers: the image of compose.yaml, for ingest and dashboard alike.
FROM python:3.11.13-slim-bookworm
WORKDIR /src
COPY pyproject.toml locked-image.txt README.md LICENSE ./
COPY barograph barograph
COPY analytics analytics
COPY ingest ingest
COPY dashboard dashboard
COPY notebooks notebooks
RUN pip install --no-cache-dir --require-hashes --requirement locked-image.txt \
 && pip install --no-cache-dir --no-deps --no-index --no-build-isolation . \
 && useradd --create-home barograph
USER barograph
WORKDIR /home/barograph
ENTRYPOINT ["barograph"]
