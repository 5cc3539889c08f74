"""Does ``make docs-check`` find what it looks for, and say what it needs?"""

import os
import shutil
import subprocess
from pathlib import Path

import pytest

from tests.support.planning import TOP

PROGRAM = TOP / "tests/docs/site/check.mjs"
PACKAGES = TOP / "build/docs-check"
NODE = shutil.which("node")
BROWSER = next(filter(None, map(shutil.which, ("chromium", "chromium-browser", "google-chrome"))), None)

pytestmark = [
    pytest.mark.slow,
    pytest.mark.skipif(not NODE, reason="needs Node.js"),
]
with_browser = pytest.mark.skipif(
    not (BROWSER and (PACKAGES / "node_modules").is_dir()), reason="needs Chromium and the packages of make docs-check"
)

PAGE = """<!doctype html><html lang="en"><head><title>A page</title></head><body style="background: #fff">
<main><h1 id="top">A page</h1>{}</main></body></html>"""
FAULTS = {
    "nothing": ("<p>Text</p>", None),
    "contrast": ('<p style="color: #999">Pale text</p>', "color-contrast: p:"),
    "heading": ("<h3>A level is left out</h3>", "heading-order: h3:"),
    "empty-heading": ("<h2></h2>", "empty-heading: h2:"),
    "link-without-a-name": ('<a href="#top"></a>', "link-name: a:"),
    "link-by-color": (
        '<p>Some text with a <a href="#top" style="color: #336; text-decoration: none">word that leads</a> away</p>',
        "link-in-text-block",
    ),
    "picture-without-a-text": ('<img src="data:image/gif;base64,R0lGODlhAQABAAAAACw=">', "image-alt: img:"),
    "missing-file": ('<a href="missing.html">Missing</a>', "missing.html, which is not a file"),
    "missing-anchor": ('<a href="#missing">Missing</a>', "index.html#missing, which is not an anchor"),
    "wide": ('<p style="width: 600px">Wide</p>', "phone: "),
    "other-host": ('<script src="https://example.com/x.js"></script>', "request to https://example.com/x.js"),
    "script": ("<script>throw new Error('broken')</script>", "script error: broken"),
}


def check(site: Path, *words: str, **environment: str) -> subprocess.CompletedProcess[str]:
    assert NODE
    return subprocess.run(
        [NODE, PROGRAM, site, *words],
        env={**os.environ, "DOCS_CHECK": str(PACKAGES), **environment},
        capture_output=True,
        text=True,
        check=False,
    )


@with_browser
@pytest.mark.parametrize("fault", FAULTS)
def test_fault_is_found(fault: str, tmp_path: Path) -> None:
    text, says = FAULTS[fault]
    (tmp_path / "index.html").write_text(PAGE.format(text))
    done = check(tmp_path, "--only", "index.html")
    assert done.returncode == (0 if says is None else 1), done.stdout + done.stderr
    found = done.stdout.splitlines()[:-1]
    assert [line for line in found if (says or "?") not in line] == []
    assert bool(found) == (says is not None)


@with_browser
def test_site_without_a_search_is_found(tmp_path: Path) -> None:
    (tmp_path / "index.html").write_text(PAGE.format(""))
    done = check(tmp_path)
    assert (done.returncode, done.stdout.splitlines()[0]) == (
        1,
        'search: "dead-letter queue" finds nothing without a server',
    )


@pytest.mark.parametrize(
    ("environment", "says"),
    [
        (
            {"CHROMIUM": "/nowhere/chromium"},
            "/nowhere/chromium: not found. Install Chromium, or set CHROMIUM to its path.",
        ),
        (
            {"CHROMIUM": "/bin/sh", "DOCS_CHECK": "/nowhere"},
            "/nowhere: no packages. Run make docs-check, which installs them.",
        ),
    ],
)
def test_what_is_missing_is_one_line(environment: dict[str, str], says: str, tmp_path: Path) -> None:
    (tmp_path / "index.html").write_text(PAGE.format(""))
    done = check(tmp_path, **environment)
    assert (done.returncode, done.stdout, done.stderr) == (1, "", f"Error: {says}\n")


def test_directory_without_a_site_is_one_line(tmp_path: Path) -> None:
    done = check(tmp_path)
    assert (done.returncode, done.stderr) == (1, f"Error: {tmp_path}: no index.html. Build the site first.\n")
