"use strict";

document.querySelectorAll(".scene canvas").forEach(begin);

function begin(canvas) {
  const UNITS = 32000, DISTANCE = 3.2, DIM = 0.5, PAPER = [25, 24, 23];
  const points = new Int16Array(unpacked("points").buffer);
  const cameras = new Int16Array(unpacked("cameras").buffer);
  const [colours, seen, passes] = ["colours", "seen", "passes"].map(unpacked);
  const [radius, width] = [canvas.dataset.radius, canvas.dataset.dot].map(Number);
  const palette = canvas.dataset.palette.split(" ");
  const still = window.matchMedia("(prefers-reduced-motion: reduce)");
  const pen = canvas.getContext("2d");
  const cloud = document.createElement("canvas");
  const cloudPen = cloud.getContext("2d");
  const motion = document.querySelector("#motion");
  let turned = 0.6, lifted = 0.3, turning = false, inSight = true, paint = "pass";
  let picture, pixels, depths, asked = 0, before = 0;

  function unpacked(name) {
    return Uint8Array.from(atob(canvas.dataset[name]), (letter) => letter.charCodeAt(0));
  }

  const painted = { photo: new Uint8Array(colours), pass: new Uint8Array(colours.length) };
  const rgb = palette.map((colour) => [1, 3, 5].map((at) => parseInt(colour.slice(at, at + 2), 16)));
  for (let i = 0; i < seen.length; i++) {
    const alone = (seen[i] & (seen[i] - 1)) === 0;
    painted.pass.set(alone ? rgb[Math.max(0, Math.log2(seen[i])) % rgb.length] : [244, 241, 234], 3 * i);
  }

  function size() {
    const sharpness = Math.min(2, window.devicePixelRatio || 1);
    const box = canvas.getBoundingClientRect();
    const [width, height] = [box.width, box.height].map((length) => Math.max(1, Math.round(length * sharpness)));
    if (canvas.width === width && canvas.height === height && pixels) return;
    canvas.width = cloud.width = width;
    canvas.height = cloud.height = height;
    picture = cloudPen.createImageData(width, height);
    pixels = new Uint32Array(picture.data.buffer);
    depths = new Float32Array(width * height);
  }

  function eye() {
    const [c, s] = [Math.cos(lifted), Math.sin(lifted)];
    return {
      right: [-Math.sin(turned), Math.cos(turned), 0],
      up: [-s * Math.cos(turned), -s * Math.sin(turned), c],
      toward: [c * Math.cos(turned), c * Math.sin(turned), s],
    };
  }

  function seenFrom({ right, up, toward }, places, at) {
    const [x, y, z] = [places[at] / UNITS, places[at + 1] / UNITS, places[at + 2] / UNITS];
    const away = DISTANCE - (x * toward[0] + y * toward[1] + z * toward[2]);
    const scale = (Math.min(canvas.width, canvas.height) / 2) * Math.sqrt(DISTANCE * DISTANCE - 1) / away;
    return [
      canvas.width / 2 + (x * right[0] + y * right[1]) * scale,
      canvas.height / 2 - (x * up[0] + y * up[1] + z * up[2]) * scale,
      away,
      scale,
    ];
  }

  function drawPoints(view) {
    const { width: columns, height: rows } = cloud;
    const own = painted[paint];
    pixels.fill(0);
    depths.fill(Infinity);
    for (let i = 0; i < seen.length; i++) {
      const [x, y, away, scale] = seenFrom(view, points, 3 * i);
      const dot = Math.max(0.75, (scale * width) / 2);
      const light = 1 - DIM * Math.max(0, Math.min(1, 0.5 + (away - DISTANCE) / (2 * radius)));
      const [red, green, blue] = [own[3 * i] * light, own[3 * i + 1] * light, own[3 * i + 2] * light];
      const colour = (0xff000000 | (blue << 16) | (green << 8) | red) >>> 0;
      const [top, bottom] = [Math.max(0, Math.ceil(y - dot)), Math.min(rows - 1, y + dot)];
      const [left, right] = [Math.max(0, Math.ceil(x - dot)), Math.min(columns - 1, x + dot)];
      for (let row = top; row <= bottom; row++) {
        for (let column = left; column <= right; column++) {
          const [dx, dy] = [column - x, row - y];
          const at = row * columns + column;
          if (dx * dx + dy * dy > dot * dot + 0.5 || depths[at] <= away) continue;
          depths[at] = away;
          pixels[at] = colour;
        }
      }
    }
    cloudPen.putImageData(picture, 0, 0);
    pen.drawImage(cloud, 0, 0);
  }

  function drawCamera(view, number) {
    const [tip, ...corners] = [0, 1, 2, 3, 4].map((corner) => seenFrom(view, cameras, 15 * number + 3 * corner));
    pen.strokeStyle = palette[passes[number] % palette.length];
    pen.beginPath();
    corners.forEach((corner, i) => {
      const next = corners[(i + 1) % 4];
      pen.moveTo(tip[0], tip[1]);
      pen.lineTo(corner[0], corner[1]);
      pen.lineTo(next[0], next[1]);
    });
    pen.stroke();
  }

  function draw() {
    size();
    const view = eye();
    pen.fillStyle = `rgb(${PAPER})`;
    pen.fillRect(0, 0, canvas.width, canvas.height);
    pen.lineWidth = Math.max(1, canvas.width / 1200);
    pen.lineJoin = "round";
    const tips = [...passes].map((_, number) => seenFrom(view, cameras, 15 * number)[2]);
    tips.forEach((away, number) => away > DISTANCE && drawCamera(view, number));
    drawPoints(view);
    tips.forEach((away, number) => away <= DISTANCE && drawCamera(view, number));
  }

  function goOn() {
    if (!turning || !inSight || asked) return;
    asked = requestAnimationFrame((now) => {
      asked = 0;
      turned += Math.max(0, Math.min(100, now - before)) * 0.0003;
      before = now;
      draw();
      goOn();
    });
  }

  function turn(on) {
    turning = on;
    motion.textContent = on ? "Stop" : "Turn";
    before = performance.now();
    draw();
    goOn();
  }

  function turnBy(across, down) {
    turned -= across;
    lifted = Math.max(-1.55, Math.min(1.55, lifted + down));
    draw();
  }

  canvas.addEventListener("pointerdown", (event) => {
    turn(false);
    if (event.isTrusted) canvas.setPointerCapture(event.pointerId);
    let last = event;
    const move = (next) => {
      turnBy((next.clientX - last.clientX) * 0.008, (next.clientY - last.clientY) * 0.008);
      last = next;
    };
    const end = () => {
      canvas.removeEventListener("pointermove", move);
      ["pointerup", "pointercancel"].forEach((name) => canvas.removeEventListener(name, end));
    };
    canvas.addEventListener("pointermove", move);
    ["pointerup", "pointercancel"].forEach((name) => canvas.addEventListener(name, end));
  });
  canvas.addEventListener("keydown", (event) => {
    const by = { ArrowLeft: [-0.1, 0], ArrowRight: [0.1, 0], ArrowUp: [0, -0.1], ArrowDown: [0, 0.1] }[event.key];
    if (!by) return;
    event.preventDefault();
    turn(false);
    turnBy(...by);
  });
  for (const button of document.querySelectorAll("[data-lift]")) {
    button.addEventListener("click", () => {
      lifted = Number(button.dataset.lift);
      draw();
    });
  }
  document.querySelector(".scene .switch").addEventListener("change", (event) => {
    paint = event.target.value;
    draw();
  });
  motion.addEventListener("click", () => turn(!turning));
  still.addEventListener("change", () => turn(!still.matches));
  new ResizeObserver(draw).observe(canvas);
  new IntersectionObserver(([entry]) => {
    inSight = entry.isIntersecting;
    goOn();
  }).observe(canvas);

  document.querySelector(".scene .still").hidden = true;
  canvas.hidden = document.querySelector(".scene figcaption").hidden = false;
  turn(!still.matches);
}
