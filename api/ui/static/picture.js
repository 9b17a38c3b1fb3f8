// A picture of dependencies.
// A box under the pointer or with the focus shows its way. Arrow keys go along the lines, up and
// down in a layer. The buttons and Ctrl with the wheel change the size, the mouse moves all of it.

const PICTURE = "[data-lineage]";
const BOX = "[data-box]";
const LARGEST = 3, SMALLEST = 0.1, STEP = 1.25;
const graphs = new WeakMap();

function graphOf(picture) {
  if (graphs.has(picture)) return graphs.get(picture);
  const boxes = new Map([...picture.querySelectorAll(BOX)].map((box) => [box.dataset.box, box]));
  const graph = { boxes, lines: [], after: new Map(), before: new Map() };
  for (const line of picture.querySelectorAll("[data-line]")) {
    const [source, target] = line.dataset.line.split(" ");
    graph.lines.push([line, source, target]);
    graph.after.set(source, [...(graph.after.get(source) ?? []), target]);
    graph.before.set(target, [...(graph.before.get(target) ?? []), source]);
  }
  graphs.set(picture, graph);
  return graph;
}

function reached(number, next) {
  const all = new Set([number]);
  for (const each of all) next.get(each)?.forEach((other) => all.add(other)); // grows as it goes
  return all;
}

function showWay(picture, box) {
  const { boxes, lines, after, before } = graphOf(picture);
  const sides = box ? [reached(box.dataset.box, after), reached(box.dataset.box, before)] : [];
  picture.classList.toggle("lit", Boolean(box));
  for (const [number, each] of boxes) each.classList.toggle("on", sides.some((side) => side.has(number)));
  for (const [line, source, target] of lines) {
    line.classList.toggle("on", sides.some((side) => side.has(source) && side.has(target)));
  }
}

function nextBox(box, key) {
  const { boxes, after, before } = graphOf(box.closest(PICTURE));
  const top = (each) => each.getBoundingClientRect().top;
  const along = { ArrowRight: after, ArrowLeft: before }[key];
  if (along) {
    const linked = (along.get(box.dataset.box) ?? []).map((number) => boxes.get(number));
    return linked.sort((one, other) => Math.abs(top(one) - top(box)) - Math.abs(top(other) - top(box)))[0];
  }
  const layer = [...boxes.values()].filter((each) => each.dataset.layer === box.dataset.layer);
  return layer[layer.indexOf(box) + { ArrowDown: 1, ArrowUp: -1 }[key]];
}

// `x` and `y` are the place in the window that stays where it is.
function resize(picture, how, x, y) {
  const room = picture.parentElement;
  const { width, height } = picture.viewBox.baseVal;
  const old = picture.getBoundingClientRect();
  const edge = room.getBoundingClientRect();
  [x, y] = [x ?? edge.left + edge.width / 2, y ?? edge.top + edge.height / 2];
  const fit = Math.min(room.clientWidth / width, room.clientHeight / height);
  const scale = how === "fit" ? fit : how === "1" ? 1 : (old.width / width) * how;
  const size = Math.min(LARGEST, Math.max(Math.min(SMALLEST, fit), scale));
  const [over, down] = [(x - old.left) / old.width, (y - old.top) / old.height];
  picture.classList.remove("fit");
  picture.setAttribute("width", width * size);
  picture.setAttribute("height", height * size);
  const now = picture.getBoundingClientRect();
  room.scrollBy({ left: now.left + over * now.width - x, top: now.top + down * now.height - y, behavior: "instant" });
  document.querySelector("[data-percent]").textContent = `${Math.round(size * 100)} %`;
}

function hold(room, start) {
  const [left, top] = [room.scrollLeft, room.scrollTop];
  const move = ({ clientX, clientY }) => {
    if (Math.hypot(clientX - start.clientX, clientY - start.clientY) > 4) room.classList.add("dragged");
    if (!room.classList.contains("dragged")) return;
    room.scrollTo({ left: left + start.clientX - clientX, top: top + start.clientY - clientY, behavior: "instant" });
  };
  addEventListener("pointermove", move);
  addEventListener("pointerup", () => {
    removeEventListener("pointermove", move);
    setTimeout(() => room.classList.remove("dragged")); // after the click, which is none then
  }, { once: true });
}

let wired = null;
let looked = null;

// A picture that is put in is as large as the one that somebody looked at, and moved to the same place.
function lookedAt() {
  const room = wired?.parentElement;
  looked = room && { scale: wired.getBoundingClientRect().width / wired.viewBox.baseVal.width, left: room.scrollLeft, top: room.scrollTop };
}

function wirePicture() {
  const picture = document.querySelector(PICTURE);
  if (!picture || picture === wired) return;
  const room = picture.parentElement;
  wired = picture;
  const show = () => showWay(picture, picture.querySelector(`${BOX}:hover`) ?? document.activeElement.closest(`${PICTURE} ${BOX}`));
  for (const type of ["pointerover", "pointerleave", "focusin", "focusout"]) picture.addEventListener(type, () => requestAnimationFrame(show));
  picture.addEventListener("keydown", (event) => {
    const box = event.target.closest(BOX);
    if (!box || !/^Arrow/.test(event.key) || event.altKey || event.ctrlKey || event.metaKey) return;
    event.preventDefault();
    nextBox(box, event.key)?.focus();
  });
  room.addEventListener("wheel", (event) => {
    if (!event.ctrlKey && !event.metaKey) return;
    event.preventDefault();
    resize(picture, event.deltaY < 0 ? STEP : 1 / STEP, event.clientX, event.clientY);
  }, { passive: false });
  room.addEventListener("pointerdown", (event) => {
    if (event.pointerType === "mouse" && event.button === 0) hold(room, event);
  });
  room.addEventListener("dragstart", (event) => event.preventDefault());
  room.addEventListener("click", (event) => { if (room.classList.contains("dragged")) event.preventDefault(); });
  if (looked) {
    const { width } = picture.viewBox.baseVal;
    resize(picture, (looked.scale * width) / picture.getBoundingClientRect().width);
    room.scrollTo({ left: looked.left, top: looked.top, behavior: "instant" });
    return;
  }
  const middle = picture.querySelector("[aria-current]").getBoundingClientRect();
  const edge = room.getBoundingClientRect();
  if (!location.hash.startsWith("#asset-")) room.scrollBy({ left: middle.left + middle.width / 2 - edge.left - edge.width / 2, top: middle.top + middle.height / 2 - edge.top - edge.height / 2, behavior: "instant" });
}

document.addEventListener("click", (event) => {
  const button = event.target.closest("[data-zoom]");
  if (!wired || !button || event.ctrlKey || event.metaKey || event.shiftKey) return;
  event.preventDefault();
  resize(wired, { in: STEP, out: 1 / STEP }[button.dataset.zoom] ?? button.dataset.zoom);
});
document.addEventListener("parts-leave", lookedAt);
document.addEventListener("parts-came", wirePicture);
wirePicture();
