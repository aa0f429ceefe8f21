"""Writes the bad models, each into a folder of its own.

    make.py OUT [NAME...]   ->   OUT/NAME/NAME.onnx, and beside it what that model needs

What is wrong with a model is said where it is made (structure.py, operators.py, tensors.py,
files.py); what the user should read is in NAME.expect: a line for each piece of text that the
messages must hold. tests/tools/run_bad_models.py compares the two.
"""
import pathlib
import sys

import files  # noqa: F401  (importing a list of models registers them)
import operators  # noqa: F401
import structure  # noqa: F401
import tensors  # noqa: F401
from build import CASES, Case


def write(name, folder):
    """OUT/NAME, made anew; returns the model's path."""
    case = CASES[name]()
    if not isinstance(case, Case):
        case = Case(case)
    content = case.model if isinstance(case.model, bytes) else case.model.SerializeToString()
    home = folder / name
    for file, data in {f"{name}.onnx": content, **case.files}.items():
        (home / file).parent.mkdir(parents=True, exist_ok=True)
        (home / file).write_bytes(data)
    for link, target in case.links.items():
        (home / link).unlink(missing_ok=True)
        (home / link).symlink_to(target)
    return home / f"{name}.onnx"


def main(out, *names):
    for name in names or CASES:
        write(name, pathlib.Path(out))


if __name__ == "__main__":
    if len(sys.argv) < 2:
        sys.exit(__doc__)
    main(*sys.argv[1:])
