// From a file to the pixels that a model sees, as core/inference/decode.py and crop.py do it on the server.
import { Problem } from "./download.js";
import { inspect } from "./formats.js";
import { resize, thumbnail } from "./resample.js";

const LARGEST_CANVAS = 16e6; // pixels; what phones allow

/**
 * Decode a file: EXIF orientation applied, colours in sRGB, transparency white, reduced like on the server.
 * Returns {width, height, data}, RGBA.
 */
export async function decode(blob, limits) {
  const { jpeg } = await inspect(blob, limits);
  let bitmap;
  try {
    bitmap = await createImageBitmap(blob, { imageOrientation: "from-image" });
  } catch {
    throw new Problem("damaged");
  }
  return thumbnail(pixelsOf(bitmap), limits.longest_side, jpeg);
}

/** The pixels of an ImageBitmap, which is closed; what no canvas holds is reduced by the browser. */
export function pixelsOf(bitmap) {
  const scale = Math.min(1, Math.sqrt(LARGEST_CANVAS / (bitmap.width * bitmap.height)));
  const [width, height] = [bitmap.width, bitmap.height].map((side) => Math.max(1, Math.round(side * scale)));
  const canvas = typeof OffscreenCanvas === "function" ? new OffscreenCanvas(width, height)
    : Object.assign(document.createElement("canvas"), { width, height });
  const context = canvas.getContext("2d", { alpha: false, willReadFrequently: true });
  if (!context) throw new Problem("damaged");
  context.fillStyle = "#fff";
  context.fillRect(0, 0, width, height);
  context.imageSmoothingQuality = "high";
  context.drawImage(bitmap, 0, 0, width, height);
  bitmap.close();
  return { width, height, data: context.getImageData(0, 0, width, height).data };
}

/** The largest centred 4:3 crop: [top, left, height, width]. */
export function cropBox(height, width) {
  const high = Math.min(height, Math.max(1, half(width / (4 / 3))));
  const wide = Math.min(width, Math.max(1, half(height * (4 / 3))));
  return [(height - high) >> 1, (width - wide) >> 1, high, wide];
}

/** A crop that a person moved and shrank, in pixels: [top, left, height, width]. */
export function cropPixels(height, width, { size, across, down }, smallest) {
  const [, , high, wide] = cropBox(height, width);
  const share = Math.min(1, Math.max(smallest, size));
  const [h, w] = [Math.max(1, half(high * share)), Math.max(1, half(wide * share))];
  return [Math.trunc((height - h) * down), Math.trunc((width - w) * across), h, w];
}

/** Cut out [top, left, height, width]: RGBA in, RGB out. */
export function cut({ width, data }, [top, left, high, wide]) {
  const out = new Uint8ClampedArray(high * wide * 3);
  for (let y = 0, to = 0; y < high; y++) {
    for (let x = 0, from = 4 * ((top + y) * width + left); x < wide; x++, from += 4, to += 3) {
      out[to] = data[from];
      out[to + 1] = data[from + 1];
      out[to + 2] = data[from + 2];
    }
  }
  return { height: high, width: wide, data: out };
}

/** The 4:3 crop of an RGB image, reduced to `source` [height, width] if it is larger: what all sizes come from. */
export function prepare(image, source) {
  const [top, left, high, wide] = cropBox(image.height, image.width);
  const whole = high === image.height && wide === image.width;
  const crop = whole ? image : { height: high, width: wide, data: inner(image, top, left, high, wide) };
  return high > source[0] ? resize(crop, source) : crop;
}

function inner({ width, data }, top, left, high, wide) {
  const out = new Uint8ClampedArray(high * wide * 3);
  for (let y = 0; y < high; y++) {
    const from = 3 * ((top + y) * width + left);
    out.set(data.subarray(from, from + 3 * wide), 3 * y * wide);
  }
  return out;
}

/** Round half to even, as Python does. */
function half(value) {
  const down = Math.floor(value);
  return value - down === 0.5 ? down + (down % 2) : Math.round(value);
}
