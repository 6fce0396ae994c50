"""One parser under atheris: ``python -m tests.fuzz.one_parser NAME [libFuzzer options]``."""

import sys
import tempfile
import warnings
from pathlib import Path


def main() -> None:
    """Never comes back: libFuzzer ends the process."""
    # Installed on demand only; what it imports first is what it watches.
    import atheris

    with atheris.instrument_imports(include=["popmargin"]):
        from tests.fuzz.targets import targets

    name, *words = sys.argv[1:]
    # A file system in memory where there is one: a million files are written and read.
    memory = Path("/dev/shm")  # noqa: S108 (the folder within has a name nobody knows)
    with tempfile.TemporaryDirectory(dir=memory if memory.is_dir() else None) as folder:
        home = Path(folder)
        (home / "starts").mkdir()
        target = targets(home / "starts")[name]
        corpus = home / "corpus"
        corpus.mkdir()
        (corpus / "start").write_bytes(target.start)
        path = home / target.name
        # As in the other tests: a warning that nobody expected is a fault.
        warnings.simplefilter("error")

        def run(content: bytes) -> None:
            path.write_bytes(content)
            target.run(path)

        atheris.Setup([sys.argv[0], *words, str(corpus)], run)
        atheris.Fuzz()


if __name__ == "__main__":
    main()
