"""The `meterd` command: `run` starts the daemon without loading the command line's libraries."""

import sys

__all__ = ["main"]


def main() -> None:
    """Run the command that the arguments name."""
    if sys.argv[1:2] == ["run"] and not {"-h", "--help"}.intersection(sys.argv[2:]):
        import gateway.logs  # noqa: F401 - before anything that logs: see its docstring
        from gateway.app import main as run

        sys.exit(run(sys.argv[2:]))
    from gateway.cli import main as command_line

    command_line()


if __name__ == "__main__":
    main()
