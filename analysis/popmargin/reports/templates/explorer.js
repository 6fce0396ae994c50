"use strict";
// The explorer's controls: every change gives margins at once and coverage a moment later.
(() => {
  const app = document.getElementById("explorer-app");
  if (!app) return;
  const { groups, recipes, settings, charts } =
    JSON.parse(document.getElementById("explorer-data").textContent);
  const AXES = ["lr", "si", "ap"], SIMULATED = 1000, CURVE = 300, STEPS = 12;
  const field = (name) => document.getElementById(`x-${name}`);
  const number = (name) => Number.parseFloat(field(name).value);
  const views = {};
  let byHand = false, turn = 0, units = [];

  const option = (value, text) => new Option(text, value);
  groups.forEach((group, index) => field("group").append(option(index, group.group)));
  recipes.forEach((recipe) => field("recipe").append(option(recipe.name, recipe.name)));
  const group = () => groups[Number(field("group").value)];
  const recipe = () => recipes.find((known) => known.name === field("recipe").value);

  for (const known of groups) {
    for (const axis of known.axes) {
      const bytes = Uint8Array.from(atob(axis.draws), (c) => c.charCodeAt(0));
      axis.pairs = new Float32Array(bytes.buffer);
    }
  }

  // What the controls hold; null with a message where a value cannot be used.
  function setting() {
    const limits = { radius: 0, fractions: 0, penumbra: 0, dose: 0, population: 0 };
    for (const name of Object.keys(limits).concat(
      AXES.map((a) => `systematic-${a}`), AXES.map((a) => `random-${a}`))) {
      const control = field(name), value = number(name);
      const usable = Number.isFinite(value) && value >= Number(control.min) &&
        value <= Number(control.max) && (name !== "fractions" || Number.isInteger(value));
      control.setAttribute("aria-invalid", String(!usable));
      if (!usable) {
        const label = control.getAttribute("aria-label") ?? control.labels[0].textContent.trim();
        const kind = name === "fractions" ? "a whole number" : "a number";
        return { problem: `${label}: expected ${kind} from ${control.min} to ${control.max}.` };
      }
      limits[name] = value;
    }
    return {
      radius: limits.radius, fractions: limits.fractions, penumbra: limits.penumbra,
      doseLevel: limits.dose, population: limits.population, level: settings.confidence_level,
      recipeFractions: settings.recipe_fractions,
      systematic: AXES.map((a) => limits[`systematic-${a}`]),
      random: AXES.map((a) => limits[`random-${a}`]),
    };
  }

  function fillErrors() {
    const chosen = group(), taken = field("protocol").value;
    const protocol = taken === "" ? undefined : chosen.protocols[Number(taken)];
    AXES.forEach((axis, k) => {
      const from = protocol ?? { systematic_sd_mm: chosen.axes.map((a) => a.systematic_sd_mm),
        random_sd_mm: chosen.axes.map((a) => a.random_sd_mm) };
      field(`systematic-${axis}`).value = from.systematic_sd_mm[k].toFixed(4);
      field(`random-${axis}`).value = from.random_sd_mm[k].toFixed(4);
    });
    byHand = Boolean(protocol);
  }

  function fillProtocols() {
    const list = field("protocol");
    list.replaceChildren(option("", "as logged"));
    group().protocols.forEach((entry, index) => list.append(option(index, entry.protocol)));
    document.getElementById("protocol-frontier").hidden = group().protocols.length === 0;
  }

  function answer() {
    const now = setting(), problem = field("problem");
    problem.hidden = !now.problem;
    problem.textContent = now.problem ?? "";
    turn += 1;
    if (now.problem) { field("sentence").textContent = ""; return; }
    const name = recipe().name;
    const margins = AXES.map((axis, k) =>
      popmarginNumbers.recipeMargin(name, now.systematic[k], now.random[k], now));
    AXES.forEach((axis, k) => {
      show(`margin-${axis}`, margins[k], margins[k].toFixed(1));
      const data = group().axes[k];
      if (byHand) return show(`interval-${axis}`, null, "set by hand: none");
      const [low, high] = popmarginNumbers.marginInterval(name, data.pairs, now);
      show(`interval-${axis}`, [low, high], `${low.toFixed(1)} to ${high.toFixed(1)}`);
    });
    const what = recipe();
    field("conditions").textContent =
      `${what.name}: ${what.formula}. Conditions: ${what.conditions}. Source status: ${what.status}.`;
    simulate(turn, now, margins);
    drawPatients();
    drawProtocols(now);
  }

  function show(name, value, text) {
    field(name).textContent = text;
    field(name).dataset.value = JSON.stringify(value);
  }

  // Coverage after the page has shown the margins; a newer answer stops an older one.
  async function simulate(mine, now, margins) {
    await new Promise((resume) => setTimeout(resume, 0));
    if (mine !== turn) return;
    if (units.fractions !== now.fractions) {
      units = popmarginNumbers.courses(SIMULATED, now.fractions);
      units.fractions = now.fractions;
    }
    const found = popmarginNumbers.coverage(units, now.systematic, now.random, margins, now);
    const percent = (share) => `${(100 * share).toFixed(0)} %`;
    const negative = margins.some((margin) => margin < 0);
    show("sentence", found,
      `These margins keep the target at ${percent(now.doseLevel)} of the dose or more in ` +
      `${percent(found.share)} of simulated patients (standard error ` +
      `${(100 * found.standardError).toFixed(1)} points), wanted ${percent(now.population)}.` +
      (negative ? " A negative margin says nothing: it counts as zero here." : ""));
    const mean = margins.reduce((sum, margin) => sum + Math.max(margin, 0), 0) / 3;
    draw("chart-coverage", "chosen", [{ margin: mean, share: found.share, label: recipe().name }]);
    draw("chart-coverage", "wanted", [{ share: now.population }]);
    const few = units.slice(0, CURVE), curve = [];
    const far = Math.max(2 * mean, 5);
    for (let step = 0; step <= STEPS; step++) {
      await new Promise((resume) => setTimeout(resume, 0));
      if (mine !== turn) return;
      const margin = far * step / STEPS;
      const share = popmarginNumbers.coverage(
        few, now.systematic, now.random, [margin, margin, margin], now).share;
      curve.push({ margin, share });
    }
    draw("chart-coverage", "curve", curve);
    app.dataset.answered = String(mine);
  }

  function drawPatients() {
    const axis = field("axis").value;
    draw("chart-patients", "patients", group().patients.filter((row) => row.axis === axis));
  }

  function drawProtocols(now) {
    const points = group().protocols.map((entry) => ({
      protocol: entry.protocol, images: entry.images,
      margin: AXES.reduce((sum, _, k) => sum + popmarginNumbers.recipeMargin(
        recipe().name, entry.systematic_sd_mm[k], entry.random_sd_mm[k], now), 0) / 3,
    }));
    const better = (a, b) => a.images <= b.images && a.margin <= b.margin &&
      (a.images < b.images || a.margin < b.margin);
    const frontier = points.filter((point) => !points.some((other) => better(other, point)));
    draw("chart-protocols", "protocols", points);
    draw("chart-protocols", "frontier", frontier.sort((a, b) => a.images - b.images));
  }

  function draw(chart, data, rows) {
    views[chart]?.then(({ view }) => view.data(data, rows).runAsync());
  }

  function start() {
    field("radius").value = settings.ctv_radius_mm;
    field("fractions").value = settings.fractions;
    field("penumbra").value = settings.penumbra_sd_mm;
    field("dose").value = settings.dose_level;
    field("population").value = settings.population;
    field("recipe").value = settings.recipe;
    for (const [id, spec] of Object.entries(charts)) {
      views[id] = vegaEmbed(`#${id}`, spec, { actions: false, renderer: "svg", logLevel: 1 });
    }
    views["chart-patients"].then(({ view }) => view.addSignalListener("brush", (_, brush) => {
      const range = brush.number, axis = field("axis").value;
      const inside = group().patients.filter((row) =>
        row.axis === axis && range && row.number >= range[0] && row.number <= range[1]);
      field("selected").textContent = inside.length === 0 ? "" :
        `${inside.length} patients selected, mean ` +
        `${(inside.reduce((sum, row) => sum + row.mean, 0) / inside.length).toFixed(2)} mm.`;
    }));
    views["chart-protocols"].then(({ view }) => view.addSignalListener("pick", (_, pick) => {
      const index = group().protocols.findIndex((p) => p.protocol === pick.protocol?.[0]);
      field("protocol").value = index < 0 ? "" : String(index);
      fillErrors();
      answer();
    }));
    fillProtocols();
    fillErrors();
    answer();
  }

  field("group").addEventListener("change", () => { fillProtocols(); fillErrors(); answer(); });
  field("protocol").addEventListener("change", () => { fillErrors(); answer(); });
  field("axis").addEventListener("change", drawPatients);
  for (const name of ["recipe", "radius", "fractions", "penumbra", "dose", "population"]) {
    field(name).addEventListener("input", answer);
  }
  for (const axis of AXES) {
    for (const kind of ["systematic", "random"]) {
      field(`${kind}-${axis}`).addEventListener("input", () => { byHand = true; answer(); });
    }
  }
  app.querySelector("form").addEventListener("submit", (event) => event.preventDefault());
  start();
})();
