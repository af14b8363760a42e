# The app alone, without what only training needs. Build and run:
#   docker build -t ham10000-lab . && docker run --rm -p 8501:8501 ham10000-lab
# No Debian package is added: every wheel brings its own libraries.
FROM python:3.11-slim

ENV PYTHONUNBUFFERED=1 \
    PYTHONDONTWRITEBYTECODE=1 \
    HAM10000_ALLOW_DOWNLOAD=0

RUN useradd --create-home --uid 10001 app && install -d -o app /app/state
WORKDIR /app

# First what changes least: the packages are installed again only when a pin changes.
COPY requirements.txt ./
COPY dashboard/requirements.txt dashboard/
# For example `--build-arg "EXTRA_PACKAGES=psycopg[binary]"`, which a class database on PostgreSQL needs.
ARG EXTRA_PACKAGES=""
# hadolint ignore=DL3013
RUN python -m pip install --no-cache-dir -r dashboard/requirements.txt ${EXTRA_PACKAGES:+"$EXTRA_PACKAGES"} \
    && python -m compileall -q /usr/local/lib/python3.11/site-packages

COPY .streamlit/config.toml .streamlit/
COPY trained_models trained_models/
COPY core core/
COPY dashboard dashboard/
RUN python -m compileall -q core dashboard

# Rooms of classes; mount a volume here, or they end with the container.
VOLUME /app/state
USER 10001
EXPOSE 8501
HEALTHCHECK --interval=30s --timeout=5s --start-period=30s \
    CMD ["python", "-c", "import urllib.request; urllib.request.urlopen('http://127.0.0.1:8501/_stcore/health', timeout=4)"]
CMD ["streamlit", "run", "dashboard/Home.py", "--server.address=0.0.0.0"]
