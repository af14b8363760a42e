// Runs the model beside the page, which stays responsive. Answers {id, action, ...} with {id, value} or {id, problem}.
import { decode, pixelsOf } from "./image.js";
import { Predictor } from "./predictor.js";
import { area, thumbnail } from "./resample.js";

const SHOWN = 720; // largest width in pixels of what is drawn
let predictor = null;
let image = null;
let loads = 0;

const actions = {
  async start({ site, base }) {
    predictor = await Predictor.start(site, base, tellProgress);
    await predictor.open(site.default, tellProgress);
  },
  async open({ name }) {
    await predictor.open(name, tellProgress);
  },
  async load({ blob, bitmap }) {
    const { limits } = predictor.site;
    const load = ++loads; // a large image may be decoded after one that was chosen later
    const found = bitmap ? thumbnail(pixelsOf(bitmap), limits.longest_side, false) : await decode(blob, limits);
    if (load === loads) image = found;
    return shown(found, 4);
  },
  async predict({ name, crop }) {
    const begin = performance.now();
    const part = predictor.crop(image, crop);
    const prediction = await predictor.predict(part, name);
    return { ...prediction, part: shown(part, 3), milliseconds: performance.now() - begin };
  },
};

function tellProgress(bytes) {
  self.postMessage({ progress: bytes });
}

/** An image as RGBA, small enough to draw. */
function shown({ height, width, data }, channels) {
  const scale = Math.min(1, SHOWN / width);
  const [h, w] = scale < 1 ? [Math.max(1, Math.round(height * scale)), SHOWN] : [height, width];
  const from = scale < 1 ? area({ height, width, data }, [h, w], channels) : data;
  const out = new Uint8ClampedArray(h * w * 4).fill(255);
  for (let i = 0, at = 0; i < h * w; i++, at += channels) {
    for (let c = 0; c < 3; c++) out[4 * i + c] = from[at + c];
  }
  return { height: h, width: w, data: out };
}

self.addEventListener("message", async ({ data: { id, action, ...given } }) => {
  try {
    const value = await actions[action](given);
    const buffers = [value?.data?.buffer, value?.part?.data.buffer].filter(Boolean);
    self.postMessage({ id, value }, buffers);
  } catch (error) {
    self.postMessage({ id, problem: { code: error.code ?? "failed", values: error.values ?? {} } });
  }
});
