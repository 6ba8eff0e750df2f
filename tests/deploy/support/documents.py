"""The commands that the documents give in their blocks of shell."""

from __future__ import annotations

import pathlib
import re
import shlex

BLOCK = re.compile(r"^```sh\n(.*?)^```$", re.MULTILINE | re.DOTALL)
HEADING = re.compile(r"^## (.*)$", re.MULTILINE)
HEREDOC = re.compile(r"<<-?'?(\w+)'?\s*(#.*)?$")
ASSIGNMENT = re.compile(r"\w+=")
ENDS_A_COMMAND = {"|", "||", "&", "&&", ";"}


def section(document: pathlib.Path, heading: str) -> str:
    """The text below `## heading`, up to the next one of its rank."""
    parts = HEADING.split(document.read_text())
    texts = dict(zip(parts[1::2], parts[2::2], strict=True))
    assert heading in texts, f"{document} has no section {heading}, but {sorted(texts)}"
    return texts[heading]


def shell_blocks(text: str) -> list[str]:
    return BLOCK.findall(text)


def lines(block: str) -> list[str]:
    """Whole lines: those that end with a backslash or inside quotes are joined with the next, and what a command reads from the
    block is left out."""
    found: list[str] = []
    until, begun = None, ""
    for line in block.replace("\\\n", " ").splitlines():
        if until is not None:
            until = None if line.strip() == until else until
            continue
        begun += line
        if not _is_whole(begun):
            begun += "\n"
            continue
        if begun.strip():
            found.append(begun.strip())
        if match := HEREDOC.search(begun):
            until = match[1]
        begun = ""
    assert not begun, f"quotes that do not end: {begun}"
    return found


def _is_whole(line: str) -> bool:
    try:
        shlex.split(line, comments=True)
    except ValueError:
        return False
    return True


def commands(line: str) -> list[list[str]]:
    """The words of each of the commands that the line joins, without assignments before them and without comments."""
    lexer = shlex.shlex(line, posix=True, punctuation_chars=True)
    lexer.whitespace_split = True
    found: list[list[str]] = [[]]
    for word in lexer:
        if word in ENDS_A_COMMAND:
            found.append([])
        elif found[-1] or not ASSIGNMENT.match(word):
            found[-1].append(word)
    return [words for words in found if words]
