// One image in, one prediction out: the same steps as core/inference/pipeline.py. Runs in a worker and in tests.
import { descriptors, quality, qualityWarnings } from "./checks.js";
import { download } from "./download.js";
import { Engine } from "./engine.js";
import { cropPixels, cut, prepare } from "./image.js";
import { resize } from "./resample.js";

export class Predictor {
  /** Start the runtime. `site`: the parsed site.json; `base`: URL that its addresses are relative to. */
  static async start(site, base, onProgress) {
    const { script, wasm } = site.runtime;
    const files = { script: new URL(script, base).href, wasm: { ...wasm, url: new URL(wasm.url, base).href } };
    const predictor = new Predictor(site, base);
    const graph = predictor.fetchGraph(site.default, onProgress); // beside the runtime
    graph.catch(() => {}); // reported by open()
    predictor.pending = { [site.default]: graph };
    predictor.engine = await Engine.load(files, onProgress);
    return predictor;
  }

  constructor(site, base) {
    Object.assign(this, { site, base, graphs: {}, pending: {} });
  }

  fetchGraph(name, onProgress) {
    const { graph } = this.site.networks[name];
    return download({ ...graph, url: new URL(graph.url, this.base).href }, "model", onProgress);
  }

  /** Open a network, and the one whose embedding its image check uses. */
  async open(name, onProgress) {
    for (const each of new Set([name, this.site.networks[name].check ?? name])) {
      if (this.graphs[each]) continue;
      try {
        const bytes = await (this.pending[each] ?? this.fetchGraph(each, onProgress));
        this.graphs[each] = await this.engine.open(bytes);
        await this.graphs[each].run(new Float32Array(this.graphs[each].height * this.graphs[each].width * 3));
      } finally {
        delete this.pending[each];
      }
    }
  }

  /** The part of a decoded RGBA image that the model sees: RGB. */
  crop(image, crop) {
    return cut(image, cropPixels(image.height, image.width, crop, this.site.smallest_crop));
  }

  /** Predict an RGB image with an open network. */
  async predict(image, name) {
    const network = this.site.networks[name];
    const prepared = prepare(image, this.site.source_size);
    const output = await this.run(name, prepared);
    const raw = Array.from(output.probabilities.data);
    const probabilities = tempered(raw, network.temperature, this.site.floor);
    const [rows, columns] = output.cams.shape.slice(1);
    return {
      raw, probabilities,
      equal: equalMix(probabilities, network.prior),
      set: network.thresholds ? members(probabilities, network.thresholds) : [],
      heatmaps: { rows, columns, data: normalized(output.cams.data, raw.length) },
      ...(await this.check(network, name, prepared, output)),
    };
  }

  async run(name, prepared) {
    const graph = this.graphs[name];
    return graph.run(Float32Array.from(resize(prepared, [graph.height, graph.width]).data));
  }

  async check(network, name, prepared, output) {
    if (!network.check) return { score: null, warnings: [] };
    const { weights, offset, threshold, limits } = this.site.checks[network.check];
    const known = network.check === name ? output : await this.run(network.check, prepared);
    const features = [...known.embedding.data, ...descriptors(prepared, this.site.source_size)];
    const logit = features.reduce((sum, value, i) => sum + value * weights[i], offset);
    const score = 1 / (1 + Math.exp(Math.min(500, Math.max(-500, logit)))) / threshold;
    const warnings = qualityWarnings(quality(prepared, this.site.source_size), limits);
    return { score, warnings: score > 1 ? [...warnings, "unusual"] : warnings };
  }
}

/** Temperature scaling; without a temperature the probabilities stay as they are. */
export function tempered(raw, temperature, floor) {
  if (temperature === null) return raw;
  const logits = raw.map((p) => Math.log(Math.min(1, Math.max(floor, p))) / temperature);
  const most = Math.max(...logits);
  const odds = logits.map((logit) => Math.exp(logit - most));
  const sum = odds.reduce((a, b) => a + b);
  return odds.map((odd) => odd / sum);
}

/** Probabilities if all classes that the network learned were equally common. */
export function equalMix(probabilities, prior) {
  const weighted = probabilities.map((p, i) => (prior[i] > 0 ? p / prior[i] : 0));
  const sum = weighted.reduce((a, b) => a + b);
  return sum > 0 ? weighted.map((each) => each / sum) : probabilities;
}

/** Indices of the classes on the shortlist, most probable first. */
export function members(probabilities, thresholds) {
  const most = Math.max(...probabilities);
  const inside = probabilities.map((_, i) => i)
    .filter((i) => probabilities[i] >= thresholds[i] || probabilities[i] === most);
  return inside.sort((a, b) => probabilities[b] - probabilities[a]);
}

/** Divide each class's heatmap by its own maximum; one without positive evidence stays zero. */
function normalized(data, classes) {
  const peaks = new Float32Array(classes);
  data.forEach((value, i) => { peaks[i % classes] = Math.max(peaks[i % classes], value); });
  return data.map((value, i) => (peaks[i % classes] > 0 ? value / peaks[i % classes] : 0));
}
