"""A copy of the tree to change and build, for ci/museum and ci/judges: the tree that one works in is never touched."""

import os
import shutil
import subprocess
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
# Cargo reads this in every parent folder, so the checkout's applies to a copy inside it.
CONFIG = ".cargo/config.toml"


def tree():
    """Returns the content of every file of the working tree by path, except those that git ignores."""
    command = ["git", "ls-files", "-z", "--cached", "--others", "--exclude-standard"]
    listed = subprocess.run(command, cwd=ROOT, capture_output=True, check=True)
    names = [name for name in listed.stdout.decode().split("\0") if name and name != CONFIG and (ROOT / name).is_file()]
    return {name: (ROOT / name).read_bytes() for name in names}


def write(copy, files):
    """Makes the folder `copy` hold exactly these files. Unchanged files keep their modification times, so that cargo builds no
    more than it must. The folder `target` inside is left alone."""
    for path in [path for path in copy.rglob("*") if path.is_file() or path.is_symlink()]:
        name = str(path.relative_to(copy))
        if name not in files and not name.startswith("target/"):
            path.unlink()
    for name, content in files.items():
        target = copy / name
        if not target.is_file() or target.read_bytes() != content:
            target.parent.mkdir(parents=True, exist_ok=True)
            target.write_bytes(content)
        if (ROOT / name).is_file():
            shutil.copymode(ROOT / name, target)


def cargo(command, copy, made, packages=ROOT / "target", **options):
    """Runs cargo on a copy of the tree; what it makes is put into the folder `made`, and can be found there.

    Packages are built in the folder `packages`, which has those of the checkout already. Cargo cannot tell the copy's own crates from
    the checkout's; a wrapper of the compiler, another one for each copy, keeps them apart. It is `env`: a shell would drop the
    variables that cargo names after programs with a hyphen."""
    made.mkdir(parents=True, exist_ok=True)
    wrapper = made / "env"
    if not wrapper.is_symlink():
        wrapper.symlink_to(shutil.which("env"))
    folders = {"CARGO_BUILD_BUILD_DIR": str(packages), "RUSTC_WORKSPACE_WRAPPER": str(wrapper)}
    return subprocess.run([*command, "--target-dir", made], cwd=copy, env=os.environ | folders, **options)
