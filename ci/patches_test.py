#!/usr/bin/env python3
"""Tests of ci/patches.py."""
import sys
import tempfile
import unittest
from pathlib import Path

sys.dont_write_bytecode = True
import patches  # noqa: E402

HEAD = "What happened.\n\nStage: gvn\nSource: https://a.b/c\nPlants: What is wrong.\nFound-by: suite\n---\n"
CLEAN = {"src/a.rs": b"".join(b"line %d\n" % i for i in range(1, 21))}


def patch(name, edit):
    """A patch that does to the lines of src/a.rs what `edit` does to a list of them."""
    lines = patches.split(CLEAN["src/a.rs"])
    edit(lines)
    return read(name, HEAD + patches.diff(CLEAN, {"src/a.rs": patches.joined(lines)}))


def read(name, text):
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / f"{name}.patch"
        path.write_text(text)
        return patches.read(path)


def inserting(name, at):
    return patch(name, lambda lines: lines.insert(at, f'planted::on("{name}")'))


def replacing(name, first, last):
    def edit(lines):
        lines[first:last] = [f'planted::on("{name}")']

    return patch(name, edit)


def applied(*all_patches):
    return patches.split(patches.apply(all_patches, CLEAN)["src/a.rs"])


class Merging(unittest.TestCase):
    def refused(self, *all_patches):
        with self.assertRaises(patches.Refused) as caught:
            patches.apply(all_patches, CLEAN)
        return str(caught.exception)

    def test_insertions_at_one_place_stand_in_the_order_of_names(self):
        lines = applied(inserting("b", 5), inserting("a", 5), inserting("c", 7))
        self.assertEqual(lines[4:9], ["line 5", 'planted::on("a")', 'planted::on("b")', "line 6", "line 7"])
        self.assertEqual((lines[9], len(lines)), ('planted::on("c")', 23))

    def test_replacements_side_by_side_do_not_conflict(self):
        lines = applied(replacing("a", 3, 5), replacing("b", 5, 6), inserting("c", 5), inserting("d", 3))
        self.assertEqual(lines[2:8], ["line 3", *(f'planted::on("{n}")' for n in "dacb"), "line 7"])

    def test_overlapping_replacements_are_refused(self):
        why = self.refused(replacing("a", 3, 6), replacing("b", 5, 7))
        self.assertIn("src/a.rs:6: both a and b", why)
        self.assertIn("both a and b", self.refused(replacing("a", 3, 6), inserting("b", 4)))

    def test_lines_that_have_moved_are_found(self):
        moved = {"src/a.rs": b"new\nnew\n" + CLEAN["src/a.rs"]}
        self.assertIn(b'line 5\nplanted::on("a")\nline 6', patches.apply([inserting("a", 5)], moved)["src/a.rs"])

    def test_lines_that_have_changed_are_refused_with_their_place(self):
        changed = {"src/a.rs": CLEAN["src/a.rs"].replace(b"line 6\n", b"other\n")}
        with self.assertRaises(patches.Refused) as caught:
            patches.apply([inserting("a", 5)], changed)
        self.assertRegex(str(caught.exception), r"^a\.patch:\d+: src/a\.rs:6: expected 'line 6', found 'other'$")
        with self.assertRaises(patches.Refused) as caught:
            patches.apply([inserting("a", 5)], {})
        self.assertIn("no such file: src/a.rs", str(caught.exception))

    def test_lines_that_stand_there_twice_are_refused(self):
        twice = {"src/a.rs": b"new\n" + CLEAN["src/a.rs"] * 2}
        with self.assertRaises(patches.Refused) as caught:
            patches.apply([inserting("a", 9)], twice)
        self.assertIn("in 2 places", str(caught.exception))

    def test_a_patch_switches_itself(self):
        wrong = patch("a", lambda lines: lines.insert(3, 'planted::on("b")'))
        self.assertIn("a.patch: switches b instead of itself", self.refused(wrong))
        self.assertIn("switches nothing", self.refused(patch("a", lambda lines: lines.pop(3))))

    def test_new_files_are_made(self):
        text = patches.diff({}, {"src/b.rs": b'planted::on("a")\n'})
        self.assertIn("--- /dev/null\n+++ b/src/b.rs\n@@ -0,0 +1 @@\n", text)
        made = patches.apply([read("a", HEAD + text)], CLEAN)
        self.assertEqual(made, {"src/b.rs": b'planted::on("a")\n'})
        there = CLEAN | {"src/b.rs": b""}
        with self.assertRaises(patches.Refused):
            patches.apply([read("a", HEAD + text)], there)


class Reading(unittest.TestCase):
    def refused(self, text):
        with self.assertRaises(patches.Refused) as caught:
            read("a", text)
        return str(caught.exception)

    def test_what_is_written_is_read(self):
        one = inserting("a", 5)
        self.assertEqual((one.story, one.fields["Stage"], one.paths()), ("What happened.", "gvn", ["src/a.rs"]))
        self.assertEqual(one.head(), HEAD)

    def test_heads_are_checked(self):
        body = patches.diff(CLEAN, {"src/a.rs": CLEAN["src/a.rs"] + b"x\n"})
        self.assertIn("a.patch:3: no field Source", self.refused(HEAD.replace("Source: https://a.b/c\n", "") + body))
        self.assertIn("a.patch:4: expected a field, one of", self.refused(HEAD.replace("Source:", "Sauce:") + body))
        self.assertIn("a.patch:4: duplicate field Stage", self.refused(HEAD.replace("Source:", "Stage:") + body))
        self.assertIn("no line '---'", self.refused(HEAD.replace("---\n", "") + "x"))
        self.assertIn("no story", self.refused(HEAD.replace("What happened.\n", "") + body))
        self.assertIn("no diff", self.refused(HEAD))

    def test_cut_hunks_are_refused(self):
        whole = HEAD + patches.diff(CLEAN, {"src/a.rs": CLEAN["src/a.rs"].replace(b"line 9\n", b"x\n")})
        self.assertIn("shorter than it says", self.refused(whole.replace(" line 12\n", "@@ -1 +1 @@\n")))


if __name__ == "__main__":
    unittest.main()
