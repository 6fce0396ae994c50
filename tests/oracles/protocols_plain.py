"""Slow plain-Python twins of every correction protocol, written from the definitions alone.

A patient is a list of (fraction number, [lr, si, ap]) in mm. Each twin returns the errors that are
left, the number of images, the corrections per axis, the couch corrections, and for each fraction
and axis whether it is settled. `others` is what `population` gives of the other patients, by axis.
"""

import math

AXES = range(3)


def mean(values):
    return sum(values) / len(values)


def mean_errors(patient):
    return [mean([x[a] for _, x in patient]) for a in AXES]


def no_imaging(patient, **_):
    return [list(x) for _, x in patient], 0, [0, 0, 0], 0, settled_from(patient, 0)


def settled_from(patient, start):
    return [[j >= start] * 3 for j in range(len(patient))]


def population(patients, axis):
    """Mean, systematic and random variance of one axis by one-way ANOVA."""
    groups = [[x[axis] for _, x in patient] for patient in patients]
    sizes = [len(group) for group in groups]
    total = sum(sizes)
    grand = sum(sum(group) for group in groups) / total
    within = sum((v - mean(g)) ** 2 for g in groups for v in g) / (total - len(groups))
    between = sum(len(g) * (mean(g) - grand) ** 2 for g in groups) / (len(groups) - 1)
    n0 = (total - sum(n * n for n in sizes) / total) / (len(groups) - 1)
    return mean([mean(g) for g in groups]), (between - within) / n0, within


def nal(patient, images, correction=None, **_):
    left, counts, moves = [list(x) for _, x in patient], [0, 0, 0], 0
    if len(patient) >= images:
        learnt = mean_errors(patient[:images])
        c = correction(learnt) if correction else learnt
        left = [
            [v - (c[a] if j >= images else 0) for a, v in enumerate(x)]
            for j, (_, x) in enumerate(patient)
        ]
        counts, moves = [1, 1, 1], 1
    return left, min(images, len(patient)), counts, moves, settled_from(patient, images)


def nal_shrunk(patient, images, others, **_):
    def shrink(learnt):
        out = []
        for a in AXES:
            m, s2, r2 = others[a]
            w = s2 / (s2 + r2 / images) if s2 > 0 else 0.0
            out.append(m + w * (learnt[a] - m))
        return out

    return nal(patient, images, shrink)


def first_of_week(patient):
    seen, marks = set(), []
    for number, _ in patient:
        week = math.ceil(number / 5)
        marks.append(week not in seen)
        seen.add(week)
    return marks


def straight_line(points, at):
    t0, x0 = mean([t for t, _ in points]), mean([x for _, x in points])
    slope = sum((t - t0) * (x - x0) for t, x in points) / sum((t - t0) ** 2 for t, _ in points)
    return x0 + slope * (at - t0)


def enal(patient, images, model, **_):
    weekly, imaged, left = first_of_week(patient), [], []
    for j, (number, x) in enumerate(patient):
        if len(imaged) < images:
            c = [0, 0, 0]
        elif model == "mean" or len(imaged) == images:
            c = mean_errors(imaged)
        else:
            c = [straight_line([(t, e[a]) for t, e in imaged], number) for a in AXES]
        left.append([x[a] - c[a] for a in AXES])
        if j < images or weekly[j]:
            imaged.append((number, x))
    renewals = max(0, len(imaged) - images + 1)
    return left, len(imaged), [renewals] * 3, renewals, settled_from(patient, images)


def sal(patient, alpha_mm, max_images, rule, **_):
    tracks = [[0], [1], [2]] if rule == "axis" else [[0, 1, 2]]
    left = [[None] * 3 for _ in patient]
    settled = [[False] * 3 for _ in patient]
    counts, imaged, moved = [0, 0, 0], set(), set()
    for track in tracks:
        c, since, on = [0, 0, 0], [], True
        for j, (_, x) in enumerate(patient):
            for a in track:
                left[j][a] = x[a] - c[a]
                settled[j][a] = not on
            if not on:
                continue
            imaged.add(j)
            since.append(left[j])
            m = [mean([y[a] for y in since]) if a in track else 0.0 for a in AXES]
            if math.sqrt(sum(v * v for v in m)) > alpha_mm / math.sqrt(len(since)):
                c = [c[a] + m[a] for a in AXES]
                since = []
                moved.add(j)
                for a in track:
                    counts[a] += 1
            elif len(since) >= max_images:
                on = False
    return left, len(imaged), counts, len(moved), settled


def cover(patient, images, others, **_):
    limits = [3 * math.sqrt(others[a][2]) for a in AXES]
    left, counts, moves, checks, stopped = [], [0, 0, 0], 0, 0, False
    c = [0, 0, 0]
    history = [[], [], []]  # signed failures of each axis since the last restart, 0 = passed
    for j, (_, x) in enumerate(patient):
        y = [x[a] - c[a] for a in AXES]
        left.append(y)
        if j < images:
            if j == images - 1:
                c, counts, moves = mean_errors(patient[:images]), [1, 1, 1], 1
            continue
        if stopped or checks == 4:
            continue
        checks += 1
        failed = [abs(y[a]) > limits[a] for a in AXES]
        repaired = False
        for a in AXES:
            history[a].append(y[a] if failed[a] else 0)
            if len(history[a]) > 1 and history[a][-1] * history[a][-2] > 0:
                c = [c[b] + (sum(history[a][-2:]) / 2 if b == a else 0) for b in AXES]
                history[a] = []
                counts[a] += 1
                repaired = True
        moves += repaired
        stopped = not any(failed)
    return left, min(images, len(patient)) + checks, counts, moves, settled_from(patient, images)


def online(patient, plan, carry, threshold_mm, rule, residual_mm, first=0):
    left, imaged, counts, moves = [], [], [0, 0, 0], 0
    for j, (_, x) in enumerate(patient):
        c = mean_errors(imaged) if carry and imaged else [0, 0, 0]
        y = [x[a] - c[a] for a in AXES]
        if plan[j]:
            imaged.append(patient[j])
            sizes = [abs(v) for v in y] if rule == "axis" else [math.hypot(*y)] * 3
            act = [threshold_mm is None or size > threshold_mm for size in sizes]
            for a in AXES:
                if act[a]:
                    y[a] = max(-residual_mm, min(residual_mm, x[a]))
                    counts[a] += 1
            moves += any(act)
        left.append(y)
    start = sum(1 for number, _ in patient if number <= first)
    return left, len(imaged), counts, moves, settled_from(patient, start)


def weekly(patient, first, per_week, carry, threshold_mm, rule, residual_mm, **_):
    places = {1: {0}, 2: {0, 3}, 3: {0, 2, 4}, 4: {0, 2, 3, 4}, 5: {0, 1, 2, 3, 4}}[per_week]
    in_week, plan = {}, []
    for number, _ in patient:
        week = math.ceil(number / 5)
        plan.append(number <= first or in_week.get(week, 0) in places)
        in_week[week] = in_week.get(week, 0) + 1
    return online(patient, plan, carry, threshold_mm, rule, residual_mm, first)


def first_k_then_weekly(patient, k, **values):
    return weekly(patient, first=k, per_week=1, **values)


def every_kth(patient, k, carry, threshold_mm, rule, residual_mm, **_):
    plan = [number % k == 1 or k == 1 for number, _ in patient]
    return online(patient, plan, carry, threshold_mm, rule, residual_mm)


def daily(patient, threshold_mm, rule, residual_mm, **_):
    return online(patient, [True] * len(patient), False, threshold_mm, rule, residual_mm)


daily_threshold = daily


def kalman(patient, process_sd_mm, others, **_):
    left = [[None] * 3 for _ in patient]
    for a in AXES:
        _, s2, r2 = others[a]
        m, p = 0.0, max(s2, 0.0)
        for j, (number, x) in enumerate(patient):
            left[j][a] = x[a] - m
            gain = p / (p + r2) if p > 0 else 0.0
            m += gain * (x[a] - m)
            p *= 1 - gain
            if j + 1 < len(patient):
                p += process_sd_mm**2 * (patient[j + 1][0] - number)
    n = len(patient)
    return left, n, [n] * 3, n, settled_from(patient, 0)


def postponement(patient, limit, when, fillings, **_):
    """The errors of the fractions that were treated as logged, and what it took."""
    left, images = [], 0
    for (_, x), filling in zip(patient, fillings, strict=True):
        images += 1
        measured = filling is not None
        if measured and (filling > limit if when == "above" else filling < limit):
            images += 1
        else:
            left.append(list(x))
    return left, images, [0, 0, 0], 0, [[True] * 3 for _ in left]


TWINS = {
    function.__name__: function
    for function in (
        no_imaging,
        nal,
        nal_shrunk,
        enal,
        sal,
        cover,
        weekly,
        first_k_then_weekly,
        every_kth,
        daily,
        kalman,
        postponement,
    )
} | {"daily_threshold": daily_threshold}
