// Finds the marker under a tap by Plotly's own axes, and reports its customdata.

const STILL = 10; // pixels that a finger may move; beyond, it scrolls

export default function ({ data, parentElement, setTriggerValue }) {
  parentElement.stopTapping?.();
  let down = null;

  function begin(event) {
    down = event.target.closest(`.${data.chart}`) ? event : null;
  }

  function end(event) {
    const plot = down?.target.closest(".js-plotly-plot");
    const still = down && Math.hypot(event.clientX - down.clientX, event.clientY - down.clientY) <= STILL;
    down = null;
    if (!plot || !still) return;
    const marks = plot._fullData.find((trace) => trace.name === data.trace);
    if (!marks) return;
    const { left, top } = plot.getBoundingClientRect();
    const { xaxis, yaxis } = plot._fullLayout;
    const away = Array.from(marks.x, (x, i) =>
      Math.hypot(
        left + xaxis._offset + xaxis.l2p(x) - event.clientX,
        top + yaxis._offset + yaxis.l2p(marks.y[i]) - event.clientY,
      ),
    );
    const nearest = away.indexOf(Math.min(...away));
    if (away[nearest] <= data.reach) setTriggerValue("tapped", marks.customdata[nearest]);
  }

  document.addEventListener("pointerdown", begin, true);
  document.addEventListener("pointerup", end, true);
  parentElement.stopTapping = () => {
    document.removeEventListener("pointerdown", begin, true);
    document.removeEventListener("pointerup", end, true);
  };
  return parentElement.stopTapping;
}
