"""tests/bench/run --jobs: what a second libFuzzer process on the same corpus adds. By the clock where two cores are
free; by processor time wherever else: executions in a second of it, twice those of one process when the two do not get
in each other's way."""
import re
import shutil
import time

from helpers import each, lines_of, measured, stop
from measure import targets


def measure(target, count, seeds, options):
    """So many processes. Their executions, the time by the clock, and processor time of all, in seconds."""
    place = f"{seeds}/jobs"
    shutil.rmtree(place, ignore_errors=True)
    shutil.copytree(f"{seeds}/{target}", place)
    logs = [f"{seeds}/jobs.{n}.log" for n in range(count)]

    def fuzz(log):
        with open(log, "wb") as out:
            return measured([f"{options.build}/{target}", "-reload=1", "-print_final_stats=1",
                             f"-max_total_time={options.seconds}", place], stdout=out, stderr=out)

    began = time.monotonic()
    ended = list(each(fuzz, logs, count))
    wall = time.monotonic() - began
    if any(status for status, _ in ended):
        stop(f"{target} failed")
    executed = "\n".join(line for log in logs for line in lines_of(log) if line.startswith("stat::"))
    runs = sum(map(int, re.findall("number_of_executed_units: *([0-9]+)", executed)))
    return runs, wall, sum(spent for _, spent in ended)


def compare(seeds, options):
    print(f"{'target':24} {'runs/s, one':>12} {'runs/s, two':>12} {'two/one':>10} {'two/one by CPU':>14}")
    for target in targets():
        one, wall, cpu = measure(target, 1, seeds, options)
        two, wall_two, cpu_two = measure(target, 2, seeds, options)
        print(f"{target:24} {one / wall:12.0f} {two / wall_two:12.0f} {two / wall_two / (one / wall):10.2f} "
              f"{2 * (two / cpu_two) / (one / cpu):14.2f}", flush=True)
