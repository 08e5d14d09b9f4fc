"""Settings. Those that depend on the machine come from the environment: docs/operating.md.

Importing them creates nothing: mapcenter/state.py makes the state directory.
"""

import warnings
from datetime import timedelta

from csp.constants import NONE, SELF

from mapcenter import __version__, state
from mapcenter.env import (
    env_bool,
    env_choice,
    env_database,
    env_hosts,
    env_int,
    env_path,
    env_redis,
    env_seconds,
    env_share,
    env_text,
    env_time_zone,
)
from mapcenter.logs import FORMATS, LEVELS, logging_config

BASE_DIR = state.BASE_DIR
STATE_DIRECTORY = state.STATE_DIRECTORY
VERSION = __version__

DEBUG = env_bool("DEBUG")
SECRET_KEY = state.secret_key()
SECRET_KEY_IS_GIVEN = bool(env_text("SECRET_KEY"))  # or else this machine has made its own
ALLOWED_HOSTS = env_hosts("ALLOWED_HOSTS", "localhost,127.0.0.1,[::1]")
REDIS_URL = env_redis("REDIS_URL")
LOADTEST_REDIS_URL = env_redis("LOADTEST_REDIS_URL") or REDIS_URL  # better not the tested one
PORT = env_int("PORT", 8000, 1, 65535)
PATH_PREFIX = env_path("PATH_PREFIX")  # which the proxy removes; mapcenter/asgi.py adds it again
HEARTBEAT = env_seconds("HEARTBEAT", 25)  # between two frames to an idle viewer
HEARTBEAT_SPREAD = env_share("HEARTBEAT_SPREAD", 0.2, 0.2)  # viewers wait for one of 1.2 times that

INSTALLED_APPS = [
    "django.contrib.admin",
    "django.contrib.auth",
    "django.contrib.contenttypes",
    "django.contrib.sessions",
    "django.contrib.messages",
    "viewers",  # before staticfiles, whose runserver it replaces
    "django.contrib.staticfiles",
    "axes",
    "broadcaster",
    "loadtest",
]
RQ_QUEUES = {}
if REDIS_URL:  # a worker takes scheduled cues; without Redis the serving process does
    RQ_QUEUES["default"] = {"URL": REDIS_URL}
if LOADTEST_REDIS_URL:
    RQ_QUEUES |= {name: {"URL": LOADTEST_REDIS_URL} for name in ("loadtest", "simulators")}
if RQ_QUEUES:
    INSTALLED_APPS.append("django_rq")
    RQ_SHOW_ADMIN_LINK = False  # broadcaster/admin/rq_dashboard.py shows it to schedulers only

MIDDLEWARE = [
    "mapcenter.middleware.DatabaseConnections",
    "django.middleware.security.SecurityMiddleware",
    "mapcenter.middleware.StaticFiles",
    "csp.middleware.CSPMiddleware",
    "mapcenter.middleware.usable_text",
    "mapcenter.middleware.admin_methods",
    "django.contrib.sessions.middleware.SessionMiddleware",
    "viewers.pages.language.LanguageByAddress",
    "django.middleware.common.CommonMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    "django.contrib.messages.middleware.MessageMiddleware",
    "django.middleware.clickjacking.XFrameOptionsMiddleware",
    "axes.middleware.AxesMiddleware",
]
# Nothing inline, and nothing from other hosts. 'self' includes WebSockets to the same host.
# viewers/pages/live.py adds the hash of the one line that its page has.
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

SQLITE = {
    "ENGINE": "django.db.backends.sqlite3",
    "NAME": STATE_DIRECTORY / "mapcenter.sqlite3",
}
DATABASES = {"default": env_database("DATABASE_URL", SQLITE)}
if DATABASES["default"]["ENGINE"].endswith("sqlite3"):
    DATABASES["default"] |= {
        "ENGINE": "mapcenter.sqlite3",
        "CONN_MAX_AGE": None,  # each thread keeps its connection
        "CONN_HEALTH_CHECKS": True,  # unless the file has been replaced
    }
    DATABASES["default"]["OPTIONS"] = {
        # Take the write lock when a transaction begins. A transaction that begins with reading and
        # then writes would fail at once with "database is locked" instead of waiting.
        "transaction_mode": "IMMEDIATE",
        "timeout": 20,  # seconds
        "init_command": "PRAGMA journal_mode=WAL",
    }
else:
    # Each request opens a connection of its own. While the server hangs, opening one fails after
    # 2 s; a query on an open one fails after 5 s or more.
    #
    # Without these a query waits for as long as its server or the network hangs: a quarter of an
    # hour. DATABASE_URL may override each, as in ?connect_timeout=10.
    DATABASES["default"]["OPTIONS"] = {
        "connect_timeout": 2,  # seconds, for each address of the host; libpq's minimum
        "tcp_user_timeout": 5000,  # milliseconds without acknowledgement: the host is gone
        "keepalives_idle": 5,  # seconds; the same for a host that vanishes while a query runs
        "keepalives_interval": 1,
        "options": " ".join(
            [
                # Waits for locks count. The longest statement is a page of the audit: 0.1 s.
                "-c statement_timeout=10s",
                # A process that freezes in a take would hold the broadcast's lock for good.
                "-c idle_in_transaction_session_timeout=5s",
            ]
        ),
    } | DATABASES["default"].get("OPTIONS", {})
TEST_RUNNER = "tests.support.runner.Runner"

CHANNEL_LAYERS = {
    "default": {
        "BACKEND": "channels_redis.core.RedisChannelLayer",
        # The layer waits 5 s for a message, and 5 s is also redis-py's default timeout: every
        # idle broadcast would look like a lost Redis.
        "CONFIG": {
            "hosts": [{"address": REDIS_URL, "socket_timeout": 30}],
            "serializer_format": env_choice("LAYER_FORMAT", "msgpack", ("msgpack", "json")),
        },
    }
    if REDIS_URL
    else {"BACKEND": "channels.layers.InMemoryChannelLayer"}
}

# Log-in: wrong passwords lock a user name from an address. broadcaster/admin/login.py has the rest.
AUTHENTICATION_BACKENDS = [
    "axes.backends.AxesStandaloneBackend",
    "django.contrib.auth.backends.ModelBackend",
]
# Single sign-on, without passwords: docs/security.md.
LOGIN_PROXY_SECRET = env_text("LOGIN_PROXY_SECRET")
if LOGIN_PROXY_SECRET:
    AUTHENTICATION_BACKENDS[-1] = "mapcenter.single_sign_on.ProxyUserBackend"
    after = MIDDLEWARE.index("django.contrib.auth.middleware.AuthenticationMiddleware") + 1
    MIDDLEWARE.insert(after, "mapcenter.single_sign_on.LoginByProxy")
AXES_LOCKOUT_PARAMETERS = [["username", "ip_address"]]
AXES_FAILURE_LIMIT = 5
AXES_COOLOFF_TIME = timedelta(minutes=5)
AXES_RESET_COOL_OFF_ON_FAILURE_DURING_LOCKOUT = False  # so that the lock ends at the announced time
AXES_RESET_ON_SUCCESS = True
AXES_LOCKOUT_CALLABLE = "broadcaster.admin.login.locked_response"
AXES_CLIENT_IP_CALLABLE = "broadcaster.admin.login.client_address"
AXES_DISABLE_ACCESS_LOG = True  # the audit has what failed
AXES_ENABLE_ADMIN = False
AXES_VERBOSE = False
AUTH_PASSWORD_VALIDATORS = [
    {"NAME": f"django.contrib.auth.password_validation.{name}"}
    for name in ("MinimumLengthValidator", "CommonPasswordValidator")
]
CSRF_TRUSTED_ORIGINS = [
    f"https://*{host}" if host.startswith(".") else f"https://{host}"
    for host in ALLOWED_HOSTS
    if host[0] not in "*["
]
HTTPS = env_bool("HTTPS")
SESSION_ENGINE = "mapcenter.sessions"
SESSION_COOKIE_SECURE = CSRF_COOKIE_SECURE = HTTPS  # browsers send them over TLS only
# Browsers then use TLS only, for 30 days. Responses over HTTP, as to a health check, have no such
# header.
SECURE_HSTS_SECONDS = 30 * 24 * 3600 if HTTPS else 0
FORCE_SCRIPT_NAME = PATH_PREFIX or None
SESSION_COOKIE_PATH = CSRF_COOKIE_PATH = f"{PATH_PREFIX}/"
SILENCED_SYSTEM_CHECKS = [
    "security.W005",  # HSTS for subdomains: other hosts are not ours to decide on
    "security.W008",  # redirect from HTTP: the proxy does it, and asks for /readyz over HTTP
    "security.W021",  # HSTS preloading: a decision of the domain's owner, hard to undo
]

LANGUAGE_CODE = "en"
LANGUAGES = [("en", "English"), ("es", "Español")]  # of viewers' pages, by their own names
LOCALE_PATHS = [BASE_DIR / "locale"]
# Of the newsroom: every page and form shows times in it. U.S. newsrooms give times of an election
# night in Eastern time.
TIME_ZONE = env_time_zone("TIME_ZONE", "America/New_York")
USE_TZ = True

STATIC_URL = "static/"
STATIC_ROOT = state.STATIC_ROOT
STORAGES = {
    "default": {"BACKEND": "django.core.files.storage.FileSystemStorage"},
    "staticfiles": {"BACKEND": "mapcenter.storage.HashedStaticFiles"},
}
WHITENOISE_USE_FINDERS = True  # so that static files are served before collectstatic has run
# Under ASGI Django warns about each static file. WhiteNoise reads them in a thread, which is right.
warnings.filterwarnings("ignore", "StreamingHttpResponse must consume synchronous iterators")

LOGGING = logging_config(
    env_choice("LOG_FORMAT", "lines", FORMATS), env_choice("LOG_LEVEL", "warning", LEVELS)
)
