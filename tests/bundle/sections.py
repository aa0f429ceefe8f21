"""What an archive of a bundle may hold, read from the archive.

    faults("libkws.a", "kws", 2, 0)  ->  []
    one with a global tn_scale       ->  ["the symbol tn_scale has no prefix kws_"]

Rules: docs of the bundle (runtime/abi.h and the header): symbols with the prefix, hidden, functions
only (of a source tree, whose files share its tables, these too); nothing undefined but memcpy, memmove, memset; no writable data; no code that runs at start;
the weights read-only in a section of their own, or not there at all.
"""
import pathlib
import re
import shutil
import sys

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1] / "tools"))
import harness  # noqa: E402

MAY_BE_UNDEFINED = {"memcpy", "memmove", "memset"}
ENTRY_POINTS = ["open", "run", "arena_bytes", "status_text", "info"]
SYMBOL = re.compile(r"\s*\d+: [0-9a-f]+\s+\d+ (?P<type>\w+)\s+(?P<bind>\w+)\s+(?P<visibility>\w+)"
                    r"\s+(?P<section>\w+)\s+(?P<name>\S+)")
SECTION = re.compile(r"\s*\[\s*\d+\] (?P<name>\S+)\s+(?P<type>\S+)\s+[0-9a-f]+ [0-9a-f]+"
                     r" (?P<size>[0-9a-f]+) (?P<entry>[0-9a-f]+)\s+(?P<flags>[A-Za-z]*)\s+\d+")
RELOCATION_BYTES = {".rela": 24, ".rel": 8}  # of an Elf64_Rela, of an Elf32_Rel


def readelf(archive, option):
    program = shutil.which("llvm-readelf-19") or shutil.which("llvm-readelf") or "readelf"
    process = harness.run([program, "--wide", option, archive])
    if process.returncode:
        raise RuntimeError(process.stderr)
    return process.stdout.splitlines()


def symbol_faults(archive, prefix, tables):
    defined, undefined, faults = set(), set(), []
    for line in readelf(archive, "--symbols"):
        symbol = SYMBOL.match(line)
        if not symbol or symbol["bind"] == "LOCAL":
            continue
        name = symbol["name"]
        if symbol["section"] == "UND":
            undefined.add(name)
            continue
        defined.add(name)
        if not name.startswith(prefix + "_"):
            faults.append(f"the symbol {name} has no prefix {prefix}_")
        if symbol["visibility"] != "HIDDEN":
            faults.append(f"the symbol {name} is {symbol['visibility'].lower()}, not hidden")
        is_table = tables and name.startswith(f"{prefix}_rt_model") and symbol["type"] == "OBJECT"
        if symbol["type"] != "FUNC" and not is_table:
            faults.append(f"the symbol {name} is no function but {symbol['type']}")
    faults += [f"the undefined symbol {name}"
               for name in sorted(undefined - defined - MAY_BE_UNDEFINED)]
    faults += [f"the entry point {prefix}_{name} is not there" for name in ENTRY_POINTS
               if f"{prefix}_{name}" not in defined]
    return faults


def section_faults(archive, tensors, dims):
    sections = [match for match in map(SECTION.match, readelf(archive, "--sections")) if match]
    faults = [f"the section {section['name']} is writable" for section in sections
              if "W" in section["flags"] and not section["name"].startswith(".data.rel.ro")
              and int(section["size"], 16)]
    faults += [f"the section {section['name']} is thread-local or runs at start"
               for section in sections if "T" in section["flags"] or
               section["type"] in ("INIT_ARRAY", "FINI_ARRAY", "PREINIT_ARRAY")]
    stack_notes = [s for s in sections if s["name"] == ".note.GNU-stack"]
    if not stack_notes or any("X" in note["flags"] for note in stack_notes):
        faults.append("the stack would be executable: .note.GNU-stack is absent or says so")
    # N_info reaches 7 pointers of its own, 4 of each tensor and one name of each dimension.
    pointers = sum(int(section["size"], 16) // size for section in sections
                   for kind, size in RELOCATION_BYTES.items()
                   if section["name"].startswith(f"{kind}.data.rel.ro"))
    if pointers > 7 + 4 * tensors + dims:
        faults.append(f"{pointers} relocated pointers in .data.rel.ro: more than info needs")
    if not sections:
        faults.append("no sections were read")
    return faults


def faults(archive, prefix, tensors, dims, tables=False):
    """All that is wrong with the archive of a bundle, as lines of text."""
    return symbol_faults(archive, prefix, tables) + section_faults(archive, tensors, dims)


def weights_faults(archive, prefix, weights_bytes, embedded):
    """What is wrong with the place of the weights."""
    name = f".rodata.{prefix}_weights"
    sections = [match for match in map(SECTION.match, readelf(archive, "--sections"))
                if match and match["name"] == name]
    if not embedded:
        return [f"the section {name} is there, and the weights are in a file"] if sections else []
    if len(sections) != 1:
        return [f"{len(sections)} sections {name}, not 1"]
    [section] = sections
    faults = []
    if section["type"] != "PROGBITS" or section["flags"] != "A":
        faults.append(f"{name} is {section['type']} {section['flags']}, not PROGBITS A")
    if int(section["size"], 16) < weights_bytes:
        faults.append(f"{name} has {int(section['size'], 16)} bytes, fewer than {weights_bytes}")
    return faults
