"""The bugs of the museum as patches: reading them, applying all of them to one tree, and writing them again.

A patch is a story, a list of fields, and a unified diff against the clean tree. Each diff is read as edits of lines of the
clean files, so that the order of patches does not matter: what several patches insert at one place stands there in the order
of their names, and replacements never overlap.
"""

import difflib
import re
from dataclasses import dataclass, field
from pathlib import Path

CONTEXT = 3
# Each field, and whether a patch has to have it.
FIELDS = {"Stage": True, "Target": False, "Mode": False, "Source": True, "Plants": True, "Found-by": True, "Feature": False}
# The line between the head of a patch and its diff.
RULE = "---"
SWITCH = re.compile(r'\bplanted::on\("([^"]*)"\)')


class Refused(Exception):
    """A patch that cannot be read or applied; the message names the patch, the file and the line."""


@dataclass
class Hunk:
    path: str
    """The line of the patch at which the hunk begins, from 1."""
    at: int
    """The line of the clean file at which the hunk says that it belongs, from 0. None if it makes the file."""
    start: int | None
    """The kind (' ', '-' or '+') and the text of each line."""
    lines: list = field(default_factory=list)

    def old(self):
        return [text for kind, text in self.lines if kind != "+"]


@dataclass
class Edit:
    """Replaces lines `first` to `last` (exclusive) of a clean file with `new`."""

    first: int
    last: int
    new: list
    patch: str


@dataclass
class Patch:
    name: str
    story: str
    fields: dict
    hunks: list

    def paths(self):
        return list(dict.fromkeys(hunk.path for hunk in self.hunks))

    def head(self):
        """The text before the diff."""
        fields = "".join(f"{key}: {value}\n" for key, value in self.fields.items())
        return f"{self.story}\n\n{fields}{RULE}\n"


def read(path):
    """Reads a patch."""
    path = Path(path)
    name, lines = path.stem, path.read_text().split("\n")

    def refuse(at, why):
        raise Refused(f"{path.name}:{at + 1}: {why}")

    if RULE not in lines:
        refuse(len(lines) - 1, f"no line '{RULE}' between the head and the diff")
    end = lines.index(RULE)
    begin = next((i for i, line in enumerate(lines[:end]) if re.match(r"[A-Z][A-Za-z-]*: ", line)), end)
    story, fields = "\n".join(lines[:begin]).strip(), {}
    for i in range(begin, end):
        key, colon, value = lines[i].partition(": ")
        if not colon or key not in FIELDS:
            refuse(i, f"expected a field, one of {', '.join(FIELDS)}, on one line")
        if key in fields:
            refuse(i, f"duplicate field {key}")
        fields[key] = value.strip()
    for key in (key for key, needed in FIELDS.items() if needed and not fields.get(key)):
        refuse(begin, f"no field {key}")
    if not story:
        refuse(0, "no story")
    patch = Patch(name, story, fields, [])
    i = end + 1
    while i < len(lines):
        line = lines[i]
        if line.startswith("--- "):
            old, new = line[4:].split("\t")[0], lines[i + 1]
            if not new.startswith("+++ b/"):
                refuse(i + 1, "expected '+++ b/FILE'; a patch changes files or makes new ones")
            current, makes = new[6:].split("\t")[0], old == "/dev/null"
            if not makes and old != "a/" + current:
                refuse(i, f"expected '--- a/{current}'")
            i += 2
        elif line.startswith("@@ "):
            found = re.match(r"@@ -(\d+)(?:,(\d+))? \+\d+(?:,(\d+))? @@", line)
            if not found:
                refuse(i, "not the head of a hunk")
            olds, news = (int(count) if count is not None else 1 for count in found.group(2, 3))
            # A hunk without old lines gives the line before it.
            start = None if makes else int(found[1]) - (1 if olds else 0)
            hunk = Hunk(current, i + 1, start)
            i += 1
            while olds > 0 or news > 0:
                text = lines[i] if i < len(lines) else ""
                # Some editors strip the space of an empty line.
                kind, text = (text[0], text[1:]) if text else (" ", "")
                if kind not in " -+":
                    refuse(i, f"the hunk of line {hunk.at} is shorter than it says")
                hunk.lines.append((kind, text))
                olds, news, i = olds - (kind != "+"), news - (kind != "-"), i + 1
            patch.hunks.append(hunk)
        elif line == "" or line.startswith(("diff --git ", "index ", "new file mode ")):
            i += 1
        else:
            refuse(i, "not a line of a diff")
    if not patch.hunks:
        refuse(end, "no diff")
    return patch


def place(patch, hunk, lines, drift=0):
    """Returns the line, from 0, at which the old lines of a hunk are in a file: where the hunk says (moved by `drift`, as its
    predecessor in the file was), or else the only place that has them."""
    old = hunk.old()
    stated = hunk.start + drift
    if 0 <= stated and lines[stated : stated + len(old)] == old:
        return stated
    places = [i for i in range(len(lines) - len(old) + 1) if lines[i : i + len(old)] == old]
    if len(places) == 1:
        return places[0]
    where = f"{patch.name}.patch:{hunk.at}: {hunk.path}"
    if places:
        raise Refused(f"{where}: the lines of this hunk occur in {len(places)} places, but not at line {stated + 1}")
    wrong = next((i for i, text in enumerate(old) if stated + i >= len(lines) or lines[stated + i] != text), 0)
    found = lines[stated + wrong] if stated + wrong < len(lines) else "its end"
    raise Refused(f"{where}:{stated + wrong + 1}: expected {old[wrong]!r}, found {found!r}")


def edits(patch, files):
    """The edits of one patch, by file. A file that it makes has one edit, of line 0. `files`: the clean content by path."""
    result, drifts = {}, {}
    for hunk in patch.hunks:
        mine = result.setdefault(hunk.path, [])
        if hunk.start is None:
            if hunk.path in files:
                raise Refused(f"{patch.name}.patch:{hunk.at}: {hunk.path} already exists")
            mine.append(Edit(0, 0, [text for _, text in hunk.lines], patch.name))
            continue
        if hunk.path not in files:
            raise Refused(f"{patch.name}.patch:{hunk.at}: no such file: {hunk.path}")
        at = place(patch, hunk, split(files[hunk.path]), drifts.get(hunk.path, 0))
        drifts[hunk.path] = at - hunk.start
        open_edit = None
        for kind, text in hunk.lines:
            if kind == " ":
                open_edit = None
                at += 1
                continue
            if open_edit is None:
                open_edit = Edit(at, at, [], patch.name)
                mine.append(open_edit)
            if kind == "-":
                at += 1
                open_edit.last = at
            else:
                open_edit.new.append(text)
    return result


def split(content):
    """The lines of a file, without line endings."""
    lines = content.decode().split("\n")
    return lines[:-1] if lines[-1] == "" else lines


def joined(lines):
    return "".join(line + "\n" for line in lines).encode()


def merge(path, lines, changes):
    """Makes all edits of a file at once.

    Raises Refused if two edits concern the same line."""
    # Insertions before a line come before its replacement.
    changes = sorted(changes, key=lambda edit: (edit.first, edit.last != edit.first, edit.patch))
    out, at = [], 0
    before = None
    for edit in changes:
        if edit.first < at:
            raise Refused(f"{path}:{edit.first + 1}: both {before.patch} and {edit.patch} replace this line")
        out += lines[at : edit.first] + edit.new
        at, before = edit.last, edit if edit.last > edit.first else before
    return out + lines[at:]


def apply(patches, files):
    """Applies all patches to the clean tree at once. Returns the content of the files that are changed or made.

    Raises Refused with a line for everything that is wrong."""
    wrong, by_file = [], {}
    for patch in patches:
        try:
            for path, mine in edits(patch, files).items():
                by_file.setdefault(path, []).extend(mine)
        except Refused as why:
            wrong.append(str(why))
        names = {name for hunk in patch.hunks for kind, text in hunk.lines if kind == "+" for name in SWITCH.findall(text)}
        if names != {patch.name}:
            wrong.append(f"{patch.name}.patch: switches {', '.join(sorted(names)) or 'nothing'} instead of itself")
    changed = {}
    for path, changes in by_file.items():
        try:
            lines = split(files[path]) if path in files else []
            changed[path] = joined(merge(path, lines, changes))
        except Refused as why:
            wrong.append(str(why))
    if wrong:
        raise Refused("\n".join(wrong))
    return changed


def diff(before, after):
    """The unified diff between two trees, each the content by path."""
    text = ""
    for path in sorted(path for path in after if before.get(path) != after[path]):
        old = split(before[path]) if path in before else []
        names = (f"a/{path}" if path in before else "/dev/null", f"b/{path}")
        lines = list(difflib.unified_diff(old, split(after[path]), *names, n=CONTEXT, lineterm=""))
        made = "" if path in before else "new file mode 100644\n"
        text += f"diff --git a/{path} b/{path}\n{made}" + "".join(line + "\n" for line in lines)
    return text
