#!/usr/bin/env python3
"""code_on_pages.py finds what does not stand in the program it is said to be from."""
import pathlib
import sys
import tempfile
import unittest

sys.dont_write_bytecode = True  # leaves nothing in the checkout
from code_on_pages import main  # noqa: E402

PROGRAM = """\
int main() {
  one();
  if (two()) {
    three();
  }
  four();
}
"""


class CodeOnPagesTest(unittest.TestCase):
    def check(self, before, *code):
        with tempfile.TemporaryDirectory() as folder:
            page = pathlib.Path(folder) / "page.md"
            (page.parent / "x.cc").write_text(PROGRAM)
            page.write_text("\n".join([before, "```cpp", *code, "```", ""]))
            return main([page])

    def test_lines_of_the_program_are_accepted_whatever_their_indentation(self):
        self.assertEqual(self.check("From [x](x.cc):", "if (two()) {", "  three();", "}"), 0)

    def test_lines_may_be_left_out_where_it_says_so(self):
        self.assertEqual(self.check("[x](x.cc)", "one();", "// …", "four();"), 0)
        self.assertEqual(self.check("[x](x.cc)", "one();", "four();"), 1)

    def test_another_order_another_indentation_or_other_code_is_refused(self):
        self.assertEqual(self.check("[x](x.cc)", "four();", "// …", "one();"), 1)
        self.assertEqual(self.check("[x](x.cc)", "if (two()) {", "three();", "}"), 1)
        self.assertEqual(self.check("[x](x.cc)", "five();"), 1)

    def test_code_from_nowhere_is_refused_unless_that_is_said(self):
        self.assertEqual(self.check("As in:", "one();"), 1)
        self.assertEqual(self.check("<!-- not from a program -->", "five();"), 0)

    def test_a_page_without_code_is_a_mistake(self):
        with tempfile.NamedTemporaryFile(suffix=".md") as page:
            self.assertEqual(main([page.name]), 1)


if __name__ == "__main__":
    unittest.main()
