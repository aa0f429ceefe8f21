#!/usr/bin/env python3
"""Counts the cases of a CTest run and names those that failed.

    tools/count_tests.py build/tests.xml   ->   failed: ir/loop/Split.RefusesZero
                                                412 passed, 1 failed

A CTest case whose output ends with a line "N passed, N failed" stands for so many cases. Skipped cases are named and
counted in neither number. Exit status 1 if a case failed or none passed.
"""
import re
import sys
import xml.etree.ElementTree

CLOSING_LINE = re.compile(r"^(\d+) passed, (\d+) failed$")


def count(case):
    """(passed, failed) of one <testcase>."""
    succeeded = case.get("status") == "run"
    lines = (case.findtext("system-out") or "").rstrip().splitlines()
    match = CLOSING_LINE.match(lines[-1].strip()) if lines else None
    if not match:
        return (1, 0) if succeeded else (0, 1)
    passed, failed = int(match.group(1)), int(match.group(2))
    return passed, failed if succeeded else max(failed, 1)


def main():
    passed = failed = 0
    try:
        cases = xml.etree.ElementTree.parse(sys.argv[1]).getroot().iter("testcase")
    except (OSError, xml.etree.ElementTree.ParseError) as error:
        print(f"failed: ctest itself, it left no report: {error}\n0 passed, 1 failed")
        return 1
    for case in cases:
        if case.find("skipped") is not None:
            print(f"skipped: {case.get('name')}")
            continue
        case_passed, case_failed = count(case)
        passed += case_passed
        failed += case_failed
        if case_failed:
            print(f"failed: {case.get('name')}")
    print(f"{passed} passed, {failed} failed")
    return 1 if failed or not passed else 0


if __name__ == "__main__":
    sys.exit(main())
