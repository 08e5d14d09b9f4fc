"""Settings. What depends on the machine comes from the environment: see docs/operating.md."""

import contextlib
import os
import secrets
import tempfile
import warnings
from pathlib import Path

import dj_database_url
from csp.constants import NONE, SELF

BASE_DIR = Path(__file__).resolve().parent.parent
# What this machine makes: database, secret key, collected static files. systemd's name for it.
VAR = Path(os.environ.get("STATE_DIRECTORY", BASE_DIR / "var"))
VAR.mkdir(parents=True, exist_ok=True)


def env_list(name: str, default: str) -> list[str]:
    """A comma-separated environment variable."""
    return [item.strip() for item in os.environ.get(name, default).split(",") if item.strip()]


def env_bool(name: str) -> bool:
    """An environment variable that is on or off."""
    return os.environ.get(name, "").lower() in ("1", "true", "yes", "on")


def secret_key() -> str:
    """SECRET_KEY, or one that this machine makes once and keeps to itself."""
    if key := os.environ.get("SECRET_KEY"):
        return key
    path = VAR / "secret-key"
    if not path.exists():
        with tempfile.NamedTemporaryFile("w", dir=VAR) as file:  # readable by its owner alone
            file.write(secrets.token_urlsafe(50))
            file.flush()
            with contextlib.suppress(FileExistsError):  # another process was first: whole, too
                os.link(file.name, path)
    return path.read_text()


DEBUG = env_bool("DEBUG")
SECRET_KEY = secret_key()
ALLOWED_HOSTS = env_list("ALLOWED_HOSTS", "localhost,127.0.0.1,[::1]")
REDIS_URL = os.environ.get("REDIS_URL", "")
PORT = int(os.environ.get("PORT", "8000"))
HEARTBEAT = float(os.environ.get("HEARTBEAT", "25"))  # seconds between signs of life to viewers

INSTALLED_APPS = [
    "daphne",  # first: it replaces runserver
    "django.contrib.admin",
    "django.contrib.auth",
    "django.contrib.contenttypes",
    "django.contrib.sessions",
    "django.contrib.messages",
    "django.contrib.staticfiles",
    "broadcaster",
    "viewers",
    "loadtest",
]
if REDIS_URL:  # workers for what is scheduled; without Redis the serving process does it alone
    INSTALLED_APPS.append("django_rq")
    RQ_QUEUES = {"default": {"URL": REDIS_URL}}
    RQ_SHOW_ADMIN_LINK = False  # broadcaster/dashboard.py does, to those who may schedule

MIDDLEWARE = [
    "django.middleware.security.SecurityMiddleware",
    "whitenoise.middleware.WhiteNoiseMiddleware",
    "csp.middleware.CSPMiddleware",
    "django.contrib.sessions.middleware.SessionMiddleware",
    "viewers.pages.language.LanguageByAddress",
    "django.middleware.common.CommonMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    "django.contrib.messages.middleware.MessageMiddleware",
    "django.middleware.clickjacking.XFrameOptionsMiddleware",
    "mapcenter.middleware.in_one_thread",
]
# Nothing inline, nothing from elsewhere. 'self' includes WebSockets to the same host.
CONTENT_SECURITY_POLICY = {
    "DIRECTIVES": {
        "default-src": [NONE],
        "script-src": [SELF],
        "style-src": [SELF],
        "img-src": [SELF, "data:"],
        "connect-src": [SELF],
        "form-action": [SELF],
        "base-uri": [NONE],
        "frame-ancestors": [NONE],
    }
}

ROOT_URLCONF = "mapcenter.urls"
ASGI_APPLICATION = "mapcenter.asgi.application"

TEMPLATES = [
    {
        "BACKEND": "django.template.backends.django.DjangoTemplates",
        "APP_DIRS": True,
        "OPTIONS": {
            "context_processors": [
                "django.template.context_processors.request",
                "django.contrib.auth.context_processors.auth",
                "django.contrib.messages.context_processors.messages",
                "viewers.pages.language.switch",
            ]
        },
    }
]

DATABASES = {
    "default": dj_database_url.config(
        default=f"sqlite:///{VAR / 'mapcenter.sqlite3'}",
        conn_max_age=0,  # under ASGI every request has a thread of its own, and would keep one open
    )
}
if DATABASES["default"]["ENGINE"].endswith("sqlite3"):
    DATABASES["default"]["OPTIONS"] = {
        # Take the write lock when a transaction begins: a reader that becomes a writer later
        # would be refused at once ("database is locked") instead of waiting its turn.
        "transaction_mode": "IMMEDIATE",
        "timeout": 20,  # seconds
        "init_command": "PRAGMA journal_mode=WAL",
    }
TEST_RUNNER = "tests.support.runner.Runner"

DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"

CHANNEL_LAYERS = {
    "default": {
        "BACKEND": "channels_redis.core.RedisChannelLayer",
        # The layer waits 5 s for a message, which is as long as redis-py by itself waits for
        # anything: every idle broadcast would look like a Redis that is lost.
        "CONFIG": {"hosts": [{"address": REDIS_URL, "socket_timeout": 30}]},
    }
    if REDIS_URL
    else {"BACKEND": "channels.layers.InMemoryChannelLayer"}
}

AUTH_PASSWORD_VALIDATORS = [
    {"NAME": f"django.contrib.auth.password_validation.{name}"}
    for name in ("MinimumLengthValidator", "CommonPasswordValidator")
]
CSRF_TRUSTED_ORIGINS = [
    f"https://*{host}" if host.startswith(".") else f"https://{host}"
    for host in ALLOWED_HOSTS
    if host[0] not in "*["
]
SESSION_COOKIE_SECURE = CSRF_COOKIE_SECURE = env_bool("HTTPS")  # staff log in over TLS alone

LANGUAGE_CODE = "en"
LANGUAGES = [("en", "English"), ("es", "Español")]  # of viewers' pages, in their own words
LOCALE_PATHS = [BASE_DIR / "locale"]
TIME_ZONE = "America/New_York"  # election night is told in Eastern time
USE_TZ = True

STATIC_URL = "static/"
STATIC_ROOT = VAR / "static"
STATIC_ROOT.mkdir(exist_ok=True)  # whitenoise warns of a folder that is not there
STORAGES = {
    "default": {"BACKEND": "django.core.files.storage.FileSystemStorage"},
    "staticfiles": {"BACKEND": "mapcenter.storage.HashedStaticFiles"},
}
WHITENOISE_USE_FINDERS = True  # so that static files are served before collectstatic has run
# Said of each static file under ASGI: whitenoise reads them from disk in a thread, as it should.
warnings.filterwarnings("ignore", "StreamingHttpResponse must consume synchronous iterators")

LOGGING = {
    "version": 1,
    "disable_existing_loggers": False,
    "formatters": {"plain": {"format": "{asctime} {levelname} {name}: {message}", "style": "{"}},
    "handlers": {"stderr": {"class": "logging.StreamHandler", "formatter": "plain"}},
    "root": {"handlers": ["stderr"], "level": "WARNING"},
    "loggers": {"django.request": {"level": "ERROR"}},  # who is refused is told, not the log
}
