// LiteRT.js (WebAssembly on the CPU) as far as one exported network needs it. The shapes come from the graph.
import { Problem, download } from "./download.js";

const FLOAT32 = 1; // LiteRtElementType

/** Whether this browser has WebAssembly SIMD: a module of one SIMD instruction (v128.const, i8x16 splat). */
export function hasSimd() {
  const module = [0, 97, 115, 109, 1, 0, 0, 0, 1, 5, 1, 96, 0, 1, 123, 3, 2, 1, 0, 10, 10, 1, 8, 0, 65, 0, 253, 15,
    253, 98, 11];
  return typeof WebAssembly === "object" && WebAssembly.validate(new Uint8Array(module));
}

export class Engine {
  /** Download the runtime, check it, compile it. `files`: script (URL), wasm {url, sha256, bytes}. */
  static async load(files, onProgress) {
    if (!hasSimd()) throw new Problem("no_simd");
    const [{ default: factory }, wasm] = await Promise.all([
      import(files.script).catch(() => { throw new Problem("runtime"); }),
      download(files.wasm, "runtime", onProgress),
    ]);
    try {
      return new Engine(await start(factory, wasm));
    } catch {
      throw new Problem("no_simd");
    }
  }

  constructor(wasm) {
    this.wasm = wasm;
    wasm.setupLogging();
    this.environment = wasm.LiteRtEnvironment.create(null);
  }

  /** Compile a graph: Uint8Array of a .tflite file. */
  async open(graph) {
    const { wasm, environment } = this;
    const at = wasm._malloc(graph.byteLength);
    wasm.HEAPU8.set(graph, at);
    const model = wasm.loadModel(environment, at, graph.byteLength);
    const options = { environment: { liteRtEnvironment: environment }, accelerator: "wasm",
      cpuOptions: { numThreads: 1 }, gpuOptions: {}, webNNOptions: {} };
    return new Graph(wasm, environment, model, await wasm.compileModel(environment, model, options));
  }
}

/** Instantiate the runtime; emscripten's promise never settles if that fails, so its failure is raced against it. */
function start(factory, wasm) {
  return new Promise((resolve, reject) => {
    factory({
      print() {}, printErr() {},
      instantiateWasm(imports, done) {
        WebAssembly.instantiate(wasm, imports).then(({ instance, module }) => done(instance, module), reject);
        return {};
      },
    }).then(resolve, reject);
  });
}

class Graph {
  constructor(wasm, environment, model, compiled) {
    Object.assign(this, { wasm, environment, compiled });
    const signature = model.getSignature(0);
    this.names = list(signature.outputNames());
    signature.delete();
    this.outputs = this.names.map((_, i) => shapeOf(model.getOutputTensorType(0, i)));
    [, this.height, this.width] = shapeOf(model.getInputTensorType(0, 0));
  }

  /** Run on one image: Float32Array of height x width x 3, 0-255. Returns {name: {shape, data}}. */
  async run(pixels) {
    const input = this.tensor(pixels, [1, this.height, this.width, 3]);
    try {
      const outputs = await this.compiled.run(0, [input]);
      return Object.fromEntries(outputs.map((output, i) => [this.names[i], this.read(output, this.outputs[i])]));
    } finally {
      input.delete();
    }
  }

  tensor(data, shape) {
    const { wasm } = this;
    const dimensions = new wasm.VectorInt32();
    shape.forEach((size) => dimensions.push_back(size));
    const layout = wasm.LiteRtLayout.create(dimensions);
    const type = wasm.LiteRtRankedTensorType.create({ value: FLOAT32 }, layout);
    const buffer = wasm.LiteRtTensorBuffer.createManaged(
      this.environment, wasm.LiteRtTensorBufferType.HOST_MEMORY, type, data.byteLength);
    [dimensions, layout, type].forEach((each) => each.delete());
    const at = buffer.lock(wasm.LiteRtTensorBufferLockMode.WRITE);
    wasm.HEAPU8.set(new Uint8Array(data.buffer, data.byteOffset, data.byteLength), at);
    buffer.unlock();
    return buffer;
  }

  read(buffer, shape) {
    const { wasm } = this;
    const at = buffer.lock(wasm.LiteRtTensorBufferLockMode.READ);
    const data = new Float32Array(wasm.HEAPU8.slice(at, at + buffer.packedSize()).buffer);
    buffer.unlock();
    buffer.delete();
    return { shape, data };
  }
}

function shapeOf(type) {
  const layout = type.layout();
  const shape = list(layout.dimensions());
  [layout, type].forEach((each) => each.delete());
  return shape;
}

function list(vector) {
  const out = Array.from({ length: vector.size() }, (_, i) => vector.get(i));
  vector.delete();
  return out;
}
