"""Does ``release --sign`` call the program of the key, without a shell, and ``release verify`` ask it?"""

import os
import stat
import sys
from pathlib import Path

import pytest

from generator import __version__, cli

SUMS = f"ddb_stream_lambda-{__version__}-aws6.SHA256SUMS"
SUFFIXES = {"minisign": ".minisig", "cosign": ".sigstore.json"}
BEGINNINGS = {"minisign": "untrusted comment: a key\n", "cosign": "-----BEGIN ENCRYPTED SIGSTORE PRIVATE KEY-----\n"}
STAND_IN = """\
#!{python}
# Stands for minisign and cosign: the public key is the private one, and a signature is a checksum with it
import hashlib, pathlib, sys

program, words = pathlib.Path(sys.argv[0]).name, sys.argv[1:]
with open({log!r}, "a") as log:
    print(program, *words, sep="|", file=log)
if program == "minisign":
    flag, s, key, x, signature, m, file = words
    assert (x, m) == ("-x", "-m") and (flag, s) in [("-S", "-s"), ("-V", "-p")], words
    signing = flag == "-S"
else:
    command, *rest, key, bundle, file = words
    assert (command, rest) in [("sign-blob", ["--yes"]), ("verify-blob", [])], words
    assert key.startswith("--key=") and bundle.startswith("--bundle="), words
    key, signature, signing = key[6:], bundle[9:], command == "sign-blob"
assert pathlib.Path(file).is_absolute() and pathlib.Path(signature).is_absolute()
secret = key.encode() if "://" in key else pathlib.Path(key).read_bytes()
if b"broken" in secret:
    sys.exit("cannot do it")
digest = hashlib.sha256(secret + pathlib.Path(file).read_bytes()).hexdigest()
if signing:
    print("Password:")
    pathlib.Path(signature).write_text(digest)
elif pathlib.Path(signature).read_text() != digest:
    sys.exit("first line\\nSignature verification failed")
"""


@pytest.fixture
def programs(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Put stand-ins of the programs on the PATH, alone, and return the file in which they log their words."""
    folder, log = tmp_path / "bin", tmp_path / "log"
    folder.mkdir()
    for name in SUFFIXES:
        (folder / name).write_text(STAND_IN.format(python=sys.executable, log=str(log)))
        (folder / name).chmod(0o755)
    monkeypatch.setenv("PATH", str(folder))
    monkeypatch.chdir(tmp_path)
    return log


def key_of(program: str, path: Path, text: str = "secret") -> str:
    path.write_text(BEGINNINGS[program] + text)
    return str(path)


def release(*words: str) -> int:
    with pytest.raises(SystemExit) as ended:
        cli.main(["release", *words])
    assert isinstance(ended.value.code, int)
    return ended.value.code


@pytest.mark.parametrize("program", SUFFIXES)
def test_checksums_are_signed_and_verified(
    program: str, programs: Path, tmp_path: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    key = key_of(program, tmp_path / "-o $(touch x); key")
    assert release("--provider", "6", "--out", "-dist", "--sign", os.path.relpath(key)) == 0
    out, err = capfd.readouterr()
    assert f"written  -dist/{SUMS}{SUFFIXES[program]}\n" in out
    assert err == "Password:\n"
    signature = tmp_path / "-dist" / (SUMS + SUFFIXES[program])
    assert stat.S_IMODE(signature.stat().st_mode) == 0o666 & ~_umask()
    assert release("verify", str(tmp_path / "-dist"), "--key", key) == 0
    assert f"  signature  valid, checked with {program}\n" in capfd.readouterr().out
    assert release("verify", str(tmp_path / "-dist")) == 0
    assert "  signature  not checked: pass --key with the public key\n" in capfd.readouterr().out
    assert [line.split("|")[0] for line in programs.read_text().splitlines()] == [program, program]
    assert not (tmp_path / "x").exists()


def _umask() -> int:
    mask = os.umask(0)
    os.umask(mask)
    return mask


@pytest.mark.parametrize("program", SUFFIXES)
def test_changed_signature_or_key_is_rejected(
    program: str, programs: Path, tmp_path: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    key = key_of(program, tmp_path / "key")
    assert release("--provider", "6", "--out", "dist", "--sign", key) == 0
    signature = tmp_path / "dist" / (SUMS + SUFFIXES[program])
    content = signature.read_bytes()
    for place in (0, len(content) - 1):
        signature.write_bytes(content[:place] + bytes([content[place] ^ 1]) + content[place + 1 :])
        capfd.readouterr()
        assert release("verify", "dist", "--key", key) == 12
        said = f"not a signature of {SUMS} by this key (Signature verification failed)."
        assert capfd.readouterr().err == f"Error: dist/{signature.name}: {said}\n"
    signature.write_bytes(content)
    assert release("verify", "dist", "--key", key_of(program, tmp_path / "other", "another")) == 12
    signature.unlink()
    capfd.readouterr()
    assert release("verify", "dist", "--key", key) == 12
    assert f"no such file, although --key is a key of {program}." in capfd.readouterr().err
    assert programs.exists()


def test_signature_that_is_there_stays_with_its_file(
    programs: Path, tmp_path: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    key = key_of("minisign", tmp_path / "key")
    for state in ("written", "present", "written"):
        assert release("--provider", "6", "--out", "dist", "--sign", key) == 0
        assert f"{state:<8} dist/{SUMS}.minisig\n" in capfd.readouterr().out
        if state == "present":
            # The signature of another file would not be valid any more
            (tmp_path / "dist" / SUMS).unlink()
    assert len(programs.read_text().splitlines()) == 2


@pytest.mark.parametrize("address", ["awskms:///alias/release", "--upload=file://x", "-o://x", "$(touch x)://x"])
def test_address_of_a_key_is_for_cosign_and_no_option(address: str, programs: Path) -> None:
    assert release("--provider", "6", "--out", "dist", f"--sign={address}") == 0
    assert programs.read_text().startswith(f"cosign|sign-blob|--yes|--key={address}|--bundle=")


def test_program_that_fails_leaves_no_signature(
    programs: Path, tmp_path: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    key = key_of("minisign", tmp_path / "key", "broken")
    assert release("--provider", "6", "--out", "dist", "--sign", key) == 12
    assert f"Error: dist/{SUMS}: minisign has not signed it (exit code 1).\n" in capfd.readouterr().err
    assert [path.name for path in (tmp_path / "dist").iterdir() if "minisig" in path.name or "unfin" in path.name] == []
    assert programs.exists()


def test_program_that_is_not_installed_is_named(
    programs: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))
    assert release("--provider", "6", "--out", "dist", "--sign", key_of("cosign", tmp_path / "key")) == 12
    err = capfd.readouterr().err
    assert err == "Error: cosign: not installed. The key is one of cosign: install it, or use another key.\n"
    assert not programs.exists()


def test_link_in_the_place_of_a_signature_is_12(
    programs: Path, tmp_path: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    key = key_of("minisign", tmp_path / "key")
    (tmp_path / "dist").mkdir()
    (tmp_path / "dist" / f"{SUMS}.minisig").symlink_to(tmp_path / "nothing")
    assert release("--provider", "6", "--out", "dist", "--sign", key) == 12
    assert "a symbolic link; only a regular file is accepted" in capfd.readouterr().err
    assert not programs.exists()


@pytest.mark.parametrize("option", ["--sign", "--key"])
@pytest.mark.parametrize(("content", "says"), [("ssh-ed25519 AAAA", "is not a key of"), (None, "No such file")])
def test_key_of_neither_program_is_3(
    option: str, content: str | None, says: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    key = tmp_path / "key"
    if content:
        key.write_text(content)
    if option == "--key":
        assert release("--provider", "6", "--out", str(tmp_path / "dist")) == 0
        words = ["verify", str(tmp_path / "dist")]
    else:
        words = ["--out", str(tmp_path / "out")]
    capsys.readouterr()
    assert release(*words, option, str(key)) == 3
    assert f'Error: {option}: "{key}"' in (err := capsys.readouterr().err)
    assert says in err
    assert not (tmp_path / "out").exists()
