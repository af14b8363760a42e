// The page's entry: loads the site's facts, starts the worker, and joins controls, worker and view.
import { Camera } from "./camera.js";
import { Problem } from "./download.js";
import { modelText, problemText, top, useTexts, write } from "./text.js";
import { $, build, pickHeatmap, showCrop, showImage, showPrediction } from "./view.js";

const PAGE = new URL(".", import.meta.url);
const BASE = new URL("..", import.meta.url).href;
const STEADY = 0.7; // weight of what was shown before, while the camera runs
const state = { site: null, model: null, mix: "ham10000", prediction: null, whole: null, live: false, insists: false,
  drawnAs: null, name: "Your image" };
let ask = null;
let done = 0; // predictions shown; tests wait for the next one
let turn = 0; // of the newest image: answers to older ones are dropped

function tell(error) {
  console.debug(error);
  const problem = error instanceof Problem ? error : new Problem("failed");
  $("problem").textContent = state.site ? problemText(problem) : "This page wasn't loaded completely. Reload it.";
  $("problem").hidden = false;
  $("server").hidden = false;
}

function clearProblem() {
  $("problem").hidden = true;
  $("server").hidden = true;
}

/** Run something that may fail; its failure becomes one sentence. */
function guarded(run) {
  return async (...given) => {
    try {
      clearProblem();
      await run(...given);
    } catch (error) {
      tell(error);
    }
  };
}

function startWorker() {
  const worker = new Worker(new URL("worker.js", PAGE), { type: "module" });
  const waiting = new Map();
  let loaded = 0;
  worker.addEventListener("message", ({ data: { id, value, problem, progress } }) => {
    if (progress) {
      loaded = Math.max(loaded, progress);
      $("status").textContent = `Loading the model: ${(loaded / 1e6).toFixed(1)} MB`;
      return;
    }
    const { resolve, reject } = waiting.get(id);
    waiting.delete(id);
    if (problem) reject(new Problem(problem.code, problem.values));
    else resolve(value);
  });
  worker.addEventListener("error", () => waiting.forEach(({ reject }) => reject(new Problem("runtime"))));
  let last = 0;
  return (action, given = {}, transfer = []) => new Promise((resolve, reject) => {
    waiting.set(++last, { resolve, reject });
    worker.postMessage({ id: last, action, ...given }, transfer);
  });
}

const crop = () => ({ size: $("crop-size").value / 100, across: $("crop-across").value / 100,
  down: $("crop-down").value / 100 });

async function classify() {
  const mine = turn;
  const prediction = await ask("predict", { name: state.model, crop: crop() });
  if (mine !== turn) return;
  state.prediction = prediction;
  pickHeatmap(top(shownProbabilities()));
  showPrediction(state);
  showCrop(state.site, state.whole, crop());
  document.documentElement.dataset.done = String(++done);
}

const shownProbabilities = () => (state.mix === "equal" ? state.prediction.equal : state.prediction.probabilities);

/** Classify a file. `drawnAs`: index of the class that a synthetic lesion was drawn as. */
async function open(blob, name = "Your image", drawnAs = null) {
  camera.stop();
  turn += 1;
  const mine = turn;
  $("result").hidden = true;
  const whole = await ask("load", { blob });
  if (mine !== turn) return;
  Object.assign(state, { whole, name, drawnAs, live: false, insists: false });
  resetCrop();
  await classify();
  $("result").after($("examples"));
  $("image-title").scrollIntoView({ block: "nearest" });
}

function resetCrop() {
  [["crop-size", 100], ["crop-across", 50], ["crop-down", 50]].forEach(([id, value]) => { $(id).value = value; });
}

const camera = new Camera(async (bitmap) => {
  const mine = turn;
  const whole = await ask("load", { bitmap }, [bitmap]);
  const prediction = await ask("predict", { name: state.model, crop: crop() });
  if (mine !== turn || !camera.running) return;
  if (state.live && state.prediction) {
    for (const key of ["probabilities", "equal"]) {
      prediction[key] = prediction[key].map((p, i) => STEADY * state.prediction[key][i] + (1 - STEADY) * p);
    }
  }
  Object.assign(state, { whole, prediction, live: true });
  showPrediction(state);
}, (problem) => {
  endLive();
  tell(problem);
});

async function startLive() {
  turn += 1;
  Object.assign(state, { live: false, prediction: null, insists: false, drawnAs: null, name: "The camera's image" });
  resetCrop();
  await camera.start();
  $("result").after($("examples"));
}

function endLive() {
  camera.stop();
  turn += 1;
  Object.assign(state, { live: false, prediction: null });
  $("result").hidden = true;
}

async function hold() {
  camera.stop();
  turn += 1;
  state.live = false;
  await classify();
}

function connect() {
  const { site } = state;
  const choose = (id) => $(id).addEventListener("change", guarded(async () => {
    const [file] = $(id).files;
    $(id).value = "";
    if (file) await open(file);
  }));
  choose("file");
  choose("photo");
  $("choose").addEventListener("click", () => $("file").click());
  $("take").addEventListener("click", () => $("photo").click());
  $("take").hidden = !matchMedia("(pointer: coarse)").matches; // elsewhere it would only open the same dialog again
  $("live").addEventListener("click", guarded(startLive));
  $("hold").addEventListener("click", guarded(hold));
  $("stop").addEventListener("click", guarded(endLive));
  $("insist").addEventListener("click", () => {
    state.insists = true;
    showPrediction(state);
    $("prediction-title").scrollIntoView({ block: "nearest" });
  });
  for (const id of ["heat-for", "opacity"]) $(id).addEventListener("input", () => showImage(state, false));
  for (const id of ["crop-size", "crop-across", "crop-down"]) {
    $(id).addEventListener("input", () => showCrop(site, state.whole, crop()));
    $(id).addEventListener("change", guarded(classify));
  }
  document.addEventListener("dragover", (event) => event.preventDefault());
  document.addEventListener("drop", guarded(async (event) => {
    event.preventDefault();
    const [file] = event.dataTransfer.files;
    if (!file) throw new Problem("no_file");
    await open(file);
  }));
  document.addEventListener("paste", guarded(async (event) => {
    const [file] = event.clipboardData.files;
    if (file) await open(file);
  }));
  connectModels();
  connectExamples();
}

function connectModels() {
  const { site } = state;
  $("model").replaceChildren(...site.offered.map((name) => new Option(name, name)));
  $("model-label").hidden = site.offered.length < 2;
  $("model").addEventListener("change", guarded(async () => {
    const name = $("model").value;
    $("model-text").textContent = "Loading the model";
    try {
      await ask("open", { name });
      state.model = name;
    } finally {
      showModel();
    }
    turn += 1;
    if (state.prediction && !camera.running) await classify();
  }));
  showModel();
}

function showModel() {
  $("model").value = state.model;
  $("model-text").textContent = modelText(state.model);
}

function connectExamples() {
  $("examples").querySelector("ul").replaceChildren(...state.site.labels.map(({ dx, name }, i) => {
    const image = Object.assign(document.createElement("img"), { alt: "", src: new URL(`example-${dx}.jpg`, PAGE),
      width: 200, height: 150 });
    const button = Object.assign(document.createElement("button"), { type: "button" });
    button.append(image, name);
    button.addEventListener("click", guarded(async () => {
      const response = await fetch(image.src);
      await open(await response.blob(), `A synthetic lesion drawn as ${name}`, i);
    }));
    const item = document.createElement("li");
    item.append(button);
    return item;
  }));
}

async function boot() {
  const response = await fetch(new URL("site.json", PAGE));
  if (!response.ok) throw new Problem("outdated");
  state.site = await response.json();
  const wanted = new URLSearchParams(location.search).get("model");
  if (state.site.offered.includes(wanted)) state.site.default = wanted;
  state.model = state.site.default;
  useTexts(state.site);
  build(state.site, (mix) => {
    state.mix = mix;
    pickHeatmap(top(shownProbabilities()));
    showPrediction(state);
  });
  ask = startWorker();
  await ask("start", { site: state.site, base: BASE });
  connect();
  const { package: made, version } = state.site.runtime;
  $("versions").textContent = `Runtime: ${made} ${version} (Apache License 2.0).`;
  for (const id of ["sources", "examples", "about"]) $(id).hidden = false;
  write($("status"), "Ready: the model runs on this device.");
  document.documentElement.dataset.ready = String(performance.now());
  navigator.serviceWorker?.register(new URL("sw.js", BASE)).catch(() => {}); // without it there is no offline use
}

$("server").hidden = true;
boot().catch((error) => {
  $("status").hidden = true;
  tell(error);
});
