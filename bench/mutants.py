"""How much of the compatibility engine its quick tests hold: `make mutants`.

mutmut makes thousands of small changes to the engine, one at a time; a test must fail for each. All
of them take hours, so a sample is drawn: every n-th of all mutants in the order of their names,
from a start that the seed decides, so that every module has its share.
"""

import argparse
import random
import shutil
import subprocess
import sys
from collections import Counter
from collections.abc import Sequence
from itertools import groupby
from pathlib import Path

from mutmut.__main__ import create_mutants
from mutmut.mutation.data import SourceFileMutationData
from mutmut.mutation.diff_apply import get_diff_for_mutant
from mutmut.stats import status_by_exit_code
from mutmut.utils.file_utils import copy_src_dir, walk_mutatable_files

_COPIES = Path("mutants")  # the name is mutmut's
# What ends without an end counts as noticed, as it does for mutmut.
_NOTICED = ("killed", "timeout", "segfault")


def main() -> int:
    options = _options()
    # Copies of the sources stay while these are as they were; of the tests nothing old may stay.
    shutil.rmtree(_COPIES / "tests", ignore_errors=True)
    (_COPIES / "mutmut-stats.json").unlink(missing_ok=True)
    copy_src_dir()
    create_mutants(options.processes)
    drawn = options.names or sample(sorted(_statuses()), options.size, options.seed)
    mutmut = Path(sys.executable).with_name("mutmut")
    run = [mutmut, "run", "--max-children", str(options.processes), *drawn]
    # Elsewhere than on a terminal its turning wheel is thousands of lines.
    told = None if sys.stdout.isatty() else subprocess.PIPE
    done = subprocess.run(run, check=False, stdout=told, text=True)
    if done.returncode != 0:
        print(done.stdout or "")
        return 1
    return _report(drawn, options)


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="make mutants", description=__doc__)
    parser.add_argument("--size", type=int, default=200, help="how many to draw; 0 for all")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--processes", type=int, default=2)
    parser.add_argument("--least", type=float, default=0, help="fail below this score, in percent")
    parser.add_argument("names", nargs="*", help="instead of a sample: mutants by name")
    return parser.parse_args()


def sample(names: Sequence[str], size: int, seed: int) -> list[str]:
    """Evenly over all of them, which stand module by module; each is as likely as any other."""
    if not 0 < size < len(names):
        return list(names)
    step = len(names) / size
    start = random.Random(seed).random() * step
    return [names[int(start + at * step)] for at in range(size)]


def _statuses() -> dict[str, str]:
    found: dict[str, str] = {}
    for path in walk_mutatable_files():
        mutants = SourceFileMutationData(path=path)
        mutants.load()
        for name, exit_code in mutants.exit_code_by_key.items():
            found[name] = status_by_exit_code[exit_code]
    return found


def _report(drawn: Sequence[str], options: argparse.Namespace) -> int:
    statuses = _statuses()
    left = [name for name in drawn if statuses[name] not in _NOTICED]
    for name in left:
        print(f"\n{name}: {statuses[name]}\n{_difference(name)}")
    print("\nnoticed  of  module")
    for module, names in groupby(sorted(drawn), key=lambda name: name.rpartition(".")[0]):
        of_module = list(names)
        noticed = sum(statuses[name] in _NOTICED for name in of_module)
        print(f"{noticed:7} {len(of_module):3}  {module}")
    score = 100 * (len(drawn) - len(left)) / len(drawn)
    counts = Counter(statuses[name] for name in drawn)
    told = ", ".join(f"{count} {status}" for status, count in sorted(counts.items()))
    print(f"\n{len(drawn)} of {len(statuses)} mutants, seed {options.seed}: {told}")
    print(f"Score: {score:.1f} %")
    return 0 if score >= options.least else 1


def _difference(name: str) -> str:
    lines = str(get_diff_for_mutant(name)).splitlines()
    return "\n".join(line for line in lines if not line.startswith(("---", "+++")))


if __name__ == "__main__":
    sys.exit(main())
