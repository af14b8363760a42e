// One image with its heatmap: zoom, move, and hide the heatmap while a key or the image is pressed.
// `data` from __init__.py: `name`, `image` and `heated` (URLs), `alt` and `heated_alt`.

const MOST = 8;
const STEP = 1.5;
const KEYS = { "+": STEP, "=": STEP, "-": 1 / STEP };
const MOVES = { ArrowLeft: [40, 0], ArrowRight: [-40, 0], ArrowUp: [0, 40], ArrowDown: [0, -40] };
const views = new WeakMap(); // of each stage: what it shows and how large

const clamp = (value, low, high) => Math.min(Math.max(value, low), high);

function draw(stage) {
  const view = views.get(stage);
  view.x = clamp(view.x, stage.clientWidth * (1 - view.scale), 0);
  view.y = clamp(view.y, stage.clientHeight * (1 - view.scale), 0);
  stage.firstElementChild.style.transform = `translate(${view.x}px, ${view.y}px) scale(${view.scale})`;
  stage.classList.toggle("zoomed", view.scale > 1);
  const root = stage.getRootNode();
  root.querySelector("output").textContent = `${Math.round(100 * view.scale)}%`;
  root.querySelector(".out").disabled = view.scale <= 1;
  root.querySelector(".in").disabled = view.scale >= MOST;
}

// Zoom so that the point at x, y of the stage stays where it is.
function zoom(stage, factor, x = stage.clientWidth / 2, y = stage.clientHeight / 2) {
  const view = views.get(stage);
  const scale = clamp(view.scale * factor, 1, MOST);
  view.x = x - ((x - view.x) * scale) / view.scale;
  view.y = y - ((y - view.y) * scale) / view.scale;
  view.scale = scale;
  draw(stage);
}

function hide(stage, hidden) {
  stage.classList.toggle("hidden", hidden);
}

function place(stage, event) {
  const box = stage.getBoundingClientRect();
  return { x: event.clientX - box.left, y: event.clientY - box.top };
}

function follow(stage) {
  const pointers = new Map();
  const places = () => [...pointers.values()];
  const apart = () => Math.hypot(places()[0].x - places()[1].x, places()[0].y - places()[1].y);
  stage.onpointerdown = (event) => {
    if (event.button) return;
    stage.setPointerCapture(event.pointerId);
    pointers.set(event.pointerId, place(stage, event));
    hide(stage, pointers.size === 1);
  };
  stage.onpointermove = (event) => {
    const before = pointers.get(event.pointerId);
    if (!before) return;
    const now = place(stage, event);
    const distance = pointers.size === 2 ? apart() : 0;
    const view = views.get(stage);
    view.x += now.x - before.x;
    view.y += now.y - before.y;
    Object.assign(before, now);
    if (distance) zoom(stage, apart() / distance, ...["x", "y"].map((axis) => (places()[0][axis] + places()[1][axis]) / 2));
    else draw(stage);
  };
  stage.onpointerup = stage.onpointercancel = (event) => {
    pointers.delete(event.pointerId);
    hide(stage, false);
  };
}

function listen(stage) {
  stage.onkeydown = (event) => {
    if (event.ctrlKey || event.metaKey || event.altKey) return;
    if (event.key === " " || event.key.toLowerCase() === "h") hide(stage, true);
    else if (KEYS[event.key]) zoom(stage, KEYS[event.key]);
    else if (MOVES[event.key] && views.get(stage).scale > 1) {
      views.get(stage).x += MOVES[event.key][0];
      views.get(stage).y += MOVES[event.key][1];
      draw(stage);
    } else return;
    event.preventDefault();
    event.stopPropagation();
  };
  stage.onkeyup = stage.onblur = () => hide(stage, false);
  stage.ondblclick = (event) => {
    const { x, y } = place(stage, event);
    zoom(stage, 2, x, y);
  };
  stage.oncontextmenu = (event) => event.preventDefault(); // a long press on a phone
}

export default function ({ data, parentElement }) {
  const stage = parentElement.querySelector(".stage");
  if (views.get(stage)?.name !== data.name) views.set(stage, { name: data.name, scale: 1, x: 0, y: 0 });
  const [image, heated] = stage.querySelectorAll("img");
  Object.assign(image, { src: data.image, alt: data.alt });
  Object.assign(heated, { src: data.heated, alt: data.heated_alt });
  parentElement.querySelector(".in").onclick = () => zoom(stage, STEP);
  parentElement.querySelector(".out").onclick = () => zoom(stage, 1 / STEP);
  follow(stage);
  listen(stage);
  const fit = new ResizeObserver(() => draw(stage));
  fit.observe(stage);
  return () => fit.disconnect();
}
