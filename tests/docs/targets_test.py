"""docs/targets.md says what the compiler says of its targets.

    build/tenon targets --markdown   ==   docs/targets.md
"""
import difflib
import os
import pathlib
import subprocess
import unittest

SOURCE = pathlib.Path(os.environ["TENON_SOURCE_DIR"])
BUILD = pathlib.Path(os.environ["TENON_BUILD_DIR"])


class Targets(unittest.TestCase):
    def test_page_is_what_tenon_prints(self):
        process = subprocess.run([BUILD / "tenon", "targets", "--markdown"], check=True,
                                 capture_output=True, text=True)
        page = (SOURCE / "docs" / "targets.md").read_text()
        lines = difflib.unified_diff(page.splitlines(), process.stdout.splitlines(),
                                     "docs/targets.md", "tenon targets --markdown", lineterm="")
        if page != process.stdout:
            self.fail("the page is not what the compiler says; to write it anew:\n"
                      "build/tenon targets --markdown > docs/targets.md\n" + "\n".join(lines))


if __name__ == "__main__":
    unittest.main()
