// The image check's measures: quality (core/inference/quality.py) and descriptors (image_descriptors.py).
import { area, resize } from "./resample.js";

const GRID = [3, 4];
const SCALES = 4;
const CLIPPED = 4;

/** Measure sharpness, brightness, clipped and structure of a prepared RGB image. */
export function quality(image, source) {
  const small = resize(image, source);
  const { height, width } = small;
  const grey = { height, width, data: new Float32Array(height * width) };
  let clipped = 0;
  for (let i = 0; i < height * width; i++) {
    const [r, g, b] = small.data.subarray(3 * i, 3 * i + 3);
    const level = (r * 9798 + g * 19235 + b * 3735 + 16384) >> 15;
    grey.data[i] = level;
    clipped += level < CLIPPED || level > 255 - CLIPPED;
  }
  return {
    sharpness: Math.log(laplacianVariance(grey) + 1),
    brightness: grey.data.reduce((sum, level) => sum + level, 0) / grey.data.length,
    clipped: clipped / grey.data.length,
    structure: structure(small),
  };
}

function laplacianVariance({ height, width, data }) {
  let [sum, squares] = [0, 0];
  for (let y = 0; y < height; y++) {
    const [up, down] = [mirror(y - 1, height) * width, mirror(y + 1, height) * width];
    for (let x = 0; x < width; x++) {
      const value = data[up + x] + data[down + x] + data[y * width + mirror(x - 1, width)]
        + data[y * width + mirror(x + 1, width)] - 4 * data[y * width + x];
      sum += value;
      squares += value * value;
    }
  }
  const count = height * width;
  return squares / count - (sum / count) ** 2;
}

function structure(small) {
  const { height, width } = small;
  const smooth = blur({ height, width, data: Float32Array.from(small.data) }, 3, gaussian(3, 19));
  const [rows, columns] = [Math.floor(height / 5), Math.floor(width / 5)];
  const sums = [0, 0, 0], squares = [0, 0, 0];
  let count = 0;
  for (let y = rows; y < height - rows; y++) {
    for (let x = columns; x < width - columns; x++, count++) {
      for (let c = 0; c < 3; c++) {
        const value = Math.round(smooth.data[3 * (y * width + x) + c]);
        sums[c] += value;
        squares[c] += value * value;
      }
    }
  }
  const variances = sums.map((sum, c) => squares[c] / count - (sum / count) ** 2);
  return Math.sqrt(variances.reduce((a, b) => a + b) / 3);
}

/** Which limits a quality breaks, most serious first: names of the site's warnings. */
export function qualityWarnings(found, limits) {
  const checks = { empty: found.structure < limits.structure, dark: found.brightness < limits.dark,
    bright: found.brightness > limits.bright, clipped: found.clipped > limits.clipped,
    blurred: found.sharpness < limits.sharpness };
  return Object.keys(checks).filter((name) => checks[name]);
}

/** Describe a prepared RGB image: colours by place, their spread, edges by scale, grain. */
export function descriptors(image, source) {
  const lab = toLab(resize(image, source));
  const out = [...area(lab, GRID, 3)];
  for (let c = 0; c < 3; c++) out.push(spread(lab.data, 3, c));
  let level = lab;
  for (let i = 0; i < SCALES; i++) {
    out.push(...edges(level));
    level = halve(level);
  }
  const light = { height: lab.height, width: lab.width, data: lab.data.filter((_, i) => i % 3 === 0) };
  const smooth = blur(light, 1, gaussian(1, 9));
  const grain = light.data.map((value, i) => value - smooth.data[i]);
  out.push(Math.log(spread(grain, 1, 0) + 0.05));
  return out;
}

function toLab({ height, width, data }) {
  const out = new Float32Array(height * width * 3);
  const f = (t) => (t > 0.008856 ? Math.cbrt(t) : 7.787 * t + 16 / 116);
  for (let i = 0; i < out.length; i += 3) {
    const [r, g, b] = [LINEAR[data[i]], LINEAR[data[i + 1]], LINEAR[data[i + 2]]];
    const y = 0.212671 * r + 0.71516 * g + 0.072169 * b;
    const fx = f((0.412453 * r + 0.35758 * g + 0.180423 * b) / 0.950456);
    const fz = f((0.019334 * r + 0.119193 * g + 0.950227 * b) / 1.088754);
    const fy = f(y);
    out[i] = y > 0.008856 ? 116 * fy - 16 : 903.3 * y;
    out[i + 1] = 500 * (fx - fy);
    out[i + 2] = 200 * (fy - fz);
  }
  return { height, width, data: out };
}

const LINEAR = Float64Array.from({ length: 256 }, (_, i) => {
  const share = i / 255;
  return share <= 0.04045 ? share / 12.92 : ((share + 0.055) / 1.055) ** 2.4;
});

function spread(data, step, from) {
  let [sum, squares, count] = [0, 0, 0];
  for (let i = from; i < data.length; i += step, count++) sum += data[i];
  const mean = sum / count;
  for (let i = from; i < data.length; i += step) squares += (data[i] - mean) ** 2;
  return Math.sqrt(squares / count);
}

function edges({ height, width, data }) {
  const power = [0, 0, 0];
  for (const [dy, dx] of [[1, 0], [0, 1]]) {
    const count = (height - dy) * (width - dx);
    for (let y = 0; y < height - dy; y++) {
      for (let x = 0; x < width - dx; x++) {
        const [at, next] = [3 * (y * width + x), 3 * ((y + dy) * width + x + dx)];
        for (let c = 0; c < 3; c++) power[c] += (data[next + c] - data[at + c]) ** 2 / count;
      }
    }
  }
  return power.map((each) => Math.log(Math.sqrt(each) + 0.05));
}

/** Blur with a Gaussian and drop every other row and column (OpenCV's pyrDown). */
function halve(image) {
  const smooth = blur(image, 3, [1, 4, 6, 4, 1].map((weight) => weight / 16));
  const [height, width] = [(image.height + 1) >> 1, (image.width + 1) >> 1];
  const out = new Float32Array(height * width * 3);
  for (let y = 0, to = 0; y < height; y++) {
    for (let x = 0; x < width; x++, to += 3) {
      out.set(smooth.data.subarray(3 * (2 * y * image.width + 2 * x), 3 * (2 * y * image.width + 2 * x) + 3), to);
    }
  }
  return { height, width, data: out };
}

function gaussian(sigma, size) {
  const weights = Array.from({ length: size }, (_, i) => Math.exp(-((i - (size - 1) / 2) ** 2) / (2 * sigma * sigma)));
  const sum = weights.reduce((a, b) => a + b);
  return weights.map((weight) => weight / sum);
}

/** Convolve with the same weights along both axes; borders are mirrored. */
function blur({ height, width, data }, channels, weights) {
  const along = (source, count, step, lines, lineStep) => {
    const out = new Float32Array(source.length);
    const reach = weights.length >> 1;
    for (let i = 0; i < count; i++) {
      const froms = weights.map((_, k) => mirror(i + k - reach, count) * step);
      for (let line = 0; line < lines; line++) {
        const start = line * lineStep;
        for (let c = 0; c < channels; c++) {
          let sum = 0;
          for (let k = 0; k < weights.length; k++) sum += weights[k] * source[start + froms[k] + c];
          out[start + i * step + c] = sum;
        }
      }
    }
    return out;
  };
  const across = along(data, width, channels, height, width * channels);
  return { height, width, data: along(across, height, width * channels, width, channels) };
}

/** Index mirrored at the border without repeating the edge (OpenCV's BORDER_REFLECT_101). */
function mirror(i, size) {
  const at = i < 0 ? -i : i >= size ? 2 * size - 2 - i : i;
  return Math.min(size - 1, Math.max(0, at));
}
