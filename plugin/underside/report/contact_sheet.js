"use strict";

const worstFirst = [...document.querySelectorAll(".card")];

function inOrder(order) {
  const cards = document.querySelector("#cards");
  if (order === "worst") {
    cards.replaceChildren(list(worstFirst));
    return;
  }
  const passes = new Map();
  for (const card of [...worstFirst].sort((a, b) => a.dataset.shot - b.dataset.shot)) {
    const pass = card.dataset.pass;
    passes.set(pass, [...(passes.get(pass) ?? []), card]);
  }
  cards.replaceChildren(...[...passes].flatMap(([pass, shots]) => [heading(pass), list(shots)]));
}

function list(cards) {
  const list = document.createElement("ul");
  list.className = "cards";
  list.append(...cards);
  return list;
}

function heading(pass) {
  const heading = document.createElement("h3");
  heading.className = "pass";
  heading.textContent = pass;
  return heading;
}

const order = document.querySelector("#order");
if (order) {
  order.hidden = false;
  order.addEventListener("change", (event) => inOrder(event.target.value));
}

const viewer = document.querySelector("#viewer");
const frame = viewer.querySelector(".frame");
const stage = viewer.querySelector(".stage");
const [poster, photo, mask] = stage.querySelectorAll("img");
const zoom = viewer.querySelector("#zoom");
const problem = viewer.querySelector("#viewer-problem");
let shown;

async function show(card) {
  shown = card;
  const { width, height, orientation, name } = card.dataset;
  viewer.querySelector("#viewer-name bdi").textContent = name;
  const verdict = card.querySelector(".badge")?.textContent ?? "";
  const reasons = [...card.querySelectorAll(".reasons li")].map((reason) => reason.textContent).join("; ");
  viewer.querySelector("#viewer-verdict").textContent = [verdict, reasons].filter(Boolean).join(": ");
  const figures = [...card.querySelectorAll(".figures > *")].map((figure) => figure.textContent);
  viewer.querySelector("#viewer-facts").textContent = figures.join("\u2002");
  problem.textContent = "";
  zoomTo(false);
  stage.style.setProperty("--ratio", width / height);
  stage.dataset.orientation = orientation;
  stage.classList.toggle("sideways", orientation > 4);
  stage.classList.add("waiting");
  const preview = card.querySelector(".picture img");
  poster.src = preview ? preview.src : "";
  photo.src = card.querySelector(".photo-file").href;
  mask.src = card.querySelector(".mask-file").href;
  photo.alt = `${name}, its mask applied`;
  const loaded = await Promise.allSettled([photo.decode(), mask.decode()]);
  if (shown !== card) return;
  const missing = loaded.findIndex((result) => result.status === "rejected");
  if (missing < 0 && photo.naturalWidth * height === photo.naturalHeight * width) {
    stage.classList.remove("waiting");
  } else {
    problem.textContent = `This browser cannot show the ${missing === 1 ? "mask" : "photo"}; here is the preview.`;
  }
}

function zoomTo(on, x = 0.5, y = 0.5) {
  stage.classList.toggle("zoomed", on);
  zoom.setAttribute("aria-pressed", on);
  frame.scrollTo(x * stage.offsetWidth - frame.clientWidth / 2, y * stage.offsetHeight - frame.clientHeight / 2);
}

function step(by) {
  const cards = [...document.querySelectorAll(".card")];
  show(cards[(cards.indexOf(shown) + by + cards.length) % cards.length]);
}

document.addEventListener("click", (event) => {
  const picture = event.target.closest(".picture");
  if (!picture || event.ctrlKey || event.metaKey || event.shiftKey) return;
  event.preventDefault();
  viewer.showModal();
  show(picture.closest(".card"));
});
viewer.addEventListener("close", () => shown.querySelector(".picture").focus());
viewer.addEventListener("change", (event) => (stage.dataset.view = event.target.value));
viewer.addEventListener("keydown", (event) => {
  if (event.target.matches("input") || stage.classList.contains("zoomed")) return;
  if (event.key === "ArrowLeft") step(-1);
  if (event.key === "ArrowRight") step(1);
});
viewer.querySelector("#previous").addEventListener("click", () => step(-1));
viewer.querySelector("#next").addEventListener("click", () => step(1));
viewer.querySelector("#close").addEventListener("click", () => viewer.close());
zoom.addEventListener("click", () => zoomTo(!stage.classList.contains("zoomed")));
stage.addEventListener("click", (event) => {
  const box = stage.getBoundingClientRect();
  const [x, y] = [(event.clientX - box.left) / box.width, (event.clientY - box.top) / box.height];
  zoomTo(!stage.classList.contains("zoomed"), x, y);
});
