"""Check the types of the pages' scripts with TypeScript, as `browser/tsconfig.json` says.

The scripts are plain JavaScript; their types stand in comments. What comes from npm is installed
first when it is missing.
"""

import sys

from build_book import NODE_MODULES, ROOT, BuildError, install_npm_packages
from in_browser import node


def main() -> int:
    try:
        install_npm_packages()
        node.run("node", NODE_MODULES / "typescript/bin/tsc", "--project", "browser", folder=ROOT)
    except (BuildError, node.NodeError) as error:
        print(f"check_scripts: {error}", file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
