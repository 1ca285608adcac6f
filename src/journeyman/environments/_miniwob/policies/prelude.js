// What policies are written with. A policy is (goal, memo) => the next action, or null where nothing is left to do. It
// reads the page and changes nothing; `memo` is the JSON it left at its last call, and memo.k counts its calls.
const one = (selector, root = document) => root.querySelector(selector);
const all = (selector, root = document) => [...root.querySelectorAll(selector)];
const words = node => node.textContent.replace(/\s+/g, ' ').trim();
const quoted = goal => [...goal.matchAll(/"([^"]*)"/g)].map(match => match[1]);
const named = (selector, name) => all(selector).find(node => words(node) === name && shown(node));
const nth = goal => parseInt(goal.match(/(\d+)(st|nd|rd|th)/)[1], 10) - 1;
const shown = node => node.getClientRects().length > 0 && node.checkVisibility({visibilityProperty: true});

// A point where a click hits the node: on its text, in the middle of one of its boxes, or else on a grid over them.
const SCREEN = [160, 210];
const belongs = (node, x, y) => {
  if (x < 0 || y < 0 || x >= SCREEN[0] || y >= SCREEN[1]) return false;
  const hit = document.elementFromPoint(x, y);
  return hit !== null && (hit === node || node.contains(hit));
};
const spot = node => {
  const text = document.createRange();
  text.selectNodeContents(node);
  for (const word of text.getClientRects()) {
    const x = word.left + word.width / 2, y = word.top + word.height / 2;
    const box = [...node.getClientRects()].find(one => one.left <= x && x <= one.right && one.top <= y && y <= one.bottom);
    if (box && belongs(node, x, y)) return {x, y, box: {left: box.left, top: box.top, right: box.right, bottom: box.bottom}};
  }
  for (const share of [[0.5], [0.25, 0.5, 0.75], [0.1, 0.3, 0.5, 0.7, 0.9]])
    for (const box of node.getClientRects())
      for (const down of share)
        for (const right of share) {
          const x = box.left + right * box.width, y = box.top + down * box.height;
          if (belongs(node, x, y)) return {x, y, box: {left: box.left, top: box.top, right: box.right, bottom: box.bottom}};
        }
  return null;
};
const at = target => Array.isArray(target) ? {x: target[0], y: target[1], box: null} : spot(target);

const click = (target, say = '', clicks = 1) => ({do: 'click', ...at(target), clicks, say});
// At a point of the node that matters.
const clickAt = (node, x, y, say) => {
  const {left, top, right, bottom} = node.getBoundingClientRect();
  return {do: 'click', x, y, box: {left, top, right, bottom}, exact: true, clicks: 1, say};
};
const move = (target, say = '') => ({do: 'move', ...at(target), say});
const drag = (target, end, say) => ({do: 'drag', ...at(target), end, say});
const type = (text, say = '') => ({do: 'type', text: String(text), say});
const press = (keys, say) => ({do: 'press', keys, say});
const hotkey = (keys, say) => ({do: 'hotkey', keys, say});
const wait = seconds => ({do: 'wait', seconds, say: 'Wait for the page.'});

const submit = (name = 'Submit') => click(named('button, .final', name), `Click the "${name}" button.`);
// One after the other: each is an action, or a function that gives one when its turn comes.
const steps = (memo, list) => {
  const step = list[memo.k];
  return step === undefined ? null : typeof step === 'function' ? step() : step;
};
const fill = (selector, text, call) => [
  () => click(one(selector), `Click the ${call}.`), () => type(text, `Type "${text}" into the ${call}.`)];
// The wheel, turned over `box`, until `node` can be hit; null where it can be.
const reach = (node, box, memo) => {
  if (spot(node)) return null;
  if (memo.over !== box.id + box.className) {
    memo.over = box.id + box.className;
    return move(box, 'Move the pointer over the part that scrolls.');
  }
  const there = node.getBoundingClientRect(), here = box.getBoundingClientRect();
  const far = (there.top + there.bottom - Math.max(here.top, 0) - Math.min(here.bottom, SCREEN[1])) / 2;
  return wheel(far);
};
const wheel = pixels => {
  const pages = Math.sign(pixels) * Math.min(0.6, Math.max(0.05, Math.abs(pixels) / SCREEN[1]));
  return {do: 'wheel', pages, say: `Scroll ${pages > 0 ? 'down' : 'up'}.`};
};
