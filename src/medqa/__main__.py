"""``python -m medqa`` is the command line."""

from medqa.surfaces.cli import main

if __name__ == "__main__":
    main()
