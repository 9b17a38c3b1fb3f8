// Keeps a page live. When something happens the page is fetched again, and the parts of it that are
// different are put in: elements with `data-part`. A part in which somebody has written, or in which
// the focus is, stays as it is until they are done; `data-kept` marks text that the server kept. A
// part that is no more goes, unless somebody is busy in it.
// A form with `data-typing` is sent while somebody writes in it, and the parts are put in too: with
// GET to its own address, which the page then has, or with POST to the address that is said there.
// The items of a `data-list` come and go around the one that somebody is busy with; `data-news` is
// what is said when an item is new, and where a part is `data-quiet`, nothing else is.
// Before parts are put in the document hears `parts-leave`, and `parts-came` after that.

let { live } = document.body.dataset; // the stream that it hears
let page = document.body.dataset.page; // where the page is fetched again from; none: it is not live
const SOON = 150; // milliseconds in which several events make one fetch
const APART = 1000; // and at least so many lie between two
const SHOWN = 8000;
const REFUSED = 15000; // after which a stream that was refused is tried again
const STILL_LOOKED_FOR = 2000;
const PAUSE = 250; // without another key, after which what was written is sent
const EVERY_MINUTE = 60000; // "in 3 days" grows old without any event

const FIELDS = "input:not([type=hidden]), textarea, select";
let stream = null;
let last = null;
let timer = null;
let again = false; // something happened since the page was asked for
let read = -APART;
let late = false;

function isWritten(field) {
  if (field instanceof HTMLSelectElement) {
    const options = [...field.options];
    return field.value !== (options.find((each) => each.defaultSelected) ?? options[0])?.value;
  }
  if (field.type === "checkbox" || field.type === "radio") return field.checked !== field.defaultChecked;
  return field.value !== field.defaultValue;
}

function isBusy(part) {
  if ("kept" in part.dataset || part.querySelector("[data-kept]")) return true;
  if (part.contains(document.activeElement)) return true;
  return [...part.querySelectorAll(FIELDS)].some(isWritten);
}

// What makes a part different for who reads it: not the keys of its forms, nor how far away a time is,
// nor how somebody looks at a picture.
function content(part) {
  const copy = part.cloneNode(true);
  copy.querySelectorAll("input[name=once], [data-away], [data-percent]").forEach((each) => each.remove());
  for (const each of copy.querySelectorAll("[data-lineage], [data-lineage] *")) {
    each.classList.remove("on", "lit", "fit");
    if (!each.classList.length) each.removeAttribute("class");
    if ("lineage" in each.dataset) ["width", "height"].forEach((name) => each.removeAttribute(name));
  }
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
  for (const item of fresh.querySelectorAll("[data-news]")) {
    if (!document.getElementById(item.id)) say(item.dataset.news);
  }
  if (isBusy(part)) {
    goRound(part.querySelector("[data-list]"), fresh.querySelector("[data-list]"));
    return false;
  }
  for (const details of part.querySelectorAll("details[id][open]")) {
    fresh.querySelector(`#${details.id}`)?.setAttribute("open", "");
  }
  part.replaceWith(fresh);
  return true;
}

// A list changes around the item that somebody is busy with, which stays where it is.
function goRound(list, fresh) {
  if (!list || !fresh) return;
  for (const old of [...list.children]) {
    if (!fresh.querySelector(`#${old.id}`) && !isBusy(old)) old.remove();
  }
  let before = null;
  for (const item of [...fresh.children]) {
    const old = document.getElementById(item.id);
    if (old) replace(old, item);
    const here = document.getElementById(item.id) ?? item;
    if (!isBusy(here)) before ? before.after(here) : list.prepend(here);
    before = here;
  }
}

function putIn(text) {
  const next = new DOMParser().parseFromString(text, "text/html");
  if (!next.querySelector("[data-part]")) return; // another page, such as that of who is signed out
  document.dispatchEvent(new Event("parts-leave"));
  late = false;
  for (const part of document.querySelectorAll("[data-part]")) {
    const fresh = next.getElementById(part.id);
    if (!fresh && !isBusy(part)) part.remove();
    if (fresh && !replace(part, fresh)) late = true;
  }
  document.title = next.title;
  follow(next.body.dataset.live);
  document.dispatchEvent(new Event("parts-came"));
  lookAgain();
}

async function refresh() {
  again = false;
  try {
    const answer = await fetch(page, { headers: { Accept: "text/html" } });
    if (answer.ok) putIn(await answer.text());
  } catch {
    // The server is away; the stream connects again by itself and brings the next refresh.
  }
  read = performance.now();
  timer = null;
  if (again) refreshSoon();
}

// What the server is still looking for is there a moment later.
function lookAgain() {
  if (document.querySelector("[data-soon]")) setTimeout(refreshSoon, STILL_LOOKED_FOR);
}

function refreshSoon() {
  again = true;
  if (page) timer ??= setTimeout(refresh, Math.max(SOON, read + APART - performance.now()));
}

function say(text) {
  const heard = document.getElementById("heard");
  heard.textContent = text;
  clearTimeout(heard.until);
  heard.until = setTimeout(() => { heard.textContent = ""; }, SHOWN);
}

function hear(event) {
  last = event.lastEventId;
  if (!document.querySelector("[data-quiet]")) say(JSON.parse(event.data).summary);
  refreshSoon();
}

// A browser has few connections to one server: a page that nobody looks at gives its own back.
function close() {
  stream?.close();
  stream = null;
}

function open() {
  if (!live || stream || document.hidden) return;
  const address = new URL(live, location.href);
  if (last) address.searchParams.set("after", last);
  stream = new EventSource(address);
  for (const type of address.searchParams.get("types").split(",")) stream.addEventListener(type, hear);
  stream.addEventListener("error", () => {
    if (stream?.readyState !== EventSource.CLOSED) return; // the browser connects again by itself
    stream = null;
    setTimeout(open, REFUSED);
  });
}

// A page that shows something new hears what is said about that too.
function follow(fresh) {
  if (!live || !fresh) return;
  const about = (address) => new URL(address, location.href).searchParams.get("about");
  if (about(fresh) === about(live)) return;
  live = fresh;
  close();
  open();
}

document.addEventListener("visibilitychange", () => {
  if (document.hidden) close();
  else { open(); refreshSoon(); }
});
addEventListener("pagehide", close);
document.addEventListener("focusout", () => { if (late) refreshSoon(); });
setInterval(() => { if (!document.hidden) refreshSoon(); }, EVERY_MINUTE);

// --- while somebody types ---------------------------------------------------------------------

let asking = null;

function asked(form) {
  if (form.method === "post") return [form.dataset.typing, { method: "POST", body: new FormData(form) }];
  const given = [...new FormData(form)].filter(([, value]) => value !== "");
  const address = new URL(form.action);
  address.search = new URLSearchParams(given);
  return [address, {}];
}

async function ask(form) {
  asking?.abort();
  asking = new AbortController();
  const [address, request] = asked(form);
  try {
    const answer = await fetch(address, { ...request, headers: { Accept: "text/html" }, signal: asking.signal });
    if (!answer.headers.get("content-type")?.startsWith("text/html")) return;
    putIn(await answer.text());
    document.getElementById("found").textContent = document.querySelector("[data-found]")?.textContent ?? "";
    if (request.method) return;
    if (page) page = address.pathname + address.search;
    history.replaceState(null, "", address);
  } catch {
    // Somebody wrote on, or the server is away; the form's button does the same.
  }
}

document.addEventListener("input", (event) => {
  const form = event.target.form;
  if (!form || !("typing" in form.dataset)) return;
  clearTimeout(form.pause);
  form.pause = setTimeout(ask, PAUSE, form);
});

// A file that is chosen is read into the field that `data-into` names: it can be changed there.
document.addEventListener("change", async (event) => {
  const { into } = event.target.dataset;
  const [file] = (into && event.target.files) || [];
  if (!file) return;
  const field = document.getElementById(into);
  field.value = await file.text();
  event.target.value = "";
  field.dispatchEvent(new Event("input", { bubbles: true }));
});

// What was said once is not said again when the page is reloaded.
if (new URL(location.href).searchParams.has("said")) {
  const address = new URL(location.href);
  address.searchParams.delete("said");
  history.replaceState(null, "", page ?? address);
}

open();
lookAgain();
