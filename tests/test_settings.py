"""What the environment says, and what it may not say."""

import base64
import os
import subprocess
import sys
from datetime import timedelta
from importlib.metadata import version
from pathlib import Path

import pytest

from domain.destinations import DestinationKind
from domain.errors import SetupFailed
from domain.timeline import OnDeadline, PublishWhen, Timeline
from naming import variable
from settings import Environment, LogFormat, Settings, variables
from tests.support.servers import ROOT


@pytest.fixture(autouse=True)
def empty_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in variables():
        monkeypatch.delenv(name, raising=False)


def test_nothing_set_is_a_careful_server_on_the_loopback() -> None:
    settings = Settings.load()

    assert settings.environment is Environment.PRODUCTION
    assert (settings.host, settings.port, settings.anonymous_allowed) == ("127.0.0.1", 8000, False)
    assert settings.timeline() == Timeline()
    assert settings.address == "http://localhost:8000"
    assert any("nobody can come in" in warning for warning in settings.warnings({}))


def test_every_setting_is_described_and_has_one_variable() -> None:
    assert len(variables()) == len(Settings.model_fields)
    assert all(description.endswith(".") for description in variables().values())
    assert variable("database_url") == "DATABASE_URL"
    assert variable("temporal_api_key") == "TEMPORAL_API_KEY"
    assert variable("temporal_port") == "TESSERA_TEMPORAL_PORT"
    assert variable("deadline") == "TESSERA_DEADLINE"


def test_the_environment_is_read(monkeypatch: pytest.MonkeyPatch) -> None:
    for name, value in {
        "DATABASE_URL": "postgres://tessera:hunter2@db/tessera",
        "ENVIRONMENT": "development",
        "TEMPORAL_DIRECT_SIGNALS": "on",
        "TESSERA_PORT": "9000",
        "TESSERA_LOG_FORMAT": "json",
        "TESSERA_DATA_DIR": "/var/lib/tessera",
        "WEBHOOK_SECRET": "",
        "TESSERA_DEADLINE": "20s",
        "TESSERA_REMIND_AFTER": "PT5S",
        "TESSERA_ON_DEADLINE": "escalate",
        "TESSERA_PUBLISH": "on_demand",
    }.items():
        monkeypatch.setenv(name, value)
    settings = Settings.load()

    assert (settings.temporal_direct_signals, settings.port) == (True, 9000)
    assert (settings.log_format, settings.data_dir) == (LogFormat.JSON, Path("/var/lib/tessera"))
    assert settings.webhook_secret is None, "empty counts as not set"
    assert settings.anonymous_allowed
    timeline = settings.timeline()
    assert (timeline.deadline, timeline.remind_after) == (
        timedelta(seconds=20),
        timedelta(seconds=5),
    )
    assert timeline.on_deadline is OnDeadline.ESCALATE
    assert timeline.publish is PublishWhen.ON_DEMAND
    assert "hunter2" not in repr(settings)


def test_the_bounds_of_what_others_may_choose_are_read() -> None:
    policy = Settings.load(
        timeline_least="deadline=3d, minimum_notice=4h",
        timeline_most="deadline=60d",
        on_deadline_allowed="expire,escalate",
        escalation_fallback="team:platform",
    ).server_policy()

    assert policy.bounds.least == {
        "deadline": timedelta(days=3),
        "minimum_notice": timedelta(hours=4),
    }
    assert policy.bounds.most == {"deadline": timedelta(days=60)}
    assert policy.bounds.silence == {OnDeadline.EXPIRE, OnDeadline.ESCALATE}
    assert policy.fallback == "team:platform"


def test_a_key_turns_authentication_on_in_development_too() -> None:
    settings = Settings.load(environment="development", bootstrap_api_key="0123456789abcdef")

    assert not settings.anonymous_allowed
    assert settings.warnings({}) == ()


@pytest.mark.parametrize(
    ("given", "told"),
    [
        ({"database_url": "sqlite:///tessera.db"}, "SQLite"),
        ({"database_url": "mysql://db/x"}, "Postgres"),
        ({"migration_database_url": "not a url"}, "not a URL"),
        ({"auth_disabled": True}, "AUTH_DISABLED is for development"),
        ({"port": "http"}, "TESSERA_PORT"),
        ({"port": 70_000}, "TESSERA_PORT"),
        ({"deadline": "soon"}, "TESSERA_DEADLINE: not a duration"),
        ({"deadline": "0s"}, "deadline"),
        ({"on_deadline": "hope"}, "TESSERA_ON_DEADLINE"),
        ({"days": "holidays"}, "TESSERA_DAYS"),
        ({"timeline_least": "deadline"}, "deadline"),
        ({"timeline_least": "naps=3d"}, "naps"),
        ({"timeline_most": "on_deadline=expire"}, "timeline_most"),
        ({"timeline_least": "deadline=15d"}, "at least P15D"),
        ({"on_deadline_allowed": "hope"}, "on_deadline_allowed"),
        ({"on_deadline": "approve", "on_deadline_allowed": "expire"}, "on_deadline"),
        ({"escalation_fallback": "platform"}, "team:<name>"),
        ({"environment": "staging"}, "ENVIRONMENT"),
        ({"max_body_bytes": 1}, "TESSERA_MAX_BODY_BYTES"),
        ({"rate_limit": -1}, "TESSERA_RATE_LIMIT"),
        ({"trusted_proxies": "10.0.0.1/8"}, "TESSERA_TRUSTED_PROXIES: `10.0.0.1/8` is no network"),
        ({"trusted_proxies": "*"}, "TESSERA_TRUSTED_PROXIES"),
        ({"cors_origins": "portal.example.com"}, "CORS_ORIGINS: `portal.example.com` is no origin"),
        ({"cors_origins": "https://a.example/"}, "write https://a.example"),
        ({"cors_origins": "https://a.example/path"}, "write https://a.example"),
        ({"cors_origins": "https://A.example"}, "write https://a.example"),
        ({"cors_origins": "https://a.example:443"}, "write https://a.example"),
        ({"cors_origins": "https://u:p@a.example"}, "write https://a.example"),
        ({"cors_origins": "https://*.example"}, "is no origin"),
        ({"cors_origins": "https://a.example:x"}, "is no origin"),
        ({"cors_origins": "null"}, "is no origin"),
        ({"cors_origins": "*"}, "CORS_ORIGINS=* is for development"),
        ({"encryption_keys": "hunter2"}, "TESSERA_ENCRYPTION_KEYS: key 1 is not 32 bytes"),
        ({"session_idle": "10s"}, "TESSERA_SESSION_IDLE"),
        ({"oidc_issuer": "https://login.example.com"}, "OIDC_CLIENT_ID"),
        ({"oidc_issuer": "http://example.com", "oidc_client_id": "x"}, "https://"),
        ({"oidc_scopes": "email"}, "openid"),
        ({"oidc_groups": "eng=orders:boss"}, "`eng=orders:boss` is no rule"),
    ],
)
def test_what_cannot_be_used_is_told_by_its_name(given: dict[str, object], told: str) -> None:
    with pytest.raises(SetupFailed) as refused:
        Settings.load(**given)

    assert told in refused.value.detail
    assert refused.value.extra["hint"]


def test_a_provider_on_this_machine_needs_no_certificate() -> None:
    given = {"oidc_issuer": "http://127.0.0.1:5556/dex", "oidc_client_id": "tessera"}
    settings = Settings.load(**given, oidc_client_secret="hunter2")
    assert settings.oidc_issuer == given["oidc_issuer"]
    assert "hunter2" not in repr(settings)


def test_a_secret_in_a_bad_setting_is_not_told() -> None:
    with pytest.raises(SetupFailed) as refused:
        Settings.load(database_url="mysql://user:hunter2@db/x")

    assert "hunter2" not in refused.value.detail


def test_odd_settings_are_warned_of() -> None:
    settings = Settings.load(redis_url="redis://localhost", bootstrap_api_key="short")
    environ = {"TESSERA_DEADLIN": "1d", "TESSERA_URL": "x", "TESSERA_COLOUR": "red", "PATH": "/"}
    warnings = " ".join(settings.warnings(environ))

    assert "needs no Redis" in warnings
    assert "shorter than 16" in warnings
    assert "TESSERA_DEADLIN is not a setting; did you mean TESSERA_DEADLINE?" in warnings
    assert "TESSERA_COLOUR is not a setting" in warnings
    assert "TESSERA_URL" not in warnings


KEYS = base64.b64encode(bytes(32)).decode()


def test_in_production_there_are_limits_and_in_development_none() -> None:
    production, development = Settings.load(), Settings.load(environment="development")

    limits = production.limits(development=production.in_development)
    assert limits == {"rate_limit": 3000, "rate_limit_address": 300, "rate_limit_failures": 20}
    assert set(development.limits(development=True).values()) == {0}
    said = Settings.load(environment="development", rate_limit=60).limits(development=True)
    assert said["rate_limit"] == 60
    assert Settings.load(rate_limit=0).limits(development=False)["rate_limit"] == 0


def test_other_sites_are_named_as_browsers_name_them() -> None:
    named = "https://portal.example.com, http://localhost:3000,http://[::1]:3000"
    assert Settings.load(cors_origins=named).origins == (
        "https://portal.example.com",
        "http://localhost:3000",
        "http://[::1]:3000",
    )
    assert Settings.load(cors_origins="*", environment="development").origins == ("*",)
    assert Settings.load().origins == ()


def test_production_keeps_no_secret_readable() -> None:
    with pytest.raises(SetupFailed) as refused:
        Settings.load().check_encryption(development=False)
    assert "openssl rand -base64 32" in refused.value.extra["hint"]  # type: ignore[operator]
    Settings.load().check_encryption(development=True)
    keyed = Settings.load(encryption_keys=KEYS)
    keyed.check_encryption(development=False)
    assert keyed.encryption.encrypts
    assert KEYS not in repr(keyed)


@pytest.mark.parametrize("command", ["api", "worker"])
def test_a_production_server_without_a_key_does_not_start(command: str) -> None:
    environment = {"PATH": os.environ["PATH"], "DATABASE_URL": "postgresql://nobody@127.0.0.1:1/no"}
    ended = subprocess.run(
        [sys.executable, "-m", "tessera_sdk", "server", command],
        cwd=ROOT,
        env=environment,
        capture_output=True,
        text=True,
        check=False,
    )
    assert ended.returncode == 1
    assert "TESSERA_ENCRYPTION_KEYS is not set" in ended.stderr
    assert "openssl rand -base64 32" in ended.stderr


def test_a_mail_server_is_one_more_channel_and_its_password_is_shown_nowhere() -> None:
    assert DestinationKind.EMAIL not in Settings.load().channels.kinds
    settings = Settings.load(smtp_url="smtp://u:secret-word@mail.example", smtp_from="t@x.example")
    assert DestinationKind.EMAIL in settings.channels.kinds
    server = settings.smtp_server()
    assert server is not None
    assert (server.host, server.password) == ("mail.example", "secret-word")
    for shown in (repr(settings), repr(server), settings.model_dump_json()):
        assert "secret-word" not in shown


@pytest.mark.parametrize(
    ("given", "says"),
    [
        ({"smtp_url": "smtp://mail.example"}, "belong together"),
        ({"smtp_from": "t@x.example"}, "belong together"),
        ({"smtp_url": "smtp://u:secret-word@mail.example/x", "smtp_from": "t@x"}, "SMTP_URL: "),
        ({"smtp_url": "smtp://u:secret-word@mail.example", "smtp_from": "nobody"}, "SMTP_FROM: "),
    ],
)
def test_what_is_said_of_mail_fits_together_or_is_refused(given: dict[str, str], says: str) -> None:
    with pytest.raises(SetupFailed, match=says) as refusal:
        Settings.load(**given)
    assert "secret-word" not in str(refusal.value)


def test_where_webhooks_may_go_is_read_and_what_cannot_be_meant_is_named(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("WEBHOOK_ALLOWED_DOMAINS", "hooks.example.com, *.Example.org.")
    monkeypatch.setenv("TESSERA_WEBHOOK_ALLOWED_NETWORKS", "10.20.0.0/16,fd00::/8")
    settings = Settings.load()
    assert settings.channels.webhook_hosts == ("hooks.example.com", "*.example.org")
    assert [str(each) for each in settings.webhook_networks] == ["10.20.0.0/16", "fd00::/8"]
    for name, value, told in (
        ("WEBHOOK_URL", "https://elsewhere.example", "`elsewhere.example` is none of them"),
        ("WEBHOOK_ALLOWED_DOMAINS", "https://example.com", "is no host"),
        ("WEBHOOK_ALLOWED_DOMAINS", "a.*.example.com", "is no host"),
        ("TESSERA_WEBHOOK_ALLOWED_NETWORKS", "169.254.0.0/16", "never go there"),
        ("TESSERA_WEBHOOK_ALLOWED_NETWORKS", "ten", "is no network"),
    ):
        with monkeypatch.context() as also:
            also.setenv(name, value)
            with pytest.raises(SetupFailed, match=told):
                Settings.load()


# --- Slack ---


def test_slack_is_a_channel_when_there_is_a_token_or_may_be_one() -> None:
    app = {"slack_client_id": "1.2", "slack_client_secret": "secret"}
    for given in ({"slack_bot_token": "xoxb-1"}, app):
        kinds = Settings.load(**given).channels.kinds
        assert kinds == {DestinationKind.WEBHOOK, DestinationKind.SLACK}
    assert Settings.load().channels.kinds == {DestinationKind.WEBHOOK}


@pytest.mark.parametrize(
    ("given", "told"),
    [
        ({"slack_client_id": "1.2"}, "SLACK_CLIENT_SECRET"),
        ({"slack_client_secret": "hidden"}, "SLACK_CLIENT_ID"),
        ({"slack_api_url": "http://slack.example/api/"}, "TESSERA_SLACK_API_URL"),
    ],
)
def test_slacks_settings_go_together_and_its_address_is_safe(
    given: dict[str, object], told: str
) -> None:
    with pytest.raises(SetupFailed, match=told) as failure:
        Settings.load(**given)
    assert "hidden" not in str(failure.value)


def test_half_of_slack_is_warned_of() -> None:
    silent = Settings.load(slack_signing_secret="s").warnings({})
    assert any("neither SLACK_BOT_TOKEN nor" in each for each in silent)
    deaf = Settings.load(slack_bot_token="xoxb-1").warnings({})
    assert any("Buttons in Slack do nothing" in each for each in deaf)
    whole = Settings.load(slack_bot_token="xoxb-1", slack_app_token="xapp-1")
    assert not [each for each in whole.warnings({}) if "Slack" in each]
    assert "xoxb-1" not in repr(whole)


def test_workers_have_no_versions_unless_a_deployment_is_named(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    assert Settings.load().worker_deployment is None
    monkeypatch.setenv("TESSERA_WORKER_DEPLOYMENT", "")
    assert Settings.load().worker_deployment is None
    monkeypatch.setenv("TESSERA_WORKER_DEPLOYMENT", "tessera")
    monkeypatch.setenv("TESSERA_WORKER_VERSIONING", "pinned")
    settings = Settings.load()
    assert (settings.worker_deployment, settings.worker_versioning) == ("tessera", "pinned")
    assert settings.worker_build_id == version("tessera-server")
