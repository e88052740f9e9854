# docker build -t statustrio .
# docker run --read-only --cap-drop ALL -v "$PWD/providers.yaml:/etc/statustrio/providers.yaml:ro" -v statustrio:/data statustrio
#
# Stop it with `docker stop` (it ends within 5 s), let it read its configuration again with `docker kill -s HUP`.

FROM python:3.13-slim AS build
WORKDIR /src
COPY pyproject.toml README.md LICENSE schema.sql ./
COPY statustrio statustrio
RUN python -m venv /opt/statustrio && /opt/statustrio/bin/pip install --no-cache-dir '.[all]'

FROM python:3.13-slim
COPY --from=build /opt/statustrio /opt/statustrio
# A number, so that an orchestrator can see that it is not root.
RUN install -d -o 10001 -g 10001 -m 0700 /data
USER 10001:10001
VOLUME /data
# The configuration is the one in /etc/statustrio, as there is none here; secrets come as NAME or NAME_FILE.
WORKDIR /data
ENV PATH=/opt/statustrio/bin:$PATH \
    PYTHONDONTWRITEBYTECODE=1 \
    STATUSTRIO_DB=/data/statustrio.db
HEALTHCHECK --interval=60s --timeout=10s --start-period=60s CMD ["statustrio", "health"]
ENTRYPOINT ["statustrio"]
CMD ["run"]
