"use strict";
// Margins and coverage as the library computes them, for the explorer; a test holds both equal.
// The names are those of the library: popmargin.margins has the formulae, sources and limits.
const popmarginNumbers = (() => {
  const AXES = 3, DIRECTIONS = 48, DESCENTS = 4, ITERATIONS = 60, NEWTON_STEPS = 120;
  const CLOSE = 1e-8, LONGEST = 0.5, SHORTENED = 0.3;
  const STEPS_PER_BLUR = 200, REACH_IN_BLURS = 8.5;

  // erf by its series near zero, 1 - erfc by a continued fraction beyond: 1e-15 absolute.
  function erf(x) {
    const z = Math.abs(x), square = z * z;
    if (z > 6) return Math.sign(x);
    if (z < 2.5) {
      let term = x, sum = x;
      for (let n = 1; Math.abs(term) > 1e-17 * Math.abs(sum); n++) {
        term *= -square / n;
        sum += term / (2 * n + 1);
      }
      return 2 / Math.sqrt(Math.PI) * sum;
    }
    let tail = 0;
    for (let n = 60; n > 0; n--) tail = n / 2 / (z + tail);
    return Math.sign(x) * (1 - Math.exp(-square) / Math.sqrt(Math.PI) / (z + tail));
  }

  // Lower tail of the normal density without cancellation.
  function normalTail(z) {
    if (z > -3) return 0.5 * (1 + erf(z / Math.SQRT2));
    let tail = 0;
    for (let n = 60; n > 0; n--) tail = n / (-z + tail);
    return Math.exp(-z * z / 2) / Math.sqrt(2 * Math.PI) / (-z + tail);
  }

  // A rational first guess (Abramowitz and Stegun 26.2.23), then Halley's steps.
  function quantileNormal(p) {
    if (p > 0.5) return -quantileNormal(1 - p);
    const t = Math.sqrt(-2 * Math.log(p));
    let z = (2.515517 + t * (0.802853 + t * 0.010328)) /
      (1 + t * (1.432788 + t * (0.189269 + t * 0.001308))) - t;
    for (let step = 0; step < 3; step++) {
      const excess = (normalTail(z) - p) * Math.sqrt(2 * Math.PI) * Math.exp(z * z / 2);
      z -= excess / (1 + z * excess / 2);
    }
    return z;
  }

  // Where a rising function passes zero in [0, high]; 0 when above already.
  function root(rising, high) {
    let low = 0;
    if (rising(0) > 0) return 0;
    for (let middle = high / 2; middle !== low && middle !== high; middle = (low + high) / 2) {
      if (rising(middle) > 0) high = middle; else low = middle;
    }
    return low;
  }

  const chiShare = (k) => erf(k / Math.SQRT2) - Math.sqrt(2 / Math.PI) * k * Math.exp(-k * k / 2);
  const alphaFactor = (population) => root((k) => chiShare(k) - population, 20);
  const betaFactor = (level) => quantileNormal(level);

  const blurTerm = (random, penumbra) => Math.hypot(random, penumbra) - penumbra;
  // Each is a function of the two SDs and of what the recipe takes from the controls.
  const RECIPES = {
    van_herk: (S, s, o) =>
      o.alpha * S + o.beta * blurTerm(s, o.penumbra),
    van_herk_linear: (S, s) => 2.5 * S + 0.7 * s,
    van_herk_lung_80: (S, s, o) => 2.5 * S + 0.84 * blurTerm(s, o.penumbra),
    van_herk_tcp: (S, s) => 2.5 * S + 0.7 * s - 3,
    stroom: (S, s) => 2 * S + 0.7 * s,
    parker: (S, s) => S + Math.hypot(s, S),
    icru62_linear: (S, s) => S + 0.7 * s,
    icru62_quadrature: (S, s) => Math.hypot(S, s),
    yoda: (S, s) => 2.5 * Math.max(S, s) + 0.7 * Math.min(S, s),
    antolak_rosen: (S, s) => 1.65 * s,
    bel: (S, s) => 0.7 * s,
  };

  // Fractions null: as in the recipe; a number: effective errors of that course.
  function effectiveErrors(systematic, random, fractions) {
    if (!fractions) return [systematic, random];
    return [
      Math.sqrt(systematic * systematic + random * random / fractions),
      Math.sqrt(random * random * (1 - 1 / fractions)),
    ];
  }

  function recipeOptions(setting) {
    return {
      alpha: alphaFactor(setting.population), beta: betaFactor(setting.doseLevel),
      penumbra: setting.penumbra,
    };
  }

  function recipeMargin(recipe, systematic, random, setting, options = recipeOptions(setting)) {
    const effective = effectiveErrors(systematic, random, setting.recipeFractions);
    return RECIPES[recipe](effective[0], effective[1], options);
  }

  // Percentile between order statistics at (i - 1/2) / n, as the library's intervals have it.
  function percentile(sorted, p) {
    const place = Math.min(Math.max(p * sorted.length - 0.5, 0), sorted.length - 1);
    const below = Math.floor(place), above = Math.min(below + 1, sorted.length - 1);
    return sorted[below] + (place - below) * (sorted[above] - sorted[below]);
  }

  function marginInterval(recipe, draws, setting) {
    const options = recipeOptions(setting), margins = new Float64Array(draws.length / 2);
    for (let i = 0; i < margins.length; i++) {
      margins[i] = recipeMargin(recipe, draws[2 * i], draws[2 * i + 1], setting, options);
    }
    margins.sort();
    const tail = (1 - setting.level) / 2;
    return [percentile(margins, tail), percentile(margins, 1 - tail)];
  }

  // Dose of a ball-shaped field whose edge is blurred by a normal density.
  function blurredBallDose(distance, radius, blur) {
    if (distance < 1e-6 * blur) {
      const reach = radius / blur;
      return erf(reach / Math.SQRT2) -
        Math.sqrt(2 / Math.PI) * reach * Math.exp(-reach * reach / 2);
    }
    const near = (radius - distance) / blur, far = (radius + distance) / blur;
    const edges = erf(near / Math.SQRT2) + erf(far / Math.SQRT2);
    const spill = Math.exp(-near * near / 2) - Math.exp(-far * far / 2);
    return 0.5 * edges - blur / (distance * Math.sqrt(2 * Math.PI)) * spill;
  }

  const ballFieldRadius = (level, distance, blur) =>
    root((radius) => blurredBallDose(distance, radius, blur) - level, distance + 40 * blur);

  // Dose against depth in linear steps: every eighth value exact, those between cubic.
  function doseTable(radius, blur) {
    const wide = 8 * blur / STEPS_PER_BLUR;
    const start = Math.max(0, radius - REACH_IN_BLURS * blur);
    const count = Math.trunc((radius + REACH_IN_BLURS * blur - start) / wide) + 4;
    const exact = Array.from({ length: count }, (_, i) =>
      blurredBallDose(Math.abs(start + wide * (i - 1)), radius, blur));
    const values = new Float64Array(8 * (count - 3));
    for (let i = 0; i + 3 < count; i++) {
      for (let j = 0; j < 8; j++) {
        const t = j / 8;
        values[8 * i + j] =
          exact[i] * (-t * (t - 1) * (t - 2) / 6) +
          exact[i + 1] * ((t + 1) * (t - 1) * (t - 2) / 2) +
          exact[i + 2] * (-(t + 1) * t * (t - 2) / 2) +
          exact[i + 3] * ((t + 1) * t * (t - 1) / 6);
      }
    }
    return { values, start, perMm: 8 / wide };
  }

  // Signed distance from an ellipsoid and its outward normal, written to `out`.
  function ellipsoidDistance(x, y, z, semi, out) {
    const [a, b, c] = semi;
    const smallest = Math.min(a, b, c);
    const ax = a * Math.max(Math.abs(x), 1e-9), ay = b * Math.max(Math.abs(y), 1e-9);
    const az = c * Math.max(Math.abs(z), 1e-9);
    let t = Math.max(ax - a * a, ay - b * b, az - c * c);
    for (let i = 0; i < NEWTON_STEPS; i++) {
      const p = ax / (t + a * a), q = ay / (t + b * b), s = az / (t + c * c);
      const excess = p * p + q * q + s * s - 1;
      const slope = -2 * (p * p / (t + a * a) + q * q / (t + b * b) + s * s / (t + c * c));
      const step = excess / slope;
      t -= step;
      if (excess <= 1e-6) break;
    }
    const nx = x / (t + a * a), ny = y / (t + b * b), nz = z / (t + c * c);
    const length = Math.hypot(nx, ny, nz);
    if (length === 0) { out.fill(0); out[0] = -smallest; return; }
    out[0] = t * length; out[1] = nx / length; out[2] = ny / length; out[3] = nz / length;
  }

  const sphereDirections = Array.from({ length: DIRECTIONS }, (_, i) => {
    const height = 1 - 2 * (i + 0.5) / DIRECTIONS;
    const turn = Math.PI * (1 + Math.sqrt(5)) * (i + 0.5), ring = Math.sqrt(1 - height * height);
    return [ring * Math.cos(turn), ring * Math.sin(turn), height];
  });

  // Search for the least dose on the CTV surface over the shifts of one course.
  function surface(radius, margins, table) {
    const equal = margins[0] === margins[1] && margins[1] === margins[2];
    const meanMargin = (margins[0] + margins[1] + margins[2]) / 3;
    const semi = margins.map((margin) => Math.max(margin, 1e-6));
    const last = table.values.length - 2, found = new Float64Array(4);
    const place = (depth) =>
      Math.min(Math.max((depth - table.start) * table.perMm, 0), last + 0.999999999999);

    function dose(u, shifts, pull) {
      let total = 0;
      pull.fill(0);
      for (let j = 0; j < shifts.length; j += AXES) {
        const x = radius * u[0] + shifts[j], y = radius * u[1] + shifts[j + 1];
        const z = radius * u[2] + shifts[j + 2];
        if (equal) {
          found[0] = Math.sqrt(x * x + y * y + z * z);
          const inverse = 1 / Math.max(found[0], 1e-9);
          found[1] = x * inverse; found[2] = y * inverse; found[3] = z * inverse;
        } else {
          ellipsoidDistance(x, y, z, semi, found);
          found[0] += meanMargin;
        }
        const at = place(found[0]), i = Math.trunc(at);
        const fall = table.values[i] - table.values[i + 1];
        total += table.values[i] - (at - i) * fall;
        for (let k = 0; k < AXES; k++) pull[k] += fall * found[k + 1];
      }
      return total;
    }

    function directionDose(u, shifts) {
      let total = 0;
      for (let j = 0; j < shifts.length; j += AXES) {
        const x = radius * u[0] + shifts[j], y = radius * u[1] + shifts[j + 1];
        const z = radius * u[2] + shifts[j + 2];
        let depth = Math.sqrt(x * x + y * y + z * z);
        if (!equal) {
          const scaled = Math.hypot(x / semi[0], y / semi[1], z / semi[2]);
          depth += meanMargin - depth / Math.max(scaled, 1e-9);
        }
        const at = place(depth), i = Math.trunc(at);
        total += table.values[i] - (at - i) * (table.values[i] - table.values[i + 1]);
      }
      return total;
    }

    const dot = (a, b) => a[0] * b[0] + a[1] * b[1] + a[2] * b[2];
    function descend(u, shifts) {
      const pull = new Float64Array(AXES), trial = [...u], slope = [0, 0, 0];
      let best = Infinity, step = 0;
      for (let iteration = 0; iteration < ITERATIONS; iteration++) {
        const here = dose(trial, shifts, pull);
        if (here < best) {
          best = here;
          const outward = dot(pull, trial);
          let moved = 0, bend = 0, steep = 0;
          for (let k = 0; k < AXES; k++) {
            const tangent = pull[k] - outward * trial[k];
            moved += (trial[k] - u[k]) ** 2;
            bend += (trial[k] - u[k]) * (slope[k] - tangent);
            steep += tangent * tangent;
            u[k] = trial[k]; slope[k] = tangent;
          }
          if (iteration === 0) step = 1 / Math.max(outward, 1e-12);
          else step = bend > 0 ? moved / bend : 2 * step;
          step = Math.min(step, LONGEST / Math.max(Math.sqrt(steep), 1e-300));
        } else step *= SHORTENED;
        for (let k = 0; k < AXES; k++) trial[k] = u[k] + step * slope[k];
        const length = Math.sqrt(dot(trial, trial));
        let moved = 0;
        for (let k = 0; k < AXES; k++) {
          trial[k] /= length;
          moved += (trial[k] - u[k]) ** 2;
        }
        if (moved < CLOSE) break;
      }
      return best;
    }

    return function minimumDose(shifts) {
      const count = shifts.length / AXES, u = [0, 0, 0];
      const doses = sphereDirections.map((direction) => directionDose(direction, shifts));
      for (let j = 0; j < shifts.length; j++) u[j % AXES] += shifts[j] / count;
      const length = Math.sqrt(dot(u, u));
      let best = Infinity;
      if (length > 0) best = descend(u.map((part) => part / length), shifts);
      for (let descent = 0; descent < DESCENTS; descent++) {
        let first = 0;
        for (let i = 1; i < doses.length; i++) if (doses[i] < doses[first]) first = i;
        if (doses[first] === Infinity) break;
        const start = [...sphereDirections[first]];
        best = Math.min(best, descend(start, shifts));
        for (let i = 0; i < doses.length; i++) {
          const near = dot(sphereDirections[i], sphereDirections[first]) > 0.5;
          if (near || dot(sphereDirections[i], start) > 0.5) doses[i] = Infinity;
        }
      }
      return best / count;
    };
  }

  // The same standard normal numbers for the same place on every machine.
  function standardNormal(place) {
    let h = Math.imul(place + 1, 0x9e3779b1) | 0;
    h = Math.imul(h ^ (h >>> 16), 0x85ebca6b);
    h = Math.imul(h ^ (h >>> 13), 0xc2b2ae35);
    return quantileNormal((((h ^ (h >>> 16)) >>> 0) + 0.5) / 4294967296);
  }

  // Errors of one simulated course in units of the SDs: systematic, then one row a fraction.
  function unitCourse(patient, fractions) {
    const unit = new Float64Array(AXES * (fractions + 1)), first = patient * AXES * 101;
    for (let j = 0; j < unit.length; j++) unit[j] = standardNormal(first + j);
    return unit;
  }

  function courses(count, fractions) {
    return Array.from({ length: count }, (_, patient) => unitCourse(patient, fractions));
  }

  // Share of simulated patients whose CTV minimum dose reaches the level, and its standard error.
  function coverage(units, systematic, random, margins, setting) {
    const usable = margins.map((margin) => Math.max(margin, 0));
    const mean = (usable[0] + usable[1] + usable[2]) / 3;
    const field = ballFieldRadius(setting.doseLevel, setting.radius + mean, setting.penumbra);
    const table = doseTable(field, setting.penumbra);
    const minimumDose = surface(setting.radius, usable, table);
    let covered = 0;
    for (const unit of units) {
      const shifts = new Float64Array(unit.length - AXES);
      for (let j = 0; j < shifts.length; j++) {
        const axis = j % AXES;
        shifts[j] = systematic[axis] * unit[axis] + random[axis] * unit[j + AXES];
      }
      if (minimumDose(shifts) >= setting.doseLevel) covered += 1;
    }
    const share = covered / units.length;
    const spread = Math.sqrt(share * (1 - share) / units.length);
    return { share, standardError: Math.max(spread, 1 / units.length) };
  }

  return { RECIPES, recipeMargin, marginInterval, courses, coverage };
})();
