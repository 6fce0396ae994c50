"""The program that made the reference values needs a package that the tests do not."""

collect_ignore = ["make_reference.py"]
