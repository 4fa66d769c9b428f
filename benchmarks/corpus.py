"""Build a corpus of transcripts with the shapes and proportions of real histories.

    python benchmarks/corpus.py --size 1GB --out DIR        a history of about that size
    python benchmarks/corpus.py --responses 1000000 --out DIR   as few bytes as can be
    python benchmarks/corpus.py --append-mb 5 --out DIR     new lines in a corpus that exists

Beside DIR/projects stands DIR/truth.json: what a right meter finds. The same options give the same
bytes, whatever the number of processes. See README.md for the proportions.
"""

import argparse
import os
import re
import sys
import time
from collections.abc import Callable, Iterable
from glob import escape, glob
from multiprocessing import Pool
from random import Random

import corpus_truth
from corpus_models import END
from corpus_session import Job, append_session, write_session
from corpus_truth import Truth

# Of a session: its mean size, and how far its last turn goes beyond the target.
_SESSION_BYTES, _BEYOND_BYTES = 2_200_000, 73_000
_SESSION_RESPONSES, _BEYOND_RESPONSES = 230, 5
_LEAST_SESSIONS = 4
_SPREAD = 0.9  # sigma of the lognormal session sizes
_APPEND_BYTES = 250_000  # per file
_DAY_MS = 86_400_000
_ROUND_MS = 3_600_000  # an hour: a report on everything ends today
_UNITS = {"KB": 10**3, "MB": 10**6, "GB": 10**9}


def size_of(words: str) -> int:
    """Return the bytes of a size such as 200MB."""
    match = re.fullmatch(r"(\d+(?:\.\d+)?)(KB|MB|GB)", words.upper())
    if not match:
        raise argparse.ArgumentTypeError(f"{words!r} is no size such as 200MB or 1GB")
    return int(float(match[1]) * _UNITS[match[2]])


def targets(total: float, mean: float, beyond: float, seed: int) -> list[float]:
    """Return the targets of the sessions whose sizes add up to about the total."""
    count = max(_LEAST_SESSIONS, round(total / mean))
    rng = Random(f"plan {seed}")
    shares = [rng.lognormvariate(0, _SPREAD) for _ in range(count)]
    scale = (total - count * beyond) / sum(shares)
    return [share * scale for share in shares]


def plan(out: str, seed: int, days: int, sizes: list[float], lean: bool) -> list[Job]:
    """Return one job per session, spread evenly over the days."""
    count = len(sizes)
    start = int(END.timestamp() * 1000) - days * _DAY_MS
    step = days * _DAY_MS / count
    return [
        Job(out, str(seed), n, size, int(start + n * step), (n + 0.5) / count, lean)
        for n, size in enumerate(sizes)
    ]


def plan_append(out: str, seed: int, round_number: int, total: float) -> list[Job]:
    """Return one job per main file to be continued, evenly chosen."""
    mains = sorted(glob(os.path.join(escape(out), "projects", "*", "*.jsonl")))
    count = min(len(mains), max(1, round(total / _APPEND_BYTES)))
    now = int(END.timestamp() * 1000) + round_number * _ROUND_MS
    chosen = mains[:: max(1, len(mains) // count)][:count]
    seeded = f"{seed} append {round_number}"
    return [
        Job(path, seeded, n, total / count, now + n * 1000, 1, False)
        for n, path in enumerate(chosen)
    ]


def run(jobs: Iterable[Job], work: Callable[[Job], Truth], processes: int) -> Truth:
    """Do all jobs in a pool; sums do not depend on the order in which they end."""
    truth = Truth()
    with Pool(processes) as pool:
        for part in pool.imap_unordered(work, jobs):
            truth.add(part)
    return truth


def build(args: argparse.Namespace) -> Truth:
    if os.path.exists(os.path.join(args.out, "projects")):
        sys.exit(f"{args.out} holds a corpus already; choose another folder or use --append-mb")
    lean = args.responses is not None
    if lean:
        sizes = targets(args.responses, _SESSION_RESPONSES, _BEYOND_RESPONSES, args.seed)
    else:
        sizes = targets(args.size, _SESSION_BYTES, _BEYOND_BYTES, args.seed)
    jobs = plan(args.out, args.seed, args.days, sizes, lean)
    truth = run(jobs, write_session, args.jobs)
    corpus_truth.save(truth, args.out, seed=args.seed, days=args.days, appended=0)
    return truth


def append(args: argparse.Namespace) -> Truth:
    if not os.path.exists(os.path.join(args.out, "projects")):
        sys.exit(f"{args.out} holds no corpus to append to; build one with --size first")
    truth, about = corpus_truth.load(args.out)
    number = about["appended"] + 1
    jobs = plan_append(args.out, about["seed"], number, args.append_mb * 1e6)
    added = run(jobs, append_session, args.jobs)
    truth.add(added)
    corpus_truth.save(truth, args.out, **{**about, "appended": number})
    return added


def parse_args() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    what = parser.add_mutually_exclusive_group(required=True)
    what.add_argument("--size", type=size_of, help="such as 200MB or 1GB")
    what.add_argument("--responses", type=int, help="size by responses, with minimal bytes")
    what.add_argument("--append-mb", type=float, help="append to an existing corpus")
    parser.add_argument("--out", required=True, help="folder for projects/ and truth.json")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--days", type=int, default=180)
    parser.add_argument("--jobs", type=int, default=os.cpu_count())
    return parser.parse_args()


def main() -> None:
    args = parse_args()
    start = time.perf_counter()
    truth = append(args) if args.append_mb is not None else build(args)
    seconds = time.perf_counter() - start
    done = truth.counts
    print(
        f"{done['bytes'] / 1e6:,.1f} MB, {done['files']:,} files, {done['lines']:,} lines, "
        f"{done['responses']:,} responses in {seconds:.1f} s"
    )


if __name__ == "__main__":
    main()
