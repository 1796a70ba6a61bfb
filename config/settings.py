"""All settings in one place; secure unless told otherwise.

The table of environment variables stands in README.md.
"""

import base64
import os
from datetime import timedelta
from pathlib import Path
from urllib.parse import urlsplit

from csp.constants import NONE, SELF
from django.core.exceptions import ImproperlyConfigured

from config.environment import Environment

BASE_DIR = Path(__file__).resolve().parent.parent
ENV = Environment(BASE_DIR)
VAR_DIR = Path(ENV.text("VAR_DIR", str(BASE_DIR / "var"))).resolve()
PRODUCTION = ENV.is_production

DEBUG = False
SECRET_KEY = ENV.secret("SECRET_KEY", VAR_DIR / "secret_key")
KEY_FILE = Path(ENV.required("KEY_FILE", str(VAR_DIR / "keys.json")))
PUBLIC_URL = ENV.address(
    "PUBLIC_URL", f"http://127.0.0.1:{ENV.number('PORT', 8000)}", ("https",) if PRODUCTION else ("https", "http")
).rstrip("/")
ALLOWED_HOSTS = ENV.listed("ALLOWED_HOSTS", "127.0.0.1,localhost,[::1]")
LIMITS = ENV.switch("LIMITS", default=True)
if PRODUCTION and not LIMITS:
    raise ImproperlyConfigured("LIMITS=off is for load tests in development only")

INSTALLED_APPS = [
    "config.apps.ConfigApp",
    "config.apps.StaffAdminConfig",
    "django.contrib.auth",
    "django.contrib.contenttypes",
    "django.contrib.messages",
    "django.contrib.staticfiles",
    "django.forms",
    "django_countries",
    "encrypted_model_fields",
    "catalogue",
    "backoffice",
    "encryption",
    "notifications",
    "privacy",
    "accounts",
    # After accounts: the package looks for the user model when it is loaded.
    "django_otp",
    "django_otp_webauthn",
    "security",
    "world",
]

MIDDLEWARE = [
    "config.middleware.request_id",
    "config.middleware.believe_trusted_proxies_only",
    "django.middleware.security.SecurityMiddleware",
    "csp.middleware.CSPMiddleware",
    "django_permissions_policy.PermissionsPolicyMiddleware",
    "whitenoise.middleware.WhiteNoiseMiddleware",
    "config.middleware.refuse_unreadable_input",
    "django.contrib.sessions.middleware.SessionMiddleware",
    "django.middleware.locale.LocaleMiddleware",
    "django.middleware.common.CommonMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    "django_otp.middleware.OTPMiddleware",
    "config.signing_in.SignInAndReturn",
    "django.contrib.messages.middleware.MessageMiddleware",
    "config.staff_steps.StaffTakeASecondStep",
    "config.agreeing.AgreeFirst",
    "django.middleware.clickjacking.XFrameOptionsMiddleware",
    "config.middleware.private_pages_stay_private",
    "config.middleware.wrong_methods_get_a_page",
    "config.middleware.refuse_what_no_column_holds",
    "accounts.middleware.readers_time_zone",
    "notifications.privacy_control.honour_privacy_control",
    "security.last_use.keep_last_use",
    "security.browsers.carry_cookie",
]

ROOT_URLCONF = "config.urls"
WSGI_APPLICATION = "config.wsgi.application"
TEMPLATES = [
    {
        "BACKEND": "django.template.backends.django.DjangoTemplates",
        "DIRS": [BASE_DIR / "templates"],
        "APP_DIRS": True,
        "OPTIONS": {
            "context_processors": [
                "django.template.context_processors.request",
                "django.contrib.auth.context_processors.auth",
                "django.contrib.messages.context_processors.messages",
                "accounts.context_processors.shell",
                "security.context_processors.alert",
                "notifications.context_processors.inbox",
                "notifications.context_processors.announcements",
            ],
        },
    },
]
FORM_RENDERER = "django.forms.renderers.TemplatesSetting"

# --- data ---------------------------------------------------------------------------------------------------------
DATABASES = {
    "default": ENV.database("DATABASE_URL", f"sqlite:///{VAR_DIR / 'hedgerow.sqlite3'}"),
    # Wrapped data keys live apart from what they open: a dump of one is worth nothing without the other.
    "keystore": ENV.database("KEYSTORE_URL", f"sqlite:///{VAR_DIR / 'keystore.sqlite3'}"),
}
DATABASE_ROUTERS = ["encryption.routers.KeystoreRouter"]
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"
VAR_DIR.mkdir(mode=0o700, parents=True, exist_ok=True)

# Production counts attempts and rings for work across processes, which memory cannot.
REDIS_URL = ENV.address("REDIS_URL", "", ("redis", "rediss", "unix"))
CACHES = {
    "default": {"BACKEND": "django.core.cache.backends.redis.RedisCache", "LOCATION": REDIS_URL}
    if REDIS_URL
    else {"BACKEND": "django.core.cache.backends.locmem.LocMemCache"}
}
STORAGES = {
    "default": {"BACKEND": "encryption.storage.EncryptedStorage"},
    "uploads_backend": {
        "BACKEND": "django.core.files.storage.FileSystemStorage",
        "OPTIONS": {
            "location": VAR_DIR / "uploads",
            "file_permissions_mode": 0o600,
            "directory_permissions_mode": 0o700,
        },
    },
    "staticfiles": {"BACKEND": "django.contrib.staticfiles.storage.StaticFilesStorage"},
}

# The stock package wants a key at import. Nothing is ever encrypted with this one: our fields replace its cipher.
FIELD_ENCRYPTION_KEY = base64.urlsafe_b64encode(os.urandom(32)).decode()

# --- people -------------------------------------------------------------------------------------------------------
AUTH_USER_MODEL = "accounts.Member"
PRIVACY_PROFILE_MODEL = "accounts.Profile"
PRIVACY_RELATIONSHIPS = "accounts.relationships.SocialGraph"
AUTHENTICATION_BACKENDS = ["accounts.sign_in.EmailBackend"]
LOGIN_URL = "accounts:sign-in"
LOGIN_REDIRECT_URL = "accounts:home"
PASSWORD_HASHERS = ["security.hashing.Argon2idHasher"]
# manage.py calibrate_passwords measures what suits a machine.
ARGON2_TIME_COST = ENV.number("ARGON2_TIME_COST", 3)
ARGON2_MEMORY_KIB = ENV.number("ARGON2_MEMORY_KIB", 64 * 1024)
if ARGON2_TIME_COST < 1 or ARGON2_MEMORY_KIB < 19 * 1024:
    raise ImproperlyConfigured("ARGON2_TIME_COST must be 1 or more, and ARGON2_MEMORY_KIB 19456 or more")
AUTH_PASSWORD_VALIDATORS = [
    {"NAME": "django.contrib.auth.password_validation.MinimumLengthValidator", "OPTIONS": {"min_length": 12}},
    {"NAME": "accounts.password_rules.NotACommonOneValidator"},
    {"NAME": "accounts.password_rules.NotARowOfKeysValidator"},
    {"NAME": "accounts.password_rules.NotYourOwnDetailsValidator"},
]
MINIMUM_AGE = ENV.number("MINIMUM_AGE", 13)
ADULT_AGE = ENV.number("ADULT_AGE", 18)
# So long who cancelled comes back by signing in, or by the link that is mailed.
DOWNLOAD_KEPT = timedelta(days=7)
CANCELLATION_GRACE = timedelta(days=14)
TOKEN_LIFETIMES = {
    "verify-email": timedelta(days=7),
    "reset-password": timedelta(hours=2),
    "change-email": timedelta(days=1),
    "stop-email": timedelta(days=7),
    "not-me": timedelta(days=7),
    "new-password": timedelta(hours=1),
    "invite-staff": timedelta(days=3),
    "keep-account": CANCELLATION_GRACE,
}

# --- second steps ---------------------------------------------------------------------------------------------
OTP_WEBAUTHN_CREDENTIAL_MODEL = "security.Passkey"
OTP_WEBAUTHN_HELPER_CLASS = "security.passkeys.Helper"
OTP_WEBAUTHN_RP_NAME = "Hedgerow"
# Browsers tie a passkey to a name, never to an address: a development site has passkeys at http://localhost.
PUBLIC_HOST = urlsplit(PUBLIC_URL).hostname or ""
IS_NUMBERED = PUBLIC_HOST == "::1" or PUBLIC_HOST.replace(".", "").isdecimal()
OTP_WEBAUTHN_RP_ID = "localhost" if IS_NUMBERED else PUBLIC_HOST
OTP_WEBAUTHN_ALLOWED_ORIGINS = [PUBLIC_URL.replace(f"//{PUBLIC_HOST}", f"//{OTP_WEBAUTHN_RP_ID}")]
FRESH_FOR = int(timedelta(minutes=15).total_seconds())
STAFF_FACTOR_AGE = int(timedelta(hours=8).total_seconds())
STAFF_SESSION_AGE = int(timedelta(hours=10).total_seconds())
STAFF_IDLE = int(timedelta(minutes=30).total_seconds())
# What the package would log may hold what a browser has sent.
OTP_WEBAUTHN_EXCEPTION_LOGGER_NAME = ""

SESSION_ENGINE = "security.sessions"
SESSION_COOKIE_AGE = int(timedelta(days=30).total_seconds())
# The __Host- prefix ties a cookie to this very host, and browsers accept it with Secure only.
SECURE = PRODUCTION or PUBLIC_URL.startswith("https://")
SESSION_COOKIE_NAME = "__Host-session" if SECURE else "session"
CSRF_COOKIE_NAME = "__Host-csrf" if SECURE else "csrf"
SESSION_COOKIE_SECURE = CSRF_COOKIE_SECURE = SECURE
SESSION_COOKIE_HTTPONLY = CSRF_COOKIE_HTTPONLY = True
SESSION_COOKIE_SAMESITE = CSRF_COOKIE_SAMESITE = "Lax"
MESSAGE_STORAGE = "django.contrib.messages.storage.session.SessionStorage"
CSRF_FAILURE_VIEW = "config.errors.csrf_failure"
CSRF_TRUSTED_ORIGINS = [PUBLIC_URL]

# --- the channel --------------------------------------------------------------------------------------------------
SECURE_SSL_REDIRECT = SECURE and PRODUCTION
SECURE_HSTS_SECONDS = int(timedelta(days=365).total_seconds()) if SECURE else 0
SECURE_HSTS_INCLUDE_SUBDOMAINS = SECURE_HSTS_PRELOAD = SECURE
TRUSTED_PROXIES = ENV.networks("TRUSTED_PROXIES")
SECURE_PROXY_SSL_HEADER = ("HTTP_X_FORWARDED_PROTO", "https") if TRUSTED_PROXIES else None
SECURE_REFERRER_POLICY = "same-origin"
SECURE_REDIRECT_EXEMPT = [r"^healthz$", r"^readyz$"]
X_FRAME_OPTIONS = "DENY"
CONTENT_SECURITY_POLICY = {
    "DIRECTIVES": {
        "default-src": [NONE],
        "script-src": [SELF],
        "style-src": [SELF],
        "img-src": [SELF, "data:"],
        "font-src": [SELF],
        "connect-src": [SELF],
        "form-action": [SELF],
        "base-uri": [NONE],
        "frame-ancestors": [NONE],
        "object-src": [NONE],
    },
}
PERMISSIONS_POLICY: dict[str, list[str]] = {
    name: [] for name in ("camera", "display-capture", "geolocation", "microphone", "payment", "usb")
}
DATA_UPLOAD_MAX_MEMORY_SIZE = 2 * 1024 * 1024
DATA_UPLOAD_MAX_NUMBER_FIELDS = 400
PICTURE_MAX_BYTES = 10 * 1024 * 1024
PICTURE_MAX_PIXELS = 50_000_000
FILE_UPLOAD_MAX_MEMORY_SIZE = PICTURE_MAX_BYTES
# No handler may spill an upload to a temporary file: pictures touch the disk encrypted or not at all.
FILE_UPLOAD_HANDLERS = ["django.core.files.uploadhandler.MemoryFileUploadHandler"]

# --- mail ---------------------------------------------------------------------------------------------------------
EMAIL_TIMEOUT = 20
MAIL_DOMAIN = urlsplit(PUBLIC_URL).hostname if PRODUCTION else "hedgerow.example"
DEFAULT_FROM_EMAIL = SERVER_EMAIL = ENV.text("FROM_EMAIL", f"Hedgerow <post@{MAIL_DOMAIN}>")
SECURITY_CONTACT = ENV.text("SECURITY_CONTACT", f"mailto:security@{MAIL_DOMAIN}")
EMAIL = ENV.mail("EMAIL_URL", VAR_DIR / "mail")
MAIL_PAGE = EMAIL["folder"] is not None
EMAIL_BACKEND, EMAIL_FILE_PATH = EMAIL["backend"], EMAIL["folder"]
MAIL_PROVIDER = EMAIL["provider"]
ANYMAIL = ENV.provider(EMAIL, "MAIL_WEBHOOK_SECRET")
EMAIL_HOST, EMAIL_PORT = EMAIL["host"], EMAIL["port"]
EMAIL_HOST_USER, EMAIL_HOST_PASSWORD = EMAIL["user"], EMAIL["password"]
EMAIL_USE_TLS, EMAIL_USE_SSL = EMAIL["starttls"], EMAIL["tls"]

SMS_URL, SMS_FOLDER = ENV.texts("SMS_URL", VAR_DIR / "sms")

# --- words, time, static files ------------------------------------------------------------------------------------
LANGUAGE_CODE = "en-gb"
LANGUAGES = [("en-gb", "English")]
LOCALE_PATHS = [BASE_DIR / "locale"]
FORMAT_MODULE_PATH = "config.formats"
TIME_ZONE = "UTC"
USE_TZ = True
STATIC_URL = "/static/"
STATICFILES_DIRS = [BASE_DIR / "static"]
COLLECTED = PRODUCTION
STATIC_ROOT = BASE_DIR / "static_collected" if COLLECTED else None
WHITENOISE_USE_FINDERS = not COLLECTED
WHITENOISE_MAX_AGE = 3600
if COLLECTED:
    STORAGES["staticfiles"] = {"BACKEND": "whitenoise.storage.CompressedManifestStaticFilesStorage"}

# --- logs: ids and names of fields only, never a value ------------------------------------------------------------
LOG_LEVEL = ENV.text("LOG_LEVEL", "INFO")
LOGGING = {
    "version": 1,
    "disable_existing_loggers": False,
    "formatters": {"json": {"()": "config.logs.JsonFormatter"}},
    "handlers": {"stderr": {"class": "logging.StreamHandler", "formatter": "json"}},
    "root": {"handlers": ["stderr"], "level": LOG_LEVEL},
    "loggers": {
        "celery": {"level": "WARNING"},
        "django.request": {"level": "ERROR"},
        "django.server": {"handlers": [], "propagate": False},
        "django.security": {"level": "WARNING"},
    },
}
