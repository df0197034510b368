"""What the interpreter itself carries as bytecode. As a script: tell CPython's source so; run there, under the build Python.

Carried are the import system, the codecs that a start needs (PyInstaller would unpack them to disk), and what every start imports.
"""

import pathlib
import re
import sys

CARRIED = (
    *("abc", "codecs", "io", "_collections_abc", "genericpath", "posixpath", "os", "stat"),
    *("encodings", "encodings.aliases", "encodings.ascii", "encodings.idna"),
    *("encodings.latin_1", "encodings.utf_8", "encodings.utf_8_sig"),
)
BOOTSTRAP = ["importlib._bootstrap : _frozen_importlib", "importlib._bootstrap_external : _frozen_importlib_external"]


def main() -> None:
    """Replace the list in the source's own script, which is run afterwards."""
    script = pathlib.Path("Tools/build/freeze_modules.py")
    plain = [f"<{name}>" if name == "encodings" else name for name in CARRIED]
    ours = [("import system", BOOTSTRAP), ("start", [*plain, "posixpath : os.path"])]
    listing = f"FROZEN = [*{ours!r}, (TESTS_SECTION, [])]\n"
    text, replaced = re.subn(r"^FROZEN = \[\n.*?^\]\n", lambda _: listing, script.read_text(), flags=re.DOTALL | re.MULTILINE)
    if replaced != 1:
        sys.exit("freeze_modules.py looks different in this version")
    script.write_text(text)


if __name__ == "__main__":
    main()
