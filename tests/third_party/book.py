#!/usr/bin/env python3
"""Run the code of the book, as it stands in docs/: book.py [--page PAGE] SPIKELET NODE_MODULES [LANGUAGE...]

With --page only that page; without, all but those in SEPARATE.

The line before a block names its file, as in "`conftest.py`:". Then every test file is run, and every program; this Python is the
one that runs Python's. SPIKELET_JAR has the class for Java. PAGES are other pages to run than
those in docs/."""

import os
import pathlib
import re
import subprocess
import sys
import tempfile

DOCS = pathlib.Path(__file__).parents[2] / "docs"
GO = pathlib.Path(__file__).parents[2] / "server" / "bindings" / "go"
BLOCK = re.compile(r"^(?:`(\S+)`:\n\n)?```(\w+)\n(.*?)^```$", re.M | re.S)
RUNNERS = {
    "python": lambda files: [[sys.executable, "-m", "pytest", "-q", *[f for f in files if f.startswith("test_")]]],
    "js": lambda files: [["node", "--test", *[f for f in files if f.endswith(".test.mjs")]]],
    "go": lambda files: [["go", "test", "-count=1", "."]],
    "java": lambda files: [["java", "-ea", "-cp", os.environ["SPIKELET_JAR"], f] for f in files],
}


# Pages whose code needs more than the program: a container engine and the image, with which .ci/docker runs it.
SEPARATE = ["container.md"]


def main():
    arguments = sys.argv[1:]
    only = None
    if arguments[0] == "--page":
        only, arguments = arguments[1], arguments[2:]
    program, modules, *languages = arguments
    files = {language: {} for language in RUNNERS}
    pages = [pathlib.Path(page) for page in os.environ.get("PAGES", "").split()] or sorted(DOCS.glob("*.md"))
    for page in pages:
        if page.name != only if only else page.name in SEPARATE:
            continue
        for name, language, code in BLOCK.findall(page.read_text()):
            if language not in RUNNERS:
                continue
            if not name or name in files[language]:
                sys.exit(f"{page.name}: a block of {language} is named like another, or not at all: {name}")
            files[language][name] = code
    path = os.pathsep.join([str(pathlib.Path(program).resolve().parent), os.environ["PATH"]])
    for language in languages or RUNNERS:
        if not files[language]:
            sys.exit(f"the book has no {language}")
        with tempfile.TemporaryDirectory() as directory:
            folder = pathlib.Path(directory)
            for name, code in files[language].items():
                (folder / name).write_text(code)
            if language == "go":
                (folder / "go.mod").write_text(f"module users\n\ngo 1.19\n\nrequire spikelet v0.0.0\n\nreplace spikelet => {GO}\n")
            if language == "js":
                (folder / "node_modules").symlink_to(pathlib.Path(modules).resolve())
            for command in RUNNERS[language](list(files[language])):
                print("--", *command, flush=True)
                subprocess.run(command, cwd=folder, env={**os.environ, "PATH": path}, check=True, timeout=300)
    print(f"the book: {', '.join(languages or RUNNERS)} run as they stand")


if __name__ == "__main__":
    main()
