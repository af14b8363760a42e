// What a file is, from its bytes alone, as core/inference/decode.py and containers.py see it on the server.
import { Problem } from "./download.js";

/**
 * Read what a file's first bytes tell, before any pixel is decoded: format, width and height.
 * Returns {jpeg}; throws the Problem that the server would refuse the file with.
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
  return { jpeg: reader === jpegSize };
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
  if (name === "HEIC") return new Problem("unsupported_heic");
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
