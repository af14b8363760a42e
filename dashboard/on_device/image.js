// From a file to the pixels that a model sees, as core/inference/decode.py and crop.py do it on the server.
import { Problem } from "./download.js";

const LARGEST = 2048; // longest side of the canvas that an image is decoded to

/**
 * Read what a file's first bytes tell, before any pixel is decoded: format, width and height.
 * Throws the Problem that the server would refuse the file with.
 */
export async function inspect(blob, limits) {
  if (blob.size > limits.bytes) throw new Problem("too_many_bytes");
  const data = new Uint8Array(await blob.arrayBuffer());
  if (!data.length) throw new Problem("empty_file");
  const reader = starts(data, 0xff, 0xd8, 0xff) ? jpegSize : starts(data, 0x89, 0x50, 0x4e, 0x47) ? pngSize
    : text(data, 0, 4) === "RIFF" && text(data, 8, 4) === "WEBP" ? webpSize : null;
  if (!reader) throw refused(data);
  const { width, height, animated } = reader(data);
  if (width * height > limits.megapixels * 1e6) throw new Problem("too_many_pixels");
  if (Math.min(width, height) < limits.min_side) throw new Problem("too_small", { width, height });
  if (Math.max(width, height) > limits.max_aspect * Math.min(width, height)) {
    throw new Problem("too_narrow", { width, height });
  }
  if (animated) throw new Problem("animated", { name: reader === pngSize ? "PNG" : "WebP" });
}

/** Decode a file: EXIF orientation applied, colours in sRGB, transparency white. Returns {width, height, data}, RGBA. */
export async function decode(blob, limits) {
  await inspect(blob, limits);
  let bitmap;
  try {
    bitmap = await createImageBitmap(blob, { imageOrientation: "from-image" });
  } catch {
    throw new Problem("damaged");
  }
  return pixelsOf(bitmap);
}

/** The pixels of an ImageBitmap, which is closed; larger ones are reduced. */
export function pixelsOf(bitmap) {
  const scale = Math.min(1, LARGEST / Math.max(bitmap.width, bitmap.height));
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

/** Resize an RGB image to [height, width]: area average when shrinking, bilinear when growing. */
export function resize(image, [height, width]) {
  if (image.height === height && image.width === width) return image;
  const shrinking = height * width < image.height * image.width;
  const data = new Uint8ClampedArray(height * width * 3); // rounds half to even, as OpenCV does
  data.set((shrinking ? area : bilinearBytes)(image, [height, width], 3));
  return { height, width, data };
}

/** Bilinear resize of bytes in OpenCV's fixed-point numbers, which lie up to one level below the exact ones. */
function bilinearBytes(image, [height, width], channels) {
  const fixed = (share) => [Math.round((1 - share) * 2048), Math.round(share * 2048)];
  const columns = positions(image.width, width).map(([left, right, share]) => [left, right, ...fixed(share)]);
  const lines = new Map();
  const line = (y) => {
    if (!lines.has(y)) {
      const out = new Int32Array(width * channels);
      let at = 0;
      for (const [left, right, a, b] of columns) {
        const [l, r] = [(y * image.width + left) * channels, (y * image.width + right) * channels];
        for (let c = 0; c < channels; c++) out[at++] = (image.data[l + c] * a + image.data[r + c] * b) >> 4;
      }
      lines.set(y, out);
    }
    return lines.get(y);
  };
  const out = new Uint8ClampedArray(height * width * channels);
  for (let y = 0; y < height; y++) {
    const place = ((y + 0.5) * image.height) / height - 0.5;
    const [a, b] = fixed(place - Math.floor(place));
    const [above, below] = [0, 1].map((k) => line(Math.min(image.height - 1, Math.max(0, Math.floor(place) + k))));
    const start = y * width * channels;
    for (let i = 0; i < above.length; i++) out[start + i] = (((above[i] * a) >> 16) + ((below[i] * b) >> 16) + 2) >> 2;
  }
  return out;
}

/** Area average of an array of height x width x channels. */
export function area(image, [height, width], channels) {
  const columns = overlaps(image.width, width);
  const rows = overlaps(image.height, height);
  const out = new Float32Array(height * width * channels);
  const line = new Float32Array(width * channels);
  let last = -1;
  rows.forEach(([from, to, weight]) => {
    if (from !== last) {
      line.fill(0);
      const start = from * image.width * channels;
      for (const [x, into, share] of columns) {
        for (let c = 0; c < channels; c++) line[into * channels + c] += share * image.data[start + x * channels + c];
      }
      last = from;
    }
    const at = to * width * channels;
    for (let i = 0; i < line.length; i++) out[at + i] += weight * line[i];
  });
  return out;
}

/** For each pair of a source and a target cell that overlap: source, target, share of the target. */
function overlaps(source, target) {
  const scale = source / target;
  const out = [];
  for (let to = 0; to < target; to++) {
    const [begin, end] = [to * scale, (to + 1) * scale];
    for (let from = Math.floor(begin); from < Math.min(source, Math.ceil(end - 1e-9)); from++) {
      out.push([from, to, (Math.min(end, from + 1) - Math.max(begin, from)) / scale]);
    }
  }
  return out;
}

/** Bilinear resize of an array of height x width x channels; each cell stays centred on its part. */
export function bilinear(image, [height, width], channels) {
  const rows = positions(image.height, height);
  const columns = positions(image.width, width);
  const out = new Float32Array(height * width * channels);
  let at = 0;
  for (const [top, bottom, down] of rows) {
    for (const [left, right, across] of columns) {
      for (let c = 0; c < channels; c++) {
        const value = (y, x) => image.data[(y * image.width + x) * channels + c];
        const above = value(top, left) * (1 - across) + value(top, right) * across;
        const below = value(bottom, left) * (1 - across) + value(bottom, right) * across;
        out[at++] = above * (1 - down) + below * down;
      }
    }
  }
  return out;
}

function positions(source, target) {
  return Array.from({ length: target }, (_, i) => {
    const place = Math.min(source - 1, Math.max(0, ((i + 0.5) * source) / target - 0.5));
    const before = Math.floor(place);
    return [before, Math.min(source - 1, before + 1), place - before];
  });
}

/** Round half to even, as Python does. */
function half(value) {
  const down = Math.floor(value);
  return value - down === 0.5 ? down + (down % 2) : Math.round(value);
}

function starts(data, ...bytes) {
  return bytes.every((byte, i) => data[i] === byte);
}

function text(data, at, length) {
  return String.fromCharCode(...data.subarray(at, at + length));
}

function refused(data) {
  const kind = text(data, 8, 4);
  const tiff = ["II*\0", "MM\0*", "II+\0", "MM\0+"].includes(text(data, 0, 4));
  const heif = ["heic", "heix", "hevc", "heim", "heis", "mif1", "msf1"].includes(kind);
  const named = { GIF: /^GIF8[79]a/.test(text(data, 0, 6)), TIFF: tiff,
    AVIF: text(data, 4, 4) === "ftyp" && kind.startsWith("avi"), HEIC: text(data, 4, 4) === "ftyp" && heif,
    BMP: text(data, 0, 2) === "BM" && !data.subarray(6, 10).some(Boolean) };
  const name = Object.keys(named).find((each) => named[each]);
  return name ? new Problem("unsupported_format", { name }) : new Problem("unsupported");
}

/** Width and height from a JPEG's frame header; it must reach its end marker. */
function jpegSize(data) {
  let size = null;
  for (let at = 2; at + 4 <= data.length;) {
    if (data[at] !== 0xff) throw new Problem("damaged");
    const marker = data[at + 1];
    if (marker === 0xff) { at++; continue; }
    const length = data[at + 2] * 256 + data[at + 3];
    if (marker >= 0xc0 && marker <= 0xcf && ![0xc4, 0xc8, 0xcc].includes(marker)) {
      size = { height: data[at + 5] * 256 + data[at + 6], width: data[at + 7] * 256 + data[at + 8] };
    }
    at += 2 + length;
    if (marker === 0xda) {
      if (!size) throw new Problem("damaged");
      for (; at + 1 < data.length; at++) if (data[at] === 0xff && data[at + 1] === 0xd9) return size;
    }
  }
  throw new Problem("damaged");
}

function pngSize(data) {
  const view = new DataView(data.buffer, data.byteOffset);
  let animated = false;
  for (let at = 8; at + 12 <= data.length; at += 12 + view.getUint32(at)) {
    const name = text(data, at + 4, 4);
    animated ||= name === "acTL";
    if (name === "IEND") return { width: view.getUint32(16), height: view.getUint32(20), animated };
  }
  throw new Problem("damaged");
}

function webpSize(data) {
  const view = new DataView(data.buffer, data.byteOffset);
  if (data.length < 30 || view.getUint32(4, true) + 8 > data.length) throw new Problem("damaged");
  const kind = text(data, 12, 4);
  const low = (at) => view.getUint16(at, true) & 0x3fff;
  const three = (at) => data[at] + 256 * data[at + 1] + 65536 * data[at + 2] + 1;
  if (kind === "VP8 ") return { width: low(26), height: low(28) };
  if (kind === "VP8X") return { width: three(24), height: three(27), animated: Boolean(data[20] & 2) };
  const bits = view.getUint32(21, true);
  return { width: (bits & 0x3fff) + 1, height: ((bits >> 14) & 0x3fff) + 1 };
}
