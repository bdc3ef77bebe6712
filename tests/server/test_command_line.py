"""The command line: serving, access keys, and what is said when something can't work."""

from __future__ import annotations

import contextlib
import re
import signal
import socket
import subprocess
import sys
import urllib.error
import urllib.request
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from userpool.server.command_line import main, parser, served_settings

Run = Callable[..., int]
Start = Callable[..., tuple[subprocess.Popen[str], str]]


@pytest.fixture
def run(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Run:
    """Give a function that runs a command in an empty folder."""
    monkeypatch.chdir(tmp_path)
    for name in ("USERPOOL_DATABASE", "USERPOOL_SEAL_KEY_FILE"):
        monkeypatch.delenv(name, raising=False)
    return lambda *arguments: main(arguments, run_demo=lambda plain: 70 + plain)


@pytest.fixture
def start(tmp_path: Path) -> Iterator[Start]:
    """Give a function that starts `userpool serve` in a process of its own, and returns it and its first line."""
    processes: list[subprocess.Popen[str]] = []

    def begin(*arguments: str) -> tuple[subprocess.Popen[str], str]:
        process = subprocess.Popen(
            [sys.executable, "-m", "userpool", "serve", "--port", "0", *arguments],
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
            cwd=tmp_path,
        )
        processes.append(process)
        assert process.stdout is not None
        return process, process.stdout.readline()

    yield begin
    for process in processes:
        process.kill()
        process.communicate()


def get(url: str) -> tuple[int, bytes]:
    with urllib.request.urlopen(url, timeout=10) as reply:  # noqa: S310  # Of this machine.
        return reply.status, reply.read()


# ---- serve ----


def test_a_server_tells_where_it_is_as_soon_as_it_answers(start: Start, tmp_path: Path) -> None:
    _, line = start()

    origin = re.fullmatch(r"userpool is ready at (http://127\.0\.0\.1:[0-9]+)\n", line)
    assert origin is not None
    assert get(f"{origin[1]}/health") == (200, b'{"status":"ok"}')
    assert sorted(path.name for path in tmp_path.glob("*db*"))[:2] == ["userpool.db", "userpool.db-shm"]
    assert (tmp_path / "userpool.db.key").exists()


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT], ids=["SIGTERM", "SIGINT"])
def test_a_server_that_is_told_to_stop_ends_in_order(start: Start, tmp_path: Path, number: int) -> None:
    process, _ = start()

    process.send_signal(number)
    _, errors = process.communicate(timeout=20)

    assert process.returncode == 0
    assert "Traceback" not in errors
    assert not (tmp_path / "userpool.db-wal").exists()


def test_a_server_in_development_says_so_and_shows_messages(start: Start) -> None:
    process, line = start("--dev", "--database", "sqlite://")

    assert get(f"{line.split()[-1]}/_userpool/messages") == (200, b"[]")
    process.terminate()
    assert "Development mode: any well-formed AWS signature is accepted" in process.communicate()[1]


def test_a_server_takes_its_settings_from_a_file(start: Start, tmp_path: Path) -> None:
    (tmp_path / "userpool.toml").write_text('dev = true\ndatabase_url = "sqlite:///people.db"\n')

    process, line = start("--config", "userpool.toml", "--region", "eu-central-1")

    assert line.startswith("userpool is ready")
    assert get(f"{line.split()[-1]}/_userpool/messages")[0] == 200
    assert (tmp_path / "people.db").exists()
    assert process.poll() is None


def test_options_count_more_than_the_file(
    run: Run, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "userpool.toml").write_text(
        'host = "192.0.2.1"\n[triggers]\nPreSignUp = "http://localhost:9"\n'
    )

    assert run("serve", "--config", "userpool.toml", "--host", "192.0.2.2", "--account-id", "12") == 2

    assert "account_id" in capsys.readouterr().err
    assert parser({"host": "192.0.2.1"}).parse_args(["serve"]).host == "192.0.2.1"


def test_an_access_key_in_the_file_is_not_mixed_with_that_of_the_environment(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY", "AWS_SESSION_TOKEN"):
        monkeypatch.setenv(name, "environment")
    given = parser({}).parse_args(["serve"])
    in_file = {"lambda_access_key_id": "file", "lambda_secret_access_key": "file"}

    written, environment = served_settings(given, in_file), served_settings(given, {})

    assert (written.lambda_access_key_id, written.lambda_session_token) == ("file", None)
    assert environment.lambda_session_token == "environment"


def test_a_server_without_a_sender_says_where_codes_are(start: Start) -> None:
    process, line = start("--database", "sqlite://")

    request = urllib.request.Request(f"{line.split()[-1]}/_userpool/messages")  # noqa: S310
    with pytest.raises(urllib.error.HTTPError, match="404") as caught:
        urllib.request.urlopen(request, timeout=10)  # noqa: S310
    caught.value.close()
    process.terminate()
    assert "codes wait in the outbox" in process.communicate()[1]


def test_development_on_a_public_address_is_refused_without_the_flag(
    run: Run, capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    assert run("serve", "--dev", "--host", "0.0.0.0") == 2

    told = capsys.readouterr()
    assert told.err.startswith("userpool: --dev accepts any signature and shows codes, and 0.0.0.0 isn't")
    assert told.err.count("\n") == 1
    assert list(tmp_path.iterdir()) == []


def test_a_port_that_is_taken_is_told_and_nothing_is_made(
    run: Run, capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()

        assert run("serve", "--port", str(taken.getsockname()[1])) == 2

    assert "Can't listen on 127.0.0.1" in capsys.readouterr().err
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize(
    ("arguments", "text"),
    [
        (["--port", "70000"], "port has to be between 0 and 65535"),
        (["--port", "-1"], "port has to be between 0 and 65535"),
        (["--host", "192.0.2.1"], "Can't listen on 192.0.2.1"),
        (["--account-id", "12"], "account_id has to be twelve digits"),
        (["--public-url", "id.example.com"], "public_url has to be an origin"),
        (["--trigger", "PreSignUp"], "triggers and lambda_endpoint have to be http or https URLs"),
        (
            ["--trigger", "PreSingUp=http://localhost:9"],
            "triggers names 'PreSingUp', which is neither an ARN nor",
        ),
        (["--trigger", "PreSignUp=ftp://host"], "triggers and lambda_endpoint have to be http or https URLs"),
        (["--lambda-endpoint", "lambda"], "triggers and lambda_endpoint have to be http or https URLs"),
        (["--config", "none.toml"], "none.toml can't be read"),
        (["--custom-sender-key-file", "none.key"], "none.key can't be used"),
        (["--trigger-key-file", "none.key"], "none.key can't be used"),
        (["--trigger", "PreSignUp=http://10.0.0.7"], "or say --allow-plain-triggers if you mean it"),
        (["--role-action", "arn:aws:iam::000000000000:role/x=*"], "of one operation, without wildcards"),
        (["--role-action", "arn:aws:iam::000000000000:role/x"], "of one operation, without wildcards"),
        (["--database", "mysql://host/name"], "has to begin with sqlite:/// or postgresql://"),
        (["--database", "pool.db"], "has to begin with sqlite:/// or postgresql://"),
        (["--database", "sqlite:///nowhere/pool.db"], "nowhere/pool.db can't be opened"),
        (["--database", "postgresql://user:canary@127.0.0.1:1/name"], "PostgreSQL database can't be opened"),
        (["--seal-key-file", "nowhere/key"], "nowhere/key can't be used"),
    ],
)
def test_what_cannot_work_is_told_in_one_line(
    run: Run, capsys: pytest.CaptureFixture[str], arguments: list[str], text: str
) -> None:
    assert run("serve", "--port", "0", *arguments) == 2

    told = capsys.readouterr()
    assert text in told.err
    assert told.err.startswith("userpool: ")
    assert told.err.count("\n") == 1
    assert "canary" not in told.err
    assert told.out == ""


def test_a_port_that_is_no_number_is_refused(run: Run, capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as caught:
        run("serve", "--port", "http")

    assert caught.value.code == 2
    assert "invalid int value: 'http'" in capsys.readouterr().err


# ---- keys ----


def test_an_access_key_is_shown_once_in_the_form_of_the_environment(
    run: Run, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run("keys", "create", "--name", "robot") == 0

    shown = capsys.readouterr().out
    found = re.fullmatch(
        r"AWS_ACCESS_KEY_ID=(AKUP[A-Z2-7]{16})\nAWS_SECRET_ACCESS_KEY=([A-Za-z0-9+/]{40})\n", shown
    )
    assert found is not None
    assert run("keys", "list") == 0
    listed = capsys.readouterr().out
    assert listed == f"{found[1]}  robot\n"


def test_a_deleted_access_key_is_listed_no_more(run: Run, capsys: pytest.CaptureFixture[str]) -> None:
    run("keys", "create")
    key_id = capsys.readouterr().out.split("=")[1].split()[0]

    assert run("keys", "delete", key_id) == 0
    assert run("keys", "list") == 0
    assert capsys.readouterr().out == ""
    assert run("keys", "delete", key_id) == 1
    assert capsys.readouterr().err == f"userpool: there is no access key {key_id}\n"


def test_a_note_that_is_too_long_is_told_so(run: Run, capsys: pytest.CaptureFixture[str]) -> None:
    assert run("keys", "create", "--name", "x" * 129) == 2

    assert "at most 128 characters" in capsys.readouterr().err


def test_access_keys_of_another_database_are_others(run: Run, capsys: pytest.CaptureFixture[str]) -> None:
    run("keys", "create", "--database", "sqlite:///one.db")
    capsys.readouterr()

    assert run("keys", "list", "--database", "sqlite:///two.db") == 0

    assert capsys.readouterr().out == ""


def test_the_environment_says_which_database(
    run: Run, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setenv("USERPOOL_DATABASE", "sqlite:///from-environment.db")
    monkeypatch.setenv("USERPOOL_SEAL_KEY_FILE", "from-environment.key")

    assert run("keys", "list") == 0

    made = {path.name for path in tmp_path.iterdir()}
    assert {"from-environment.db", "from-environment.key"} <= made
    assert "userpool.db" not in made


def test_access_keys_are_those_of_the_server_whose_file_is_given(
    run: Run, capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    (tmp_path / "userpool.toml").write_text(
        'port = 9\ndatabase_url = "sqlite:///people.db"\nseal_key_file = "people.key"\n'
    )

    for action in (["create"], ["list"], ["delete", "AKUPX"]):
        run("keys", *action, "--config", "userpool.toml")

    assert capsys.readouterr().err == "userpool: there is no access key AKUPX\n"
    assert {path.name for path in tmp_path.iterdir()} == {"userpool.toml", "people.db", "people.key"}
    assert run("keys", "list", "--config", "userpool.toml", "--database", "sqlite://") == 0
    assert run("keys", "list", "--config", "none.toml") == 2


def test_a_key_made_while_a_server_runs_is_good_at_once(
    start: Start, run: Run, capsys: pytest.CaptureFixture[str]
) -> None:
    import boto3
    from botocore.exceptions import ClientError

    _, line = start()
    run("keys", "create")
    shown = dict(pair.split("=", 1) for pair in capsys.readouterr().out.split())
    options = {"region_name": "us-east-1", "endpoint_url": line.split()[-1]}

    client = boto3.client("cognito-idp", **options, **{name.lower(): value for name, value in shown.items()})
    stranger = boto3.client("cognito-idp", **options, aws_access_key_id="AKUPX", aws_secret_access_key="x")

    with contextlib.closing(client), contextlib.closing(stranger):
        assert client.list_user_pools(MaxResults=5)["UserPools"] == []
        with pytest.raises(ClientError, match="UnrecognizedClientException"):
            stranger.list_user_pools(MaxResults=5)


# ---- the rest ----


def test_the_demo_is_shown_by_whoever_knows_it(run: Run) -> None:
    assert run("demo") == 70
    assert run("demo", "--plain") == 71


def test_help_shows_defaults_and_no_secrets(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("USERPOOL_DATABASE", "postgresql://user:canary@host/name")

    for command in (["serve"], ["keys", "create"]):
        with pytest.raises(SystemExit):
            parser().parse_args([*command, "--help"])

    told = capsys.readouterr().out
    assert "sqlite:///userpool.db" in told
    assert "canary" not in told
