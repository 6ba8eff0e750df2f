"""Every path, link and name that the documents give in backticks has to exist.

- `src/sink/script.h`, `sink/script`, `stage/turn.ts`: from the root, from one of the roots of sources below, or the end
  of a file's path; without an ending, any file of that stem. A pattern with * has to match something.
- [a link](deploy.md#what-it-needs): the file, and the heading in it.
- `sink::WriterPool`, `Lane::audit`, `TopicPlan`, `kafka_advance_offsets()`, `LOOM_DB_MAX_POOL_SIZE`: the words occur in
  a file that is no document, those that :: joins in the same one. In mermaid diagrams: names like TopicPlan.
- In blocks of code: paths that begin at the root.

Names of others (librdkafka, PostgreSQL, Kubernetes) are in names_in_docs.allowed, with where they come from.
"""

from __future__ import annotations

import difflib
import fnmatch
import re
import subprocess
import sys
from collections import defaultdict
from collections.abc import Iterator
from functools import cached_property
from pathlib import Path, PurePosixPath

ALLOWED = Path(__file__).with_suffix(".allowed")
# The changes of the past name what was there then.
NOT_CHECKED = {"CHANGELOG.md"}
SOURCE_ROOTS = ("src", "include", "include/loom/kafka", "benchmarks", "tests", "benchmarks/micro")
# Made by the build or by a run.
MADE = ("build/", "benchmarks/results/")

FENCE = re.compile(r"^\s*(```+|~~~+)\s*(\w*)")
SPAN = re.compile(r"(?<!`)(`+)(?!`)(.+?)(?<!`)\1(?!`)")
LINK = re.compile(r"\]\(([^)\s]+)(?:\s+\"[^\"]*\")?\)")
WORD = re.compile(r"[A-Za-z_][A-Za-z0-9_]*")
PATH = re.compile(r"[\w.*-]+(/[\w.*-]+)*/?")
QUALIFIED = re.compile(r"~?[A-Za-z_]\w*(::~?[A-Za-z_]\w*)+")
CAMEL = re.compile(r"[A-Z]+[a-z0-9]+[A-Z]\w*|[a-z]+[a-z0-9]*[A-Z]\w*")
SNAKE = re.compile(r"_?[A-Za-z][A-Za-z0-9]*(_[A-Za-z0-9]+)+")


class Project:
    """The files of the project and the words in them. Owns: what it has read."""

    def __init__(self) -> None:
        listed = subprocess.run(
            ["git", "ls-files", "--cached", "--others", "--exclude-standard"],
            capture_output=True, text=True, check=True,
        ).stdout.splitlines()  # fmt: skip
        self.files = [name for name in listed if Path(name).is_file()]
        self.folders = {str(parent) for name in self.files for parent in PurePosixPath(name).parents} - {"."}
        self.tops = {name.split("/")[0] for name in self.files if "/" in name}
        self.documents = [name for name in self.files if name.endswith(".md") and name not in NOT_CHECKED]
        self.allowed = {
            line.split()[0]
            for line in ALLOWED.read_text(encoding="utf-8").splitlines()
            if line.strip() and not line.startswith("#")
        }

    @cached_property
    def files_by_word(self) -> dict[str, set[int]]:
        found: dict[str, set[int]] = defaultdict(set)
        for number, name in enumerate(self.files):
            if name.endswith((".md", ".png", ".svg", ".jsonl")) or "package-lock" in name or name == str(ALLOWED):
                continue
            try:
                text = Path(name).read_text(encoding="utf-8")
            except UnicodeDecodeError:
                continue
            for word in set(WORD.findall(text)):
                found[word].add(number)
        return found

    @cached_property
    def texts(self) -> str:
        """All that is no document, for names that are no words."""
        return "\n".join(
            Path(name).read_text(encoding="utf-8", errors="ignore")
            for name in self.files
            if name.endswith((".h", ".cpp", ".py", ".sh", ".json", ".ts", ".yml", ".yaml", ".txt"))
        )

    @cached_property
    def stems(self) -> set[str]:
        return {str(PurePosixPath(name).with_suffix("")) for name in self.files}

    def has_path(self, path: str) -> bool:
        path = path.removeprefix("./").rstrip("/")
        candidates = [path] + [f"{root}/{path}" for root in SOURCE_ROOTS]
        if "*" in path:
            return any(fnmatch.fnmatch(name, one) for one in candidates for name in (*self.files, *self.folders))
        if any(one in self.stems or one in self.folders or Path(one).exists() for one in candidates):
            return True
        return any(name.endswith("/" + path) for name in self.files)

    def has_words(self, words: list[str]) -> bool:
        """True when one file has them all."""
        sets = [self.files_by_word.get(word, set()) for word in words]
        return bool(set.intersection(*sets))

    def has_ending(self, ending: str) -> bool:
        return any(word.endswith(ending.removesuffix("_FILE")) for word in self.files_by_word)

    def near(self, name: str) -> str:
        words = WORD.findall(name)
        pool = self.files if "/" in name else list(self.files_by_word)
        word = name if "/" in name else words[-1] if self.has_words(words[:1]) else words[0]
        close = difflib.get_close_matches(word, pool, n=1, cutoff=0.6)
        return f"; did you mean {close[0]}?" if close else ""


def is_path(token: str, project: Project) -> bool:
    """Whether it can only be meant as a path of this project."""
    if "/" not in token or not PATH.fullmatch(token.removeprefix("./")) or token.startswith(MADE):
        return False
    token = token.removeprefix("./")
    first, last = token.split("/")[0], token.rstrip("/").split("/")[-1]
    if first in project.tops or any(f"{root}/{first}" in project.folders for root in SOURCE_ROOTS):
        return True
    return re.search(r"\.(h|cpp|py|ts|sh|sql|ya?ml|json|md|conf|properties)$", last) is not None


def missing_in_span(span: str, project: Project) -> Iterator[str]:
    for token in span.split():
        token = token.strip(",;:.()'\"")
        if token in project.allowed:
            continue
        if is_path(token, project):
            # `timestamp/date_alone` is the name of a benchmark.
            named = token.split("/")[0] not in project.tops and token.rstrip("/") in project.texts
            if not named and not project.has_path(token):
                yield token
        elif QUALIFIED.fullmatch(token):
            if not project.has_words([word for word in WORD.findall(token) if word != "loom"]):
                yield token
        elif CAMEL.fullmatch(token) or SNAKE.fullmatch(token):
            # `..._SSL_KEY_PASSWORD` is the end of a name.
            if not project.has_words([token]) and not (token[0] == "_" and project.has_ending(token)):
                yield token


def slug(heading: str) -> str:
    heading = re.sub(r"[`*]|\[|\]\([^)]*\)", "", heading.strip().lower())
    return re.sub(r"[^\w\- ]", "", heading).replace(" ", "-")


def headings(document: Path) -> set[str]:
    found: set[str] = set()
    fenced = False
    for line in document.read_text(encoding="utf-8").splitlines():
        if FENCE.match(line):
            fenced = not fenced
        elif not fenced and line.startswith("#"):
            found.add(slug(line.lstrip("#")))
        found.update(re.findall(r'<a id="([^"]+)">', line))
    return found


def missing_in_link(document: str, target: str) -> Iterator[str]:
    if re.match(r"[a-z]+:", target):
        return
    name, _, anchor = target.partition("#")
    path = Path(document).parent / name if name else Path(document)
    if not path.exists() or (anchor and path.suffix == ".md" and anchor not in headings(path)):
        yield target


def findings(document: str, project: Project) -> Iterator[str]:
    fence = language = ""
    for number, line in enumerate(Path(document).read_text(encoding="utf-8").splitlines(), 1):
        missing: list[str] = []
        if mark := FENCE.match(line):
            if not fence:
                fence, language = mark[1], mark[2]
            elif line.strip().startswith(fence):
                fence = ""
            continue
        if fence and language == "mermaid":
            missing += [word for word in WORD.findall(line) if CAMEL.fullmatch(word) and word[0].isupper()
                        and word not in project.allowed and not project.has_words([word])]  # fmt: skip
        elif fence:
            for token in re.findall(r"(?<![\w./~@:-])(?:\./)?[\w.-]+(?:/[\w.-]+)+", line):
                first = token.removeprefix("./").split("/")[0]
                if first in project.tops and token not in project.allowed and not project.has_path(token):
                    missing.append(token)
        else:
            for span in SPAN.finditer(line):
                missing += missing_in_span(span[2], project)
            for link in LINK.finditer(SPAN.sub("", line)):
                missing += missing_in_link(document, link[1])
        for name in missing:
            yield f"{document}:{number}: {name} is not in this project{project.near(name)}"


def main() -> int:
    project = Project()
    found = [line for document in project.documents for line in findings(document, project)]
    print("\n".join(found), end="\n" if found else "")
    print(f"{len(project.documents)} documents read")
    return 1 if found else 0


if __name__ == "__main__":
    sys.exit(main())
