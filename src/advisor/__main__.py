"""Entry point."""


def main() -> int:
    return 0
