// Asks for the room's version every second; another one than the page shows has the page run again. If the server was
// started again, or another replica answers, the page's session is gone and its buttons do nothing: it is loaded again.

const EVERY = 1000;
const AFTER_RUN = 3000;
const AWAY = 300; // while the server is away, so that a class is back soon after it is
const RELOAD = "room-watch-reloaded";

// A proxy that sends each question to another replica must not have the page loaded again and again.
function reloadOnce() {
  if (Date.now() - Number(sessionStorage.getItem(RELOAD)) < 10_000) return;
  sessionStorage.setItem(RELOAD, Date.now());
  location.reload();
}

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
        const found = answer.ok ? await answer.json() : data;
        if (stopped) return;
        if (found.process !== data.process) {
          reloadOnce();
        } else if (found.version !== data.version) {
          wait = AFTER_RUN; // the page runs again and starts a new watch; this is for the case that it doesn't
          setTriggerValue("changed", Date.now());
        }
      } catch {
        wait = AWAY * (0.5 + Math.random());
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
