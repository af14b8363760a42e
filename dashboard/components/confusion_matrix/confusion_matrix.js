// Draws the table that __init__.py sends: `dx`, `cells`, `alt` and `frame`.

const ARROWS = { ArrowUp: [-1, 0], ArrowDown: [1, 0], ArrowLeft: [0, -1], ArrowRight: [0, 1] };

function element(tag, properties = {}, children = []) {
  const made = Object.assign(document.createElement(tag), properties);
  made.append(...children);
  return made;
}

function button(cell, pick) {
  const made = element("button", { type: "button", textContent: cell.text, title: cell.tooltip });
  made.setAttribute("aria-label", cell.tooltip);
  made.setAttribute("aria-pressed", cell.framed);
  made.dataset.at = `${cell.dx} ${cell.predicted}`;
  made.style.cssText = `background: ${cell.background}; color: ${cell.ink}`;
  made.tabIndex = cell.framed ? 0 : -1; // one Tab stop; the arrow keys move between the cells
  made.onclick = () => pick({ dx: cell.dx, predicted: cell.predicted });
  return made;
}

export default function ({ data, parentElement, setTriggerValue }) {
  const table = parentElement.querySelector("table");
  const focused = table.getRootNode().activeElement?.dataset?.at;
  const buttons = new Map();
  for (const cell of data.cells) {
    buttons.set(`${cell.dx} ${cell.predicted}`, button(cell, (picked) => setTriggerValue("picked", picked)));
  }
  const heads = data.dx.map((predicted) => element("th", { scope: "col", textContent: predicted }));
  const rows = data.dx.map((dx, i) =>
    element("tr", {}, [
      ...(i ? [] : [element("th", { className: "true", rowSpan: data.dx.length, textContent: "True" })]),
      element("th", { scope: "row", textContent: dx }),
      ...data.dx.map((predicted) => element("td", {}, [buttons.get(`${dx} ${predicted}`) ?? ""])),
    ]),
  );
  table.style.setProperty("--frame", data.frame);
  table.replaceChildren(
    element("caption", { textContent: data.alt }),
    element("thead", {}, [
      element("tr", {}, [
        element("td", { colSpan: 2 }),
        element("th", { colSpan: data.dx.length, textContent: "Predicted" }),
      ]),
      element("tr", {}, [element("td", { colSpan: 2 }), ...heads]),
    ]),
    element("tbody", {}, rows),
  );
  if (![...buttons.values()].some((each) => each.tabIndex === 0)) buttons.values().next().value.tabIndex = 0;
  buttons.get(focused)?.focus();

  table.onkeydown = (event) => {
    const step = ARROWS[event.key];
    if (!step || !event.target.dataset.at) return;
    event.preventDefault();
    let [row, column] = event.target.dataset.at.split(" ").map((dx) => data.dx.indexOf(dx));
    let next;
    do {
      [row, column] = [row + step[0], column + step[1]];
      next = buttons.get(`${data.dx[row]} ${data.dx[column]}`);
    } while (!next && data.dx[row] && data.dx[column]); // skip the diagonal if it is left out
    next?.focus();
  };
}
