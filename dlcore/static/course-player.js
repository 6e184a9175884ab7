// Brings the players of a built page to life. The HTML and the paths are made by dlcore/player.py,
// which also draws the picture that is shown without this script. Nothing moves unasked.
"use strict";

(() => {
  const SVG = "http://www.w3.org/2000/svg";
  const STEPS_PER_SECOND = 20;
  const SUPERSCRIPTS = "⁰¹²³⁴⁵⁶⁷⁸⁹";

  function superscript(number) {
    return [...String(number)].map((c) => (c === "-" ? "⁻" : SUPERSCRIPTS[c])).join("");
  }

  // The same rules as _height_text in dlcore/player.py: a height with two digits, given 100 log10.
  function heightText(centilog, least) {
    if (centilog <= least) return `less than 10${superscript(least / 100)}`;
    const value = 10 ** (centilog / 100);
    if (centilog >= -200 && centilog < 200) {
      return value.toFixed(centilog < 100 ? 1 - Math.floor(centilog / 100) : 0);
    }
    const [mantissa, exponent] = value.toExponential(1).split("e");
    return `${mantissa} × 10${superscript(Number(exponent))}`;
  }

  function element(name, attributes, parent) {
    const made = document.createElementNS(SVG, name);
    for (const [key, value] of Object.entries(attributes)) made.setAttribute(key, value);
    parent.append(made);
    return made;
  }

  // What the page's Python can do with each player; see browser/src/live_player.js.
  const players = new WeakMap();

  const clamp = (value, most) => Math.min(Math.max(value, 0), most);

  function startPlayer(root) {
    const data = JSON.parse(root.querySelector("script[type='application/json']").textContent);
    const control = (name) => root.querySelector(`[data-dlc-control=${name}]`);
    const [surface, factor, step] = ["surface", "factor", "step"].map(control);
    const views = [...root.querySelectorAll(".dlc-player-view")];
    const rows = [...root.querySelectorAll(".dlc-runner")];
    const boxes = rows.map((row) => row.querySelector("input"));
    const button = root.querySelector("[data-dlc-action=play]");
    const live = root.querySelector(".dlc-live");
    const last = data.steps.length - 1;
    const first = {
      surface: 0, factor: factor.defaultValue, step: String(last),
      shown: boxes.map((box) => box.defaultChecked),
    };
    // Paths that Python has computed for the surface shown, with the words for their rates.
    let computed = null;
    let waiting = 0; // timer of the live region
    let frame = 0; // of the animation; 0 while nothing moves

    const isComputed = () => computed?.surface === surface.selectedIndex;
    const track = (k) => (
      isComputed() ? computed.tracks[k] : data.tracks[surface.selectedIndex][k][factor.value]);
    const factorText = () => (isComputed() ? computed.text : data.factors[factor.value]);

    function runnerText(k) {
      const [, x, y, heights] = track(k);
      const now = Number(step.value);
      if (now >= x.length) return "diverged";
      const text = heightText(heights[now], data.least);
      const inside = [x[now], y[now]].every((v) => v >= 0 && v <= 1000);
      return inside ? text : `${text}, outside the picture`;
    }

    function sentence() {
      const heights = data.runners.map((runner, k) => (
        boxes[k].checked ? `${runner.label} ${runnerText(k)}` : "")).filter(Boolean);
      return `${data.surfaces[surface.selectedIndex]}, ${factorText()}, `
        + `step ${data.steps[step.value]} of ${data.steps[last]}. `
        + `Heights: ${heights.join("; ") || "no optimiser chosen"}.`;
    }

    function draw(group) {
      const [left, top, width, height] = data.box;
      group.replaceChildren();
      const inner = element("svg", { x: left, y: top, width, height }, group);
      data.runners.forEach((runner, k) => {
        if (!boxes[k].checked) return;
        const [, x, y] = track(k);
        const end = Math.min(Number(step.value), x.length - 1);
        const look = { stroke: runner.colour, "stroke-width": 1.8 };
        const places = [];
        for (let i = 0; i <= end; i += 1) {
          places.push([x[i] * width / 1000, height - y[i] * height / 1000]);
        }
        element("polyline", {
          ...look, fill: "none", "stroke-dasharray": runner.dash,
          points: places.map(([a, b]) => `${a.toFixed(1)},${b.toFixed(1)}`).join(" "),
        }, inner);
        const [a, b] = places[end];
        const mark = element("g", {
          class: "dlc-mark",
          transform: `translate(${(clamp(a, width) + left).toFixed(1)} `
            + `${(clamp(b, height) + top).toFixed(1)})`,
        }, group);
        element("circle", { ...look, r: 7.5 }, mark);
        element("text", { "text-anchor": "middle", dy: "0.35em", "font-size": 8.5 }, mark)
          .textContent = runner.mark;
      });
    }

    function show() {
      for (const [range, text] of [
        [factor, data.factors[factor.value]],
        [step, `${data.steps[step.value]} of ${data.steps[last]}`],
      ]) {
        range.setAttribute("aria-valuetext", text);
        range.parentElement.querySelector("output").textContent = text;
      }
      views.forEach((view, k) => { view.hidden = k !== surface.selectedIndex; });
      rows.forEach((row, k) => {
        row.classList.toggle("dlc-off", !boxes[k].checked);
        row.querySelector(".dlc-rate").textContent = `η = ${track(k)[0]}`;
        row.querySelector(".dlc-height").textContent = boxes[k].checked ? runnerText(k) : "";
      });
      const svg = views[surface.selectedIndex].querySelector("svg");
      draw(svg.querySelector(".dlc-paths"));
      if (!frame) svg.setAttribute("aria-label", sentence());
    }

    // A screen reader gets the numbers once all is at rest, not at every step.
    function say() {
      clearTimeout(waiting);
      waiting = setTimeout(() => { if (!frame) live.textContent = sentence(); }, 400);
    }

    function stop() {
      cancelAnimationFrame(frame);
      frame = 0;
      button.textContent = "Play";
      show();
      say();
    }

    function play() {
      if (Number(step.value) === last) step.value = 0;
      const from = data.steps[step.value];
      let start = null;
      function tick(now) {
        start ??= now;
        const reached = from + Math.floor((now - start) * STEPS_PER_SECOND / 1000);
        let position = Number(step.value);
        while (position < last && data.steps[position + 1] <= reached) position += 1;
        if (position !== Number(step.value)) {
          step.value = position;
          show();
        }
        if (position === last) stop();
        else frame = requestAnimationFrame(tick);
      }
      button.textContent = "Pause";
      clearTimeout(waiting);
      live.textContent = "";
      frame = requestAnimationFrame(tick);
      show();
    }

    root.addEventListener("input", (event) => {
      // Who takes the step into their own hands does not want it moved any further.
      if (event.target === step && frame) stop();
      show();
      say();
    });

    root.addEventListener("click", (event) => {
      const action = event.target.closest("button")?.dataset.dlcAction;
      if (action === "play") {
        if (frame) stop();
        else play();
      } else if (action === "all" || action === "none") {
        for (const box of boxes) box.checked = action === "all";
        show();
        say();
      }
    });

    // Paper shows what the page showed at first, whatever has been chosen since.
    let kept = null;
    let keptPaths = null;
    function paper(begins) {
      if (begins === (kept !== null)) return;
      if (begins) {
        if (frame) stop();
        keptPaths = computed;
        computed = null;
        kept = {
          surface: surface.selectedIndex, factor: factor.value, step: step.value,
          shown: boxes.map((box) => box.checked),
        };
      }
      const state = begins ? first : kept;
      if (!begins) [kept, computed, keptPaths] = [null, keptPaths, null];
      surface.selectedIndex = state.surface;
      factor.value = state.factor;
      step.value = state.step;
      boxes.forEach((box, k) => { box.checked = state.shown[k]; });
      show();
    }
    globalThis.addEventListener("beforeprint", () => paper(true));
    globalThis.addEventListener("afterprint", () => paper(false));
    globalThis.matchMedia("print").addEventListener("change", (event) => paper(event.matches));

    for (const shown of [root.querySelector(".dlc-controls"), ...rows, ...boxes]) {
      shown.hidden = false;
    }
    // Some browsers keep controls where they were when a page is loaded again.
    show();

    function showComputed(paths) {
      computed = paths;
      show();
      say();
    }
    players.set(root, {
      surface: () => surface.selectedIndex,
      factor: () => Number(factor.value),
      showComputed,
      showPrepared: (position) => {
        factor.value = position;
        showComputed(null);
      },
    });
  }

  function init(root = document) {
    for (const player of root.querySelectorAll(".dlc-player:not([data-dlc-started])")) {
      player.dataset.dlcStarted = "";
      startPlayer(player);
    }
  }

  globalThis.dlcorePlayers = { init, heightText, find: (root) => players.get(root) };

  // Without a document this file is being tested.
  if (typeof document === "undefined") return;
  if (document.readyState === "loading") {
    document.addEventListener("DOMContentLoaded", () => init());
  } else {
    init();
  }
})();
