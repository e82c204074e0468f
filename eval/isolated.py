"""Runs the worker under an interpreter whose environment lacks Tastemaker and its dependencies.

`python -P isolated.py FOLDER PACKAGES`, where PACKAGES maps the packages to find to their folders, as JSON.
Imports nothing of ours at the top: nothing of ours can be found before `main`.
"""

import importlib.util
import json
import sys
from pathlib import Path


def main(folder: str, packages: dict[str, str]) -> None:
    """Make the packages importable from where they lie, parents first, then run the worker."""
    for name, home in sorted(packages.items()):
        spec = importlib.util.spec_from_file_location(
            name, Path(home) / "__init__.py", submodule_search_locations=[home]
        )
        assert spec is not None and spec.loader is not None
        module = importlib.util.module_from_spec(spec)
        sys.modules[name] = module
        spec.loader.exec_module(module)
    from tastemaker.eval import worker

    worker.run(Path(folder))


if __name__ == "__main__":
    main(sys.argv[1], json.loads(sys.argv[2]))
