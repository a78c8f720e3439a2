"""`python -m bench.child module:function JSON`: one measurement in a process of its own.

Prints the answer as JSON in the last line. With DJANGO_SETTINGS_MODULE set, Django is set up first.
"""

import importlib
import json
import os
import sys


def main() -> None:
    target, arguments = sys.argv[1:]
    if os.environ.get("DJANGO_SETTINGS_MODULE"):
        import django

        django.setup()
    module, _, function = target.partition(":")
    answer = getattr(importlib.import_module(module), function)(**json.loads(arguments))
    print(json.dumps(answer))


if __name__ == "__main__":
    main()
