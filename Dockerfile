# One image for every process: `waitroom web`, `waitroom admitter`, `waitroom worker`, `waitroom migrate`.

FROM python:3.12-slim AS packages
RUN python -m venv /venv
COPY requirements/runtime.txt /requirements.txt
# By hash: an index that serves anything else than what was tested makes the build fail.
RUN /venv/bin/pip install --no-cache-dir --disable-pip-version-check --require-hashes \
    -r /requirements.txt

FROM python:3.12-slim
# A fixed number, so that secret files and volumes can be given to it. A new volume has the owner of
# the folder that it covers: `waitroom static-files` writes to this one.
RUN useradd --uid 10001 --no-create-home --shell /usr/sbin/nologin waitroom \
    && install -d -o waitroom -g waitroom /srv/waitroom
COPY --from=packages /venv /venv
WORKDIR /app
COPY domain domain
COPY topology topology
COPY issuance issuance
COPY waitroom waitroom
COPY passes passes
COPY application application
COPY web web
COPY processes processes
COPY load load
COPY cli cli
# For `waitroom --version`.
COPY pyproject.toml pyproject.toml
# Compiled now, as the user may not write here later.
RUN python -m compileall -q . \
    && printf '#!/bin/sh\nexec python -P -m cli "$@"\n' > /venv/bin/waitroom \
    && chmod 755 /venv/bin/waitroom
ENV PATH=/venv/bin:$PATH PYTHONPATH=/app PYTHONUNBUFFERED=1 PYTHONDONTWRITEBYTECODE=1
USER waitroom
EXPOSE 8000
# No HEALTHCHECK here: only `web` can be asked over HTTP, and compose.yaml does so. There is no curl:
#   python -c "import urllib.request as u; u.urlopen('http://127.0.0.1:8000/healthz', timeout=3)"
ENTRYPOINT ["waitroom"]
CMD ["--help"]
