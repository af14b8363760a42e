// A heatmap over its image, as dashboard/charts/overlay.py draws it.
import { bilinear } from "./resample.js";

// Matplotlib's viridis at 0, 1/15, ... 1; colours between are interpolated.
const VIRIDIS = ["440154", "481a6c", "472f7d", "414487", "39568c", "31688e", "2a788e", "23888e", "1f988b", "22a884",
  "35b779", "54c568", "7ad151", "a5db36", "d2e21b", "fde725"]
  .map((hex) => [0, 2, 4].map((at) => parseInt(hex.slice(at, at + 2), 16)));
const COLORS = Array.from({ length: 256 }, (_, level) => {
  const place = (level / 255) * (VIRIDIS.length - 1);
  const before = Math.min(VIRIDIS.length - 2, Math.floor(place));
  return [0, 1, 2].map((c) => VIRIDIS[before][c] + (place - before) * (VIRIDIS[before + 1][c] - VIRIDIS[before][c]));
});

/** One class's heatmap out of all. */
export function heatmapOf({ rows, columns, data }, label) {
  const classes = data.length / (rows * columns);
  return { height: rows, width: columns, data: data.filter((_, i) => i % classes === label) };
}

/** Draw an RGBA image with a heatmap over it; it shows unchanged where the heatmap is zero. */
export function drawOverlay(canvas, image, heatmap, opacity) {
  Object.assign(canvas, { width: image.width, height: image.height });
  const out = new Uint8ClampedArray(image.data);
  if (heatmap && opacity > 0) {
    bilinear(heatmap, [image.height, image.width], 1).forEach((heat, i) => {
      const share = opacity * Math.sqrt(Math.min(1, Math.max(0, heat)));
      const color = COLORS[Math.round(255 * Math.min(1, Math.max(0, heat)))];
      for (let c = 0; c < 3; c++) out[4 * i + c] = out[4 * i + c] * (1 - share) + color[c] * share;
    });
  }
  canvas.getContext("2d").putImageData(new ImageData(out, image.width, image.height), 0, 0);
}

/** Draw a whole RGBA image, dimmed except for a framed part: [top, left, height, width] in its own pixels. */
export function drawFramed(canvas, image, [top, left, height, width]) {
  Object.assign(canvas, { width: image.width, height: image.height });
  const context = canvas.getContext("2d");
  context.putImageData(new ImageData(new Uint8ClampedArray(image.data), image.width, image.height), 0, 0);
  context.fillStyle = "rgba(128, 128, 128, 0.66)";
  for (const part of [[0, 0, image.width, top], [0, top + height, image.width, image.height],
    [0, top, left, height], [left + width, top, image.width, height]]) context.fillRect(...part);
  const line = Math.max(2, image.width / 150);
  for (const [color, size] of [["#fff", 2 * line], ["#33658a", line]]) {
    Object.assign(context, { strokeStyle: color, lineWidth: size });
    context.strokeRect(left, top, width, height);
  }
}
