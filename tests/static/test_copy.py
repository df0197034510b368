"""The static executables' own memcpy, memmove and memset (build/static/copy.c), over every short length and distance."""

import pathlib
import shutil
import subprocess

import pytest

SOURCE = pathlib.Path(__file__).parents[2] / "build" / "static" / "copy.c"
CHECK = r"""
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
void *memcpy(void *restrict to, const void *restrict from, size_t size);
void *memmove(void *to, const void *from, size_t size);
void *memset(void *place, int value, size_t size);

static unsigned char is[300], wanted[300], between[300];

static void same(const char *what, size_t size, int from, int to) {
    for (int at = 0; at < 300; at++)
        if (is[at] != wanted[at]) { printf("%s of %zu from %d to %d differs at %d\n", what, size, from, to, at); exit(1); }
}

int main(void) {
    for (size_t size = 0; size < 100; size++)
        for (int from = 50; from < 84; from++)
            for (int to = 50; to < 84; to++) {
                for (int at = 0; at < 300; at++) is[at] = wanted[at] = (unsigned char)rand();
                for (size_t at = 0; at < size; at++) between[at] = wanted[from + at];
                for (size_t at = 0; at < size; at++) wanted[to + at] = between[at];
                if (memmove(is + to, is + from, size) != is + to) return 1;
                same("memmove", size, from, to);
                for (size_t at = 0; at < size; at++) wanted[to + at] = between[at] = (unsigned char)rand();
                if (memcpy(is + to, between, size) != is + to) return 1;
                same("memcpy", size, from, to);
                for (size_t at = 0; at < size; at++) wanted[to + at] = (unsigned char)from;
                if (memset(is + to, from, size) != is + to) return 1;
                same("memset", size, from, to);
            }
    return 0;
}
"""


@pytest.mark.parametrize("level", ["-O1", "-O2"])
def test_they_move_what_they_should_and_nothing_else(tmp_path: pathlib.Path, level: str) -> None:
    compiler = shutil.which("cc") or shutil.which("gcc")
    if compiler is None:
        pytest.skip("no C compiler here")
    (tmp_path / "check.c").write_text(CHECK)
    words = [compiler, level, "-ffreestanding", "-o", str(tmp_path / "check"), str(tmp_path / "check.c"), str(SOURCE)]
    subprocess.run(words, check=True)
    done = subprocess.run([tmp_path / "check"], capture_output=True, text=True, check=False, timeout=60)
    assert (done.returncode, done.stdout) == (0, "")
