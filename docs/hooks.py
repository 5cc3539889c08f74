"""Hooks of MkDocs: pages outside ``docs/``, and pages that are made from the code of the generator.

The Markdown is read in the repository, too: links lead to files of the repository, and warnings are alerts in the form
of GitHub. These hooks turn both into what MkDocs expects.
"""

import dataclasses
import json
import posixpath
import re
import sys
from pathlib import Path
from typing import Any

import click
from mkdocs.config.defaults import MkDocsConfig
from mkdocs.structure.files import File, Files
from mkdocs.structure.pages import Page

TOP = Path(__file__).parents[1]
sys.path.insert(0, str(TOP))

# MkDocs does not start in a directory of its own
from generator.cli import cli  # noqa: E402
from generator.simulate import simulation_run  # noqa: E402
from generator.simulate.module_settings import module_settings  # noqa: E402
from generator.simulate.page import as_html  # noqa: E402
from generator.simulate.simulation_run import Scenario  # noqa: E402

OUTSIDE = ("CHANGELOG.md", "CONTRIBUTING.md", "SECURITY.md", "module/README.md", "lambda_src/*/README.md")
"""Pages of the repository that are pages of the site, too, below ``repository/``."""

_LINK = re.compile(r"\[((?:[^\[\]]|\[[^\]]*\])*)\]\(([^)\s]+)\)")
_PICTURE = """\
![Timeline of the attempts, the pauses between them, and the age of the records](simulation.svg)

[The page of this simulation](simulation.html)"""
"""What the site shows of a page that ``simulate --html`` writes."""

_ALERT = re.compile(r"^> \[!(\w+)\]\n((?:^>.*\n?)+)", re.MULTILINE)


def on_files(files: Files, config: MkDocsConfig) -> Files:
    """Add the pages that do not lie in ``docs/``."""
    for pattern in OUTSIDE:
        for path in sorted(TOP.glob(pattern)):
            name = path.relative_to(TOP).as_posix()
            files.append(File.generated(config, _place(name), content=path.read_text()))
    files.append(File.generated(config, _place("examples/README.md"), content=_examples()))
    files.append(
        File.generated(config, "reference/options.md", content="# Options of commands\n\n" + _options(cli, []))
    )
    files.append(File.generated(config, "reference/profiles.md", content=_profiles()))
    settings = dataclasses.replace(module_settings(), maximum_retry_attempts=5)
    page = as_html(simulation_run.run(settings, Scenario(records=600, rate=10, failing=frozenset({300}))))
    files.append(File.generated(config, "how-to/simulation.html", content=page))
    files.append(File.generated(config, "how-to/simulation.svg", content=_chart(page)))
    return files


def _place(name: str) -> str:
    """Return the page of a file of the repository. The theme takes a README for the first page of a section."""
    return f"repository/{name.replace('/README.md', '.md')}"


def on_page_markdown(markdown: str, page: Page, config: MkDocsConfig, files: Files) -> str:  # noqa: ARG001 - given
    """Turn links between files of the repository into links between pages, and alerts into admonitions."""
    source = page.file.src_uri
    directory = posixpath.dirname(f"docs/{source}")
    if source.startswith("repository/"):
        name = source.removeprefix("repository/")
        # That of a README has the name of its page
        directory = posixpath.dirname(name) if (TOP / name).exists() else name.removesuffix(".md")

    def link(found: re.Match[str]) -> str:
        text, target = found[1], found[2]
        if re.match(r"\w+:|#", target):
            return found[0]
        path, mark, anchor = target.partition("#")
        there = _page(posixpath.normpath(posixpath.join(directory, path)), files)
        if not there:
            # A picture next to the page, or what the site does not have
            return found[0] if markdown[found.start() - 1] == "!" else text
        if there[1]:
            anchor, mark = there[1], "#"
        return f"[{text}]({posixpath.relpath(there[0], posixpath.dirname(source) or '.')}{mark}{anchor})"

    markdown = _ALERT.sub(_admonition, _LINK.sub(link, markdown))
    return markdown.replace("<!-- picture of the simulation -->", _PICTURE)


def _page(path: str, files: Files) -> tuple[str, str] | None:
    """Return the page, and its anchor, that shows a file or directory of the repository."""
    if example := re.fullmatch(r"examples/(\w+)(/README\.md)?", path):
        return _place("examples/README.md"), example[1]
    for name in (path, f"{path}/README.md"):
        for page in (name.removeprefix("docs/"), _place(name)):
            if files.get_file_from_path(page):
                return page, ""
    return None


def _admonition(alert: re.Match[str]) -> str:
    lines = [line.removeprefix(">").removeprefix(" ") for line in alert[2].splitlines()]
    return "\n".join([f"!!! {alert[1].lower()}", "", *(f"    {line}".rstrip() for line in lines), ""])


def _examples() -> str:
    """Return a page with the README and the configuration of every example."""
    text = ["# Examples\n"]
    for path in sorted((TOP / "examples").glob("*/README.md")):
        name = path.parent.name
        readme = re.sub(r"^# (.*)$", "## \\1", path.read_text(), count=1, flags=re.MULTILINE)
        heading, _, rest = readme.partition("\n")
        rest = re.sub(r"^## ", "### ", rest, flags=re.MULTILINE)
        rest = re.sub(r"\]\((?!\w+:|#)", f"]({name}/", rest)
        text.append(f"{heading} {{ #{name} }}\n{rest}")
        for main in [*path.parent.glob("main.tf"), *sorted(path.parent.glob("*/main.tf"))]:
            title = main.relative_to(path.parent).as_posix()
            text.append(f'```hcl title="{title}"\n{main.read_text()}```\n')
    return "\n".join(text)


def _chart(page: str) -> str:
    """Return the chart of a page of ``simulate`` as a picture of its own."""
    style = page[page.index("<style>") : page.index("</style>")]
    chart = page[page.index('<svg class="chart"') :]
    opening, mark, rest = chart[: chart.index("</svg>") + len("</svg>")].partition(">")
    namespace = 'xmlns="http://www.w3.org/2000/svg"'
    rules = "svg { background: var(--paper); } svg text { font: 17px sans-serif; }"
    return f"{opening} {namespace}{mark}{style}{rules}</style>{rest}"


def _options(command: click.Command, names: list[str]) -> str:
    """Return a section for a command and one for each command below it."""
    if command.hidden:
        return ""
    text = ""
    options = [each for each in command.params if isinstance(each, click.Option) and not each.hidden and each.help]
    # A group that does something without a command below it is a command itself
    if names and not (isinstance(command, click.Group) and not command.invoke_without_command):
        text += f"## `{' '.join(names)}`\n\n{_sentences(command.help)}\n\n"
        arguments = " ".join(
            each.make_metavar(click.Context(command)) for each in command.params if isinstance(each, click.Argument)
        )
        if arguments:
            text += f"Arguments: `{arguments}`\n\n"
        if options:
            text += "| option | purpose |\n|---|---|\n"
            text += "".join(
                f"| `{', '.join((*each.opts, *each.secondary_opts))}` | {_cell(each)} |\n" for each in options
            )
            text += "\n"
    if isinstance(command, click.Group):
        # Listing them loads those that are loaded when they are called
        for name in command.list_commands(click.Context(command)):
            text += _options(command.commands[name], [*names, name])
    return text


def _cell(option: click.Option) -> str:
    return _sentences(option.help).replace("|", "\\|").replace("<", "&lt;")


def _sentences(text: str | None) -> str:
    return re.sub(r"\s+", " ", (text or "").replace("\b", "")).strip()


def _profiles() -> str:
    """Return a page with what a profile can contain, from its JSON Schema."""
    schema = json.loads((TOP / "examples/profiles/profile.schema.json").read_text())
    rows = "".join(
        f"| `{name}` | {_sentences(value.get('description', '')).replace('|', chr(92) + '|')} |\n"
        for name, value in _properties(schema, "")
        if value.get("description")
    )
    return (
        "# Profiles\n\n[Variants](../docs/variants.md) explains profiles. Keys of a profile:\n\n"
        f"| key | meaning |\n|---|---|\n{rows}"
    ).replace("../docs/variants.md", "variants.md")


def _properties(schema: dict[str, Any], prefix: str) -> list[tuple[str, dict[str, Any]]]:
    found = []
    for name, value in schema.get("properties", {}).items():
        found.append((f"{prefix}{name}", value))
        if name != "variables":
            found += _properties(value, f"{prefix}{name}.")
    return found
