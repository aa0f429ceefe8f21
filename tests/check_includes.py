#!/usr/bin/env python3
"""Refuses every include that does not follow the arrows between the folders, and every cycle of includes.

    tests/check_includes.py [ROOT]   ->   ok      ir/expr
                                          FAILED  ir/loop
                                                  ir/loop/nodes.h:7: ir/loop may not include ir/high/graph.h
                                          7 passed, 1 failed                       (exit status 1)

Needs nothing but Python, reads text only. One case per folder, and one for cycles.
"""
import pathlib
import re
import sys

# "may include", one step; the rest follows by going further. "*" stands for every folder.
ARROWS = {
    "support": [],
    "target": ["support"],
    "ir/expr": ["support"],
    "ir/loop": ["ir/expr"],
    "ir/tensor": ["ir/loop"],
    "ir/high": ["ir/tensor", "target"],
    "frontend": ["ir/high"],
    "schedule": ["ir/loop", "target"],
    "codegen/program": ["ir/loop"],
    "codegen/llvm": ["codegen/program", "target", "runtime"],
    "codegen/cuda": ["codegen/source"],
    "codegen/bundle": ["ir/loop", "target", "runtime"],
    "codegen/source": ["codegen/bundle", "codegen/program"],
    "codegen/cpp": ["codegen/source"],
    "runtime": [],
    "driver": ["*"],
}

# Libraries that only some folders may see: the others must not come to depend on their types.
LIBRARIES = {
    "onnx/": ["frontend"],
    "google/protobuf/": ["frontend"],
    "llvm/": ["support", "codegen/llvm", "codegen/bundle", "driver"],
    "lld/": ["codegen/llvm", "codegen/bundle", "driver"],
    "CLI/": ["driver"],
    "zip.h": ["driver"],
}

# All that the runtime may use of its surroundings: headers of the C library and, for the processor check, the compiler.
RUNTIME_HEADERS = re.compile(
    r"(assert|errno|fenv|float|inttypes|limits|math|setjmp|stdalign|stdarg|stdatomic|stdbool|stddef|stdint|stdio|stdlib"
    r"|string|threads|time|pthread|sched|semaphore|unistd|signal|cpuid|dlfcn|(sys|linux|asm)/[a-z_]+)\.h$")

# Texts that generated code includes beside it, under their own names: no source of the project.
PRELUDES = ("codegen/cuda/prelude/",)

INCLUDE = re.compile(r'^\s*#\s*include\s*([<"])([^>"]+)[>"]')
SUFFIXES = {".h", ".hpp", ".c", ".cpp", ".inc", ".def"}


def reachable(folder):
    """Every folder that `folder` may include, itself among them."""
    if "*" in ARROWS[folder]:
        return set(ARROWS)
    found = {folder}
    for below in ARROWS[folder]:
        found |= reachable(below)
    return found


def folder_of(path):
    """The library folder that holds a file given by its path from the root, or None."""
    for folder in ARROWS:
        if path.startswith(folder + "/"):
            return folder
    return None


def includes_of(file):
    """(line number, '<' or '"', name) of every include of a file."""
    for number, line in enumerate(file.read_text(errors="replace").splitlines(), 1):
        match = INCLUDE.match(line)
        if match:
            yield number, match.group(1), match.group(2)


def complaint(root, folder, quote, name):
    """What is wrong with one include, or None."""
    target = folder_of(name)
    if target is not None:
        if target not in reachable(folder):
            return f"{folder} may not include {name}"
        if not (root / name).is_file():
            return f"{name} does not exist"
        return None if quote == '"' else f"<{name}> is ours: write it with quotes"
    if quote == '"' and not name.startswith("generated/"):
        return f'"{name}" is no path from the root of the repository'
    if folder == "runtime" and not RUNTIME_HEADERS.match(name):
        return f"runtime may include libc only, not <{name}>"
    for prefix, allowed in LIBRARIES.items():
        if name.startswith(prefix) and folder not in allowed:
            return f"{folder} may not include <{name}>: only {', '.join(allowed)} may"
    return None


def find_cycle(graph):
    """A cycle of a graph {node: [nodes]} as a list that ends where it begins, or None."""
    done, path = set(), []

    def visit(node):
        if node in path:
            return path[path.index(node):] + [node]
        if node in done:
            return None
        path.append(node)
        for successor in graph.get(node, []):
            cycle = visit(successor)
            if cycle:
                return cycle
        done.add(path.pop())
        return None

    for node in sorted(graph):
        cycle = visit(node)
        if cycle:
            return cycle
    return None


def check(root):
    """{case: [complaints]} for the tree below root."""
    cases, graph = {}, {}
    for folder in ARROWS:
        complaints = []
        for file in sorted((root / folder).rglob("*")):
            if file.suffix not in SUFFIXES:
                continue
            path = file.relative_to(root).as_posix()
            if path.startswith(PRELUDES):
                continue
            graph[path] = []
            for number, quote, name in includes_of(file):
                wrong = complaint(root, folder, quote, name)
                if wrong:
                    complaints.append(f"{path}:{number}: {wrong}")
                elif folder_of(name):
                    graph[path].append(name)
        cases[folder] = complaints
    unknown = sorted({path.relative_to(root).parent.as_posix()
                      for pattern in ("ir/*/*.h", "codegen/*/*.h", "ir/*.h", "codegen/*.h")
                      for path in root.glob(pattern)
                      if not folder_of(path.relative_to(root).as_posix())})
    cases["every folder has its arrows"] = [f"{folder}: not in ARROWS" for folder in unknown]
    cycle = find_cycle(graph)
    cases["no cycle of files"] = [" -> ".join(cycle)] if cycle else []
    return cases


def main():
    root = pathlib.Path(sys.argv[1] if len(sys.argv) > 1 else pathlib.Path(__file__).parents[1]).resolve()
    cases = check(root)
    for name, complaints in cases.items():
        print(f"{'FAILED' if complaints else 'ok':8}{name}")
        for line in complaints:
            print(f"        {line}")
    failed = sum(1 for complaints in cases.values() if complaints)
    print(f"{len(cases) - failed} passed, {failed} failed")
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
