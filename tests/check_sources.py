#!/usr/bin/env python3
"""Refuses what the house style forbids and a script can see, one case per rule.

    tests/check_sources.py [ROOT]   ->   ok      no source file is longer than 800 lines
                                         FAILED  every source file opens with a comment
                                                 ir/loop/text.cpp
                                         3 passed, 1 failed                  (exit status 1)

Needs Python and git: it looks at the files that git tracks.
"""
import pathlib
import re
import subprocess
import sys

MOST_LINES = 800
MOST_README_LINES = 30
SOURCE = re.compile(r"\.(c|cpp|h|hpp|inc|def|py|sh|cmake)$|(^|/)CMakeLists\.txt$")
OPENING = re.compile(r"\s*(//|/\*|#|\"\"\")")
LATER = re.compile(r"\b(TO" + r"DO|FIX" + r"ME|XX" + r"X|HA" + r"CK)\b")


def tracked(root):
    """{path: text} of the source files."""
    # The tree may belong to another user than the one who tests it.
    git = ["git", "-c", f"safe.directory={root}", "-C", str(root)]
    names = subprocess.run([*git, "ls-files", "-z"], check=True, capture_output=True, text=True).stdout
    return {name: (root / name).read_text(errors="replace")
            for name in sorted(names.split("\0")) if SOURCE.search(name) and (root / name).is_file()}


def check(root):
    """{rule: [files or lines that break it]}"""
    sources = tracked(root)
    readmes = {str(path.relative_to(root)): len(path.read_text().splitlines())
               for path in sorted({(root / name).parent / "README.md" for name in sources if "/" in name})
               if path.is_file()}
    return {
        f"no source file is longer than {MOST_LINES} lines":
            [f"{name}: {len(text.splitlines())} lines" for name, text in sources.items()
             if len(text.splitlines()) > MOST_LINES],
        "every source file opens with a comment":
            [name for name, text in sources.items()
             if text and not name.endswith("CMakeLists.txt") and not OPENING.match(text)],
        "nothing is marked for later":
            [f"{name}:{number}" for name, text in sources.items()
             for number, line in enumerate(text.splitlines(), 1) if LATER.search(line)],
        f"no README of a folder is longer than {MOST_README_LINES} lines":
            [f"{path}: {lines} lines" for path, lines in readmes.items() if lines > MOST_README_LINES],
    }


def main():
    root = pathlib.Path(sys.argv[1] if len(sys.argv) > 1 else pathlib.Path(__file__).parents[1]).resolve()
    rules = check(root)
    for rule, broken in rules.items():
        print(f"{'FAILED' if broken else 'ok':8}{rule}")
        for line in broken:
            print(f"        {line}")
    failed = sum(1 for broken in rules.values() if broken)
    print(f"{len(rules) - failed} passed, {failed} failed")
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
