"""The check of symbols and sections finds each kind of fault in an archive that has it."""
import pathlib
import subprocess
import tempfile
import unittest

import sections

HIDDEN = '__attribute__((visibility("hidden"))) '
ENTRY_POINTS = "".join(f"{HIDDEN}int kws_{name}(void) {{ return 0; }}\n"
                       for name in sections.ENTRY_POINTS)


def faults(code, *flags, check=lambda archive: sections.faults(archive, "kws", 2, 1)):
    """Of an archive made of the entry points and this C code."""
    with tempfile.TemporaryDirectory() as folder:
        source = pathlib.Path(folder, "kws.c")
        source.write_text(ENTRY_POINTS + code)
        subprocess.run(["gcc", "-fPIC", "-O1", "-c", source, "-o", f"{folder}/kws.o", *flags],
                       check=True)
        subprocess.run(["ar", "rc", f"{folder}/libkws.a", f"{folder}/kws.o"], check=True)
        return check(f"{folder}/libkws.a")


class Sections(unittest.TestCase):
    def assert_fault(self, text, code, *flags):
        found = faults(code, *flags)
        self.assertTrue(any(text in fault for fault in found), f"{text!r} is not in {found}")

    def test_a_good_archive_has_no_faults(self):
        self.assertEqual(faults("#include <string.h>\n" + HIDDEN +
                                "void kws_f(char *a, char *b, int n) { memmove(a, b, n); }"), [])

    def test_names(self):
        self.assert_fault("tn_f has no prefix", HIDDEN + "void tn_f(void) {}")
        self.assert_fault("kws_f is default", "void kws_f(void) {}")
        self.assert_fault("no function but OBJECT", HIDDEN + "extern const int kws_d; "
                          "const int kws_d = 1;")
        self.assert_fault("undefined symbol malloc", "void *malloc(unsigned long); " + HIDDEN +
                          "void *kws_f(void) { return malloc(1); }")

    def test_writable_data(self):
        self.assert_fault("section .bss is writable",
                          "static int n; " + HIDDEN + "int kws_f(void) { return n++; }")
        self.assert_fault("thread-local",
                          "static __thread int n; " + HIDDEN + "int kws_f(void) { return n++; }")

    def test_code_at_start(self):
        self.assert_fault("runs at start", HIDDEN + "extern int kws_f(void); "
                          "__attribute__((constructor)) static void f(void) { kws_f(); }")

    def test_executable_stack(self):
        self.assert_fault("stack", 'asm(".section .note.GNU-stack, \\"x\\", @progbits");')

    def test_pointers(self):
        self.assert_fault("32 relocated pointers", HIDDEN +
                          "int kws_a[64]; static int *const p[32] = {" +
                          ", ".join(f"kws_a + {i}" for i in range(32)) + "}; " + HIDDEN +
                          "int *kws_f(int i) { return p[i]; }")

    def test_weights(self):
        def code(name, qualifier):
            return (f"{HIDDEN}extern {qualifier} char w[64]; "
                    f'__attribute__((section("{name}"))) {qualifier} char w[64] = {{1}};')

        def found(text, count, embedded):
            return faults(text, check=lambda archive: sections.weights_faults(
                archive, "kws", count, embedded))

        good = code(".rodata.kws_weights", "const")
        self.assertEqual(found(good, 64, True), [])
        self.assertEqual(found("", 64, False), [])
        for fault, text, count, embedded in [
                ("fewer than 65", good, 65, True), ("weights are in a file", good, 64, False),
                ("0 sections", code(".rodata.other", "const"), 64, True),
                ("not PROGBITS A", code(".rodata.kws_weights", ""), 64, True)]:
            self.assertIn(fault, " ".join(found(text, count, embedded)))


if __name__ == "__main__":
    unittest.main()
