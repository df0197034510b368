"""`python -m edge_agent`, and the executable: hands over to the command line, or to what stays resident and must not load it."""

import sys
from collections.abc import Sequence


def main(argv: Sequence[str] | None = None) -> int:
    """Run the command and return its exit code."""
    arguments = tuple(sys.argv[1:] if argv is None else argv)
    if "watch" in arguments and arguments[0] != "hook":  # what follows a hook is not ours
        from edge_agent import watch

        code = watch.main(arguments)
        if code is not None:
            return code
    from edge_agent import porter

    if porter.nothing_to_do(arguments):
        return 0
    from edge_agent import cli

    return cli.main(arguments)


if __name__ == "__main__":
    raise SystemExit(main())
