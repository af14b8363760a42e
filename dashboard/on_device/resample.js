// Resizing as on the server: Pillow's thumbnail for large images, OpenCV's resize for the model's input.

const GAP = 2; // Pillow's reducing_gap: how much larger an image stays before the last, careful step

/**
 * Reduce an RGBA image so that no side is longer than `longest`; smaller ones stay as they are.
 * JPEGs are reduced in two steps, as a decoder does that reads them at a half, a quarter or an eighth.
 */
export function thumbnail(image, longest, jpeg) {
  if (Math.max(image.width, image.height) <= longest) return image;
  const least = Math.min(Math.trunc(image.width / longest), Math.trunc(image.height / longest));
  const draft = jpeg ? [8, 4, 2, 1].find((each) => least >= each) ?? 1 : 1;
  const first = boxReduce(image, draft, draft);
  if (Math.max(first.width, first.height) <= longest) return first;
  const aspect = first.width / first.height;
  const [width, height] = aspect > 1 ? [longest, closest(longest / aspect, (n) => Math.abs(aspect - longest / n))]
    : [closest(longest * aspect, (n) => Math.abs(aspect - n / longest)), longest];
  const factors = [first.width / width, first.height / height].map((each) => Math.trunc(each / GAP) || 1);
  const second = boxReduce(first, ...factors);
  const [wide, high] = [first.width / factors[0], first.height / factors[1]];
  return down(across(second, width, wide), height, high);
}

/** Whichever whole number beside a fraction has the smaller error. */
function closest(number, error) {
  const [below, above] = [Math.floor(number), Math.ceil(number)];
  return Math.max(1, below > 0 && error(below) <= error(above) ? below : above);
}

/** Average blocks of an RGBA image; blocks at the right and lower edge may be smaller. */
function boxReduce(image, byWidth, byHeight) {
  if (byWidth === 1 && byHeight === 1) return image;
  const [width, height] = [Math.ceil(image.width / byWidth), Math.ceil(image.height / byHeight)];
  const data = new Uint8ClampedArray(width * height * 4);
  for (let y = 0, to = 0; y < height; y++) {
    const bottom = Math.min(image.height, (y + 1) * byHeight);
    for (let x = 0; x < width; x++, to += 4) {
      const right = Math.min(image.width, (x + 1) * byWidth);
      let [r, g, b] = [0, 0, 0];
      for (let v = y * byHeight; v < bottom; v++) {
        for (let u = x * byWidth, at = 4 * (v * image.width + u); u < right; u++, at += 4) {
          r += image.data[at];
          g += image.data[at + 1];
          b += image.data[at + 2];
        }
      }
      const count = (bottom - y * byHeight) * (right - x * byWidth);
      data[to] = Math.floor(r / count + 0.5);
      data[to + 1] = Math.floor(g / count + 0.5);
      data[to + 2] = Math.floor(b / count + 0.5);
      data[to + 3] = 255;
    }
  }
  return { width, height, data };
}

/** Weights of a bicubic reduction (a = -0.5) of `length` cells to `target`: of each, [first source cell, weights]. */
function bicubic(source, length, target) {
  const scale = length / target;
  const curve = (x) => (x < 1 ? (1.5 * x - 2.5) * x * x + 1 : x < 2 ? ((-0.5 * x + 2.5) * x - 4) * x + 2 : 0);
  return Array.from({ length: target }, (_, i) => {
    const center = (i + 0.5) * scale;
    const first = Math.max(0, Math.trunc(center - 2 * scale + 0.5));
    const last = Math.min(source, Math.trunc(center + 2 * scale + 0.5));
    const raw = Array.from({ length: last - first }, (__, k) => curve(Math.abs(k + first - center + 0.5) / scale));
    const sum = raw.reduce((a, b) => a + b);
    return [first, Float64Array.from(raw, (weight) => weight / sum)];
  });
}

function across(image, width, length) {
  const data = new Uint8ClampedArray(width * image.height * 4).fill(255);
  const all = bicubic(image.width, length, width);
  for (let y = 0; y < image.height; y++) {
    for (let x = 0; x < width; x++) {
      const [first, weights] = all[x];
      weighted(image.data, 4 * (y * image.width + first), 4, weights, data, 4 * (y * width + x));
    }
  }
  return { width, height: image.height, data };
}

function down(image, height, length) {
  const data = new Uint8ClampedArray(image.width * height * 4).fill(255);
  bicubic(image.height, length, height).forEach(([first, weights], y) => {
    for (let x = 0; x < image.width; x++) {
      const to = 4 * (y * image.width + x);
      weighted(image.data, 4 * (first * image.width + x), 4 * image.width, weights, data, to);
    }
  });
  return { width: image.width, height, data };
}

function weighted(source, from, step, weights, target, to) {
  let [r, g, b] = [0, 0, 0];
  for (let k = 0, at = from; k < weights.length; k++, at += step) {
    r += weights[k] * source[at];
    g += weights[k] * source[at + 1];
    b += weights[k] * source[at + 2];
  }
  target[to] = Math.floor(r + 0.5);
  target[to + 1] = Math.floor(g + 0.5);
  target[to + 2] = Math.floor(b + 0.5);
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
