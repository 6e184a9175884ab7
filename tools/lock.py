"""Renew constraints.txt: resolve pyproject.toml for every Python and platform, keep the header.

With ``--keep``, versions that stand there stay, and only what is new is added.
"""

import subprocess
import sys
import tempfile
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
CONSTRAINTS = ROOT / "constraints.txt"
EXTRAS = ("book", "grading", "postgres", "dev", "node")


def main() -> None:
    keep = sys.argv[1:] == ["--keep"]
    lines = CONSTRAINTS.read_text(encoding="utf-8").splitlines()
    header = [line for line in lines if line.startswith("#")]
    with tempfile.TemporaryDirectory() as folder:
        resolved = Path(folder) / "constraints.txt"
        command = [sys.executable, "-m", "uv", "pip", "compile", "pyproject.toml", "--universal"]
        command += ["--python-version", "3.11", "--quiet", "--no-annotate"]
        if keep:
            resolved.write_text("\n".join(lines) + "\n", encoding="utf-8")
        else:
            command.append("--upgrade")
        command += ["--no-header", "--no-emit-index-url", "--no-emit-find-links"]
        command += [f"--extra={extra}" for extra in EXTRAS] + ["--output-file", str(resolved)]
        subprocess.run(command, check=True, cwd=ROOT)
        pins = resolved.read_text(encoding="utf-8").splitlines()
    CONSTRAINTS.write_text("\n".join([*header, *pins]) + "\n", encoding="utf-8")
    print(f"{len(pins)} versions written to {CONSTRAINTS.name}; now run make course and make test.")


if __name__ == "__main__":
    main()
