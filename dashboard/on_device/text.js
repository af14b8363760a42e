// Sentences from the site's templates. The numbers are written as on the app's pages (dashboard/text/format.py).

let site = null;

/** Use a site's templates; before anything else here. */
export function useTexts(given) {
  site = given;
}

/** Write a share as a percentage, with two significant digits below ten. */
export function percent(share) {
  const value = 100 * share;
  if (value === 0 || value >= 9.95) {
    return share === 1 || value < 99.5 ? `${value.toFixed(0)}%` : `${Math.min(value, 99.9).toFixed(1)}%`;
  }
  return value >= 0.95 ? `${value.toFixed(1)}%` : `${Number(value.toPrecision(1))}%`;
}

/** Write a probability; below one in a thousand the digits mean nothing. */
export function likely(probability) {
  return probability >= 0.001 ? percent(probability) : "under 0.1%";
}

function count(n) {
  return n.toLocaleString("en-US");
}

function listed(names) {
  return names.length > 1 ? `${names.slice(0, -1).join(", ")} and ${names.at(-1)}` : names.join("");
}

function fill(name, values) {
  return (site.texts[name] ?? site.problems[name]).replace(/\{(\w+)\}/g, (_, key) => String(values[key]));
}

/** Where a value is largest. */
export function top(values) {
  return values.indexOf(Math.max(...values));
}

/** Indices by falling value. */
export function ranked(values) {
  return values.map((_, i) => i).sort((a, b) => values[b] - values[a]);
}

export function problemText({ code, values }) {
  return fill(code in site.problems ? code : "failed", values ?? {});
}

export function predictionText(probabilities, mix) {
  const [first, second] = ranked(probabilities);
  return fill("prediction", { mix: site.mixes[mix].phrase,
    first: site.labels[first].inline, p: likely(probabilities[first]),
    second: site.labels[second].inline, q: likely(probabilities[second]) });
}

export function malignantText(probabilities) {
  const bad = site.labels.map((label, i) => [label, probabilities[i]]).filter(([label]) => label.malignant);
  const sum = bad.reduce((total, [, p]) => total + p, 0);
  const names = listed(bad.map(([label]) => label.inline));
  return fill("malignant", { malignant: likely(sum), benign: likely(1 - sum), names });
}

export function setText(members, alpha) {
  if (members.length === site.labels.length) return fill("set_all", {});
  const names = members.map((i) => `**${site.labels[i].inline}**`).join(", ");
  return fill("set", { names, share: percent(1 - alpha) });
}

export function heatText(label, empty, rows, columns) {
  return fill(empty ? "no_heatmap" : "heatmap", { name: site.labels[label].inline, rows, columns });
}

function joined(warnings, part) {
  return warnings.map((name) => site.warnings[name][part]).join(" ");
}

export function refusalText(warnings) {
  return fill("refusal", { problems: joined(warnings, "problem"), advice: joined(warnings, "advice") });
}

export function doubtText(warnings) {
  return fill("doubt", { problems: joined(warnings, "problem") });
}

export function wouldRefuseText(warnings) {
  return fill("would_refuse", { problem: site.warnings[warnings[0]].problem });
}

export function truthText(label, right) {
  return fill(right ? "drawn_right" : "drawn_wrong", { name: site.labels[label].name });
}

/** The interval of a share in a record; empty if there is none. */
function interval(row, name) {
  const [low, high] = [row[`${name}_low`], row[`${name}_high`]];
  return low === null ? "" : fill("interval", { low: percent(low).replace("%", ""), high: percent(high) });
}

export function recordText(model, label, mix) {
  const row = site.networks[model].record[mix][label];
  const { inline: name, plural } = site.labels[label];
  if (!row.images) return fill("none_tested", { plural });
  const recall = [percent(row.recall), interval(row, "recall")].filter(Boolean).join(", ");
  const values = { model, found: count(Math.round(row.recall * row.images)), images: count(row.images), name, recall,
    plural: row.images === 1 ? plural.replace(/s$/, "") : plural };
  const start = fill("found", values);
  if (row.precision === null) return fill("never", { ...values, start });
  const ends = interval(row, "precision");
  return fill("right", { name, start, precision: percent(row.precision), interval: ends && ` (${ends})` });
}

export function mixText(model, mix, { probabilities, equal }) {
  const prior = site.networks[model].prior;
  const [shown, other] = mix === "equal" ? [equal, probabilities] : [probabilities, equal];
  const common = top(prior);
  return fill(mix === "equal" ? "mix_equal" : "mix_natural", { share: percent(prior[common]),
    plural: site.labels[common].plural, other: site.labels[top(other)].inline,
    change: fill(top(other) === top(shown) ? "stays" : "becomes", {}) });
}

export function sourceText(model, mix) {
  const rows = site.networks[model].record[mix];
  const sum = (name) => count(rows.reduce((total, row) => total + row[name], 0));
  return fill(mix === "equal" ? "source_equal" : "source_natural", { images: sum("images"), lesions: sum("lesions") });
}

export function checkText(model) {
  const network = site.networks[model].check;
  return network ? fill("check", { network }) : fill("no_check", { model });
}

export function ruleText() {
  const shares = Object.entries(site.refused)
    .map(([name, share]) => fill("rule_share", { name, share: percent(share) }));
  return fill("rule", { shares: listed(shares) });
}

/** How often the image check is right, by kind of image: rows of cells, the first row names the columns. */
export function checkRows(model) {
  const { rates } = site.checks[site.networks[model].check];
  const rows = Object.entries(site.check_kinds).map(([name, [kind, outcome]]) => {
    const { value, low, high, images, cases } = rates[name];
    const ends = `${percent(low)} to ${percent(high)}`;
    return [kind || fill("others", { cases: count(cases) }), outcome, percent(value), ends, String(images)];
  });
  return [site.check_columns, ...rows];
}

/** Size and score of a network, and what else its image check loads. */
export function modelText(model) {
  const size = (name) => `${(site.networks[name].graph.bytes / 1e6).toFixed(1)} MB`;
  const { check, balanced_accuracy: score } = site.networks[model];
  const first = fill("model_facts", { model, size: size(model), score: percent(score) });
  return check && check !== model ? `${first} ${fill("second", { network: check, more: size(check) })}` : first;
}

/** Put a sentence into an element; what stands between ** is bold. Nothing in it is read as HTML. */
export function write(element, sentence) {
  const parts = sentence.split("**").map((part, i) => {
    const node = i % 2 ? document.createElement("strong") : document.createTextNode("");
    node.textContent = part;
    return node;
  });
  element.replaceChildren(...parts);
}
