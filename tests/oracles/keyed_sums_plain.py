"""Sums by key in plain loops over whole numbers without limit: vouches for the compiled sums."""

import math


def keyed_sums(keys, numbers, values, steps_per_unit):
    """Key -> [rows, bits, (count, sum, sum of squares) of each column]; keys as they come.

    ``values`` one sequence a row, NaN where there is none. ``bits`` counts modulo 2^64.
    """
    found = {}
    for key, number, row in zip(keys, numbers, values, strict=True):
        record = found.setdefault(key, [0, 0, *([0, 0, 0] for _ in row)])
        record[0] += 1
        record[1] = (record[1] + (2**number if 0 <= number < 63 else 0)) % 2**64
        for sums, value in zip(record[2:], row, strict=True):
            if not math.isnan(value):
                step = round(value * steps_per_unit)  # half to even, as everywhere
                sums[0] += 1
                sums[1] += step
                sums[2] += step * step
    return found
