// Keeps a page live. When something happens the page is fetched again, and the parts of it that are
// different are put in: elements with `data-part`. A part in which somebody has written, or in which
// the focus is, stays as it is until they are done; `data-kept` marks text that the server kept.

const { live, page, types } = document.body.dataset;
const SOON = 150; // milliseconds in which several events make one fetch
const SHOWN = 8000;
const REFUSED = 15000; // after which a stream that was refused is tried again
const STILL_LOOKED_FOR = 2000;
const EVERY_MINUTE = 60000; // "in 3 days" grows old without any event

const FIELDS = "input:not([type=hidden]), textarea, select";
let stream = null;
let last = null;
let timer = null;
let late = false;

function isWritten(field) {
  if (field instanceof HTMLSelectElement) {
    const options = [...field.options];
    return field.value !== (options.find((each) => each.defaultSelected) ?? options[0])?.value;
  }
  return field.value !== field.defaultValue;
}

function isBusy(part) {
  if ("kept" in part.dataset || part.contains(document.activeElement)) return true;
  return [...part.querySelectorAll(FIELDS)].some(isWritten);
}

// What makes a part different for who reads it: not the keys of its forms, nor how far away a time is.
function content(part) {
  const copy = part.cloneNode(true);
  copy.querySelectorAll("input[name=once], [data-away]").forEach((each) => each.remove());
  copy.querySelectorAll("details").forEach((each) => each.removeAttribute("open"));
  return copy.innerHTML;
}

function replace(part, fresh) {
  if (content(part) === content(fresh)) {
    const old = part.querySelectorAll("[data-away]");
    fresh.querySelectorAll("[data-away]").forEach((each, index) => {
      old[index].textContent = each.textContent;
    });
    return true;
  }
  if (isBusy(part)) return false;
  for (const details of part.querySelectorAll("details[id][open]")) {
    fresh.querySelector(`#${details.id}`)?.setAttribute("open", "");
  }
  part.replaceWith(fresh);
  return true;
}

function putIn(text) {
  const next = new DOMParser().parseFromString(text, "text/html");
  late = false;
  for (const part of document.querySelectorAll("[data-part]")) {
    const fresh = next.getElementById(part.id);
    if (fresh && !replace(part, fresh)) late = true;
  }
  document.title = next.title;
  lookAgain();
}

async function refresh() {
  timer = null;
  try {
    const answer = await fetch(page, { headers: { Accept: "text/html" } });
    if (answer.ok) putIn(await answer.text());
  } catch {
    // The server is away; the stream connects again by itself and brings the next refresh.
  }
}

// What the server is still looking for is there a moment later.
function lookAgain() {
  if (document.querySelector("[data-soon]")) setTimeout(refreshSoon, STILL_LOOKED_FOR);
}

function refreshSoon() {
  timer ??= setTimeout(refresh, SOON);
}

function hear(event) {
  last = event.lastEventId;
  const heard = document.getElementById("heard");
  heard.textContent = JSON.parse(event.data).summary;
  clearTimeout(heard.until);
  heard.until = setTimeout(() => { heard.textContent = ""; }, SHOWN);
  refreshSoon();
}

// A browser has few connections to one server: a page that nobody looks at gives its own back.
function close() {
  stream?.close();
  stream = null;
}

function open() {
  if (stream || document.hidden) return;
  const address = new URL(live, location.href);
  if (last) address.searchParams.set("after", last);
  stream = new EventSource(address);
  for (const type of types.split(" ")) stream.addEventListener(type, hear);
  stream.addEventListener("error", () => {
    if (stream?.readyState !== EventSource.CLOSED) return; // the browser connects again by itself
    stream = null;
    setTimeout(open, REFUSED);
  });
}

document.addEventListener("visibilitychange", () => {
  if (document.hidden) close();
  else { open(); refreshSoon(); }
});
addEventListener("pagehide", close);
document.addEventListener("focusout", () => { if (late) refreshSoon(); });
setInterval(() => { if (!document.hidden) refreshSoon(); }, EVERY_MINUTE);

// What was said once is not said again when the page is reloaded.
if (new URL(location.href).searchParams.has("said")) history.replaceState(null, "", page);

open();
lookAgain();
