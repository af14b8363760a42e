// Asks for the room's version every second; another one than the page shows has the page run again.

const EVERY = 1000;
const AFTER_FAULT = 3000;

export default function ({ data, parentElement, setTriggerValue }) {
  parentElement.stopWatching?.();
  const base = location.pathname.replace(/[^/]*$/, ""); // every page's address is one level deep
  let timer;
  let stopped = false;

  async function ask() {
    if (stopped) return;
    let wait = EVERY;
    if (!document.hidden) {
      try {
        const answer = await fetch(base + data.path, { cache: "no-cache" });
        if (stopped) return;
        if (answer.ok && (await answer.json()).version !== data.version) {
          wait = AFTER_FAULT; // the page runs again and starts a new watch; this is for the case that it doesn't
          if (!stopped) setTriggerValue("changed", Date.now());
        } else if (!answer.ok) {
          wait = AFTER_FAULT;
        }
      } catch {
        wait = AFTER_FAULT; // the server is away; Streamlit connects again by itself
      }
    }
    if (!stopped) timer = setTimeout(ask, wait);
  }

  function wake() {
    if (document.hidden || stopped) return;
    clearTimeout(timer);
    ask();
  }

  timer = setTimeout(ask, EVERY * Math.random()); // so that a class doesn't ask all at once
  document.addEventListener("visibilitychange", wake);
  parentElement.stopWatching = () => {
    stopped = true;
    clearTimeout(timer);
    document.removeEventListener("visibilitychange", wake);
  };
  return parentElement.stopWatching;
}
