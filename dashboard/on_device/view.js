// What the page shows of a prediction.
import { drawFramed, drawOverlay, heatmapOf } from "./heat.js";
import { cropPixels } from "./image.js";
import { predictionText, checkRows, checkText, doubtText, heatText, likely, malignantText, mixText, ranked, recordText,
  refusalText, ruleText, setText, sourceText, top, truthText, wouldRefuseText, write } from "./text.js";

export const $ = (id) => document.getElementById(id);
const show = (id, shown) => { $(id).hidden = !shown; };

/** Build the parts that depend on the site: bars, menus, notice. */
export function build(site, onMix) {
  $("notice").textContent = site.texts.notice;
  $("bars").replaceChildren(...site.labels.map((label, i) => barOf(label, i)));
  $("heat-for").replaceChildren(...site.labels.map(({ name }, i) => new Option(name, i)));
  $("mixes").replaceChildren(...Object.entries(site.mixes).map(([name, { label }], i) => {
    const input = Object.assign(document.createElement("input"), { type: "radio", name: "mix", value: name });
    input.checked = !i;
    input.addEventListener("change", () => onMix(name));
    const outer = document.createElement("label");
    outer.append(input, ` ${label}`);
    return outer;
  }));
}

function barOf({ name, color }, i) {
  const item = document.createElement("li");
  item.dataset.label = i;
  const [label, track, bar, value] = ["span", "span", "span", "span"].map((tag) => document.createElement(tag));
  [label, track, bar, value].forEach((each, i) => { each.className = ["name", "track", "bar", "value"][i]; });
  label.textContent = name;
  bar.style.backgroundColor = color;
  track.append(bar);
  item.append(label, value, track);
  return item;
}

/** Show a prediction. `state`: site, model, mix, prediction, live, insists, drawnAs (index or null). */
export function showPrediction(state) {
  const { site, model, mix, prediction, live, insists, drawnAs } = state;
  const { warnings } = prediction;
  const drawn = drawnAs !== null;
  const refused = warnings.length > 0 && !drawn && !insists;
  show("result", true);
  show("refusal", refused);
  if (refused) write($("refusal").querySelector("p"), refusalText(warnings));
  show("insist", !live);
  show("prediction", !refused);
  show("doubt", warnings.length > 0 && insists && !drawn);
  if (warnings.length) write($("doubt"), doubtText(warnings));
  show("heat", !refused && !live);
  show("crop", !live);
  show("camera-row", live);
  show("synthetic-text", drawn && warnings.length > 0);
  if (drawn && warnings.length) write($("synthetic-text"), wouldRefuseText(warnings));
  const shown = mix === "equal" ? prediction.equal : prediction.probabilities;
  show("truth", drawn && !refused);
  if (drawn) write($("truth"), truthText(drawnAs, drawnAs === top(shown)));
  showCheck(site, model);
  if (!refused) {
    showBars(shown, live);
    showSentences(site, model, mix, prediction, shown);
  }
  showImage(state, refused);
}

/** Say what the image check does, and in a table how often it is right. */
function showCheck(site, model) {
  write($("check-text"), checkText(model));
  const known = site.networks[model].check !== null;
  show("check-table", known);
  show("rule-text", known);
  if (!known) return;
  write($("rule-text"), ruleText());
  $("check-table").replaceChildren(...checkRows(model).map((cells, i) => {
    const row = document.createElement("tr");
    row.append(...cells.map((text) => {
      const cell = document.createElement(i ? "td" : "th");
      cell.textContent = text;
      return cell;
    }));
    return row;
  }));
}

/** Bars by falling probability; in the order of the labels while the camera runs, so that they stay in place. */
function showBars(values, live) {
  const items = [...$("bars").children].sort((a, b) => a.dataset.label - b.dataset.label);
  items.forEach((item, i) => {
    item.querySelector(".bar").style.width = `${100 * values[i]}%`;
    item.querySelector(".value").textContent = likely(values[i]);
  });
  const order = live ? items.map((_, i) => i) : ranked(values);
  $("bars").append(...order.map((i) => items[i]));
}

/** The classes of a set and the most probable one, which is another one if all classes are equally common. */
function shortlist(set, shown) {
  return ranked(shown).filter((i) => set.includes(i) || i === top(shown));
}

function showSentences(site, model, mix, prediction, shown) {
  const { alpha } = site.networks[model];
  write($("prediction-text"), predictionText(shown, mix));
  write($("malignant-text"), malignantText(shown));
  show("set-text", prediction.set.length > 0);
  if (prediction.set.length) write($("set-text"), setText(shortlist(prediction.set, shown), alpha));
  write($("record-text"), recordText(model, top(shown), mix));
  write($("mix-text"), mixText(model, mix, prediction));
  write($("source-text"), sourceText(model, mix));
}

/** Draw the image, with the heatmap if there is a prediction to explain. */
export function showImage({ site, prediction, live, name }, refused) {
  const label = Number($("heat-for").value);
  const heatmap = refused || live ? null : heatmapOf(prediction.heatmaps, label);
  drawOverlay($("image"), prediction.part, heatmap, $("opacity").value / 100);
  const over = heatmap ? ` with the heatmap for ${site.labels[label].name}` : "";
  $("image").setAttribute("aria-label", `${name}${over}`);
  if (heatmap) {
    write($("heat-text"), heatText(label, !heatmap.data.some(Boolean), heatmap.height, heatmap.width));
  }
}

/** Draw the whole image with the crop framed. */
export function showCrop(site, whole, crop) {
  drawFramed($("whole"), whole, cropPixels(whole.height, whole.width, crop, site.smallest_crop));
}

/** Pick the heatmap of a class; on a new image that of the most probable one. */
export function pickHeatmap(label) {
  $("heat-for").value = label;
}
