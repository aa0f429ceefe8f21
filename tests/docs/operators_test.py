"""docs/operators.md says what the compiler says of itself.

    build/tenon ops --markdown   ==   docs/operators.md
"""
import difflib
import os
import pathlib
import subprocess
import unittest

SOURCE = pathlib.Path(os.environ["TENON_SOURCE_DIR"])
BUILD = pathlib.Path(os.environ["TENON_BUILD_DIR"])


class Operators(unittest.TestCase):
    def test_page_is_what_tenon_prints(self):
        process = subprocess.run([BUILD / "tenon", "ops", "--markdown"], check=True,
                                 capture_output=True, text=True)
        page = (SOURCE / "docs" / "operators.md").read_text()
        lines = difflib.unified_diff(page.splitlines(), process.stdout.splitlines(),
                                     "docs/operators.md", "tenon ops --markdown", lineterm="")
        if page != process.stdout:
            self.fail("the page is not what the compiler reads; to write it anew:\n"
                      "build/tenon ops --markdown > docs/operators.md\n" + "\n".join(lines))


if __name__ == "__main__":
    unittest.main()
