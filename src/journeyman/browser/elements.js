// Elements of a page that a click on their middle would hit. Called with {within, without, width, height}: CSS
// selectors of where to look and of what to leave out (or ''), and the screen in CSS pixels. Returns null where nothing
// matches, or a list of plain objects with boxes in CSS pixels.
(({within, without, width, height}) => {
  const root = document.querySelector(within);
  if (!root) return null;
  const LEAST = 8, FAINT = 0.1, SHARE = 0.5;
  const FIELDS = new Set(['text', 'search', 'email', 'tel', 'url', 'password', 'number', 'date', 'time',
    'datetime-local', 'month', 'week', 'color']);
  const PRESSED = new Set(['button', 'submit', 'reset', 'image', 'file']);
  const SHAPES = new Set(['rect', 'circle', 'ellipse', 'polygon', 'polyline', 'path', 'line', 'text', 'use']);
  const ROLES = {textbox: 'field', searchbox: 'field', combobox: 'field', spinbutton: 'field', img: 'image',
    menuitem: 'menu item', listitem: 'item', gridcell: 'cell', columnheader: 'header', switch: 'checkbox'};
  const TAGS = {a: 'link', button: 'button', summary: 'button', textarea: 'field', select: 'select', option: 'option',
    label: 'label', img: 'image', svg: 'image', canvas: 'image', video: 'image', td: 'cell', th: 'header',
    li: 'item', h1: 'heading', h2: 'heading', h3: 'heading', h4: 'heading', h5: 'heading', h6: 'heading'};
  const BLOCK = ':not(b, i, em, strong, u, s, small, br, font, mark, code, sub, sup, span, bdi, wbr, tspan, kbd, abbr, time)';

  // Colours by CSS' own names, and nouns of what a background tells apart.
  const COLOURS = {black: [0, 0, 0], white: [255, 255, 255], grey: [128, 128, 128], red: [255, 0, 0],
    orange: [255, 165, 0], brown: [139, 69, 19], yellow: [255, 255, 0], olive: [128, 128, 0], lime: [0, 255, 0],
    green: [0, 128, 0], teal: [0, 128, 128], cyan: [0, 255, 255], blue: [0, 0, 255], navy: [0, 0, 128],
    purple: [128, 0, 128], magenta: [255, 0, 255], pink: [255, 192, 203]};
  const PLAIN = new Set(['', 'white', 'grey', 'black']);
  const NOUNS = new Set(['button', 'link', 'field', 'checkbox', 'tab', 'cell', 'menu item', 'header', 'item']);

  // Answers are kept: parts ask for those of all that they lie in.
  const kept = ask => {
    const known = new Map();
    return el => known.has(el) ? known.get(el) : known.set(el, ask(el)).get(el);
  };
  const words = text => (text || '').replace(/\s+/g, ' ').trim();
  const tagOf = el => el.localName;
  const inputType = el => tagOf(el) === 'input' ? el.type : '';
  const legible = text => /[\p{L}\p{N}]/u.test(text);
  const points = el => getComputedStyle(el).cursor === 'pointer';

  const firm = el => {
    const tag = tagOf(el);
    if (el.dataset && el.dataset.id) return true;
    if (tag === 'input') return el.type !== 'hidden';
    if (['button', 'select', 'textarea', 'summary'].includes(tag)) return true;
    if (tag === 'a') return true;
    if (el.hasAttribute('onclick') || el.isContentEditable && !el.parentElement?.isContentEditable) return true;
    const role = el.getAttribute('role');
    if (role && role !== 'presentation' && role !== 'none' && role !== 'group') {
      if (/^(button|link|checkbox|radio|tab|menuitem|option|switch|slider|textbox|searchbox|combobox|spinbutton|treeitem)/
        .test(role)) return true;
    }
    if (el.hasAttribute('tabindex') && el.tabIndex >= 0) return true;
    return false;
  };
  // Nothing but the pointer's shape says that it can be pressed. Where it holds several things, they are told instead.
  const invites = el => points(el) && tagOf(el) !== 'label' && !(el.parentElement && points(el.parentElement)) &&
    [...el.querySelectorAll('*')].filter(isLeaf).length < 2;
  const acts = kept(el => firm(el) || invites(el));
  const isShape = el => SHAPES.has(tagOf(el)) && el.ownerSVGElement != null;
  // A box without words that is drawn: a swatch, or an icon that is a background.
  const isPainted = kept(el => {
    if (el.childElementCount || words(el.textContent) || el.ownerSVGElement) return false;
    const style = getComputedStyle(el), {width: wide, height: high} = el.getBoundingClientRect();
    if (wide * high > width * height / 4) return false;
    return style.backgroundImage !== 'none' || style.content.startsWith('url(') || parseFloat(style.borderTopWidth) > 0 ||
      !/^rgba\(.*, 0\)$|^transparent$/.test(style.backgroundColor);
  });
  const isLeaf = kept(el => {
    if (isShape(el) || isPainted(el)) return true;
    if (['img', 'canvas', 'video'].includes(tagOf(el))) return true;
    if (el.ownerSVGElement || ['script', 'style', 'option', 'br'].includes(tagOf(el))) return false;
    return !el.querySelector(BLOCK) && words(el.textContent) !== '' && ![...el.querySelectorAll('*')].some(firm);
  });

  const roleOf = el => {
    const given = el.dataset && el.dataset.role || el.getAttribute('role');
    if (given) return ROLES[given] || given;
    const type = inputType(el);
    if (type) return FIELDS.has(type) ? 'field' : PRESSED.has(type) ? 'button' : type === 'range' ? 'slider' : type;
    if (el.isContentEditable) return 'field';
    if (isShape(el)) return tagOf(el) === 'text' ? 'text' : 'shape';
    return TAGS[tagOf(el)] || (acts(el) ? 'button' : isPainted(el) ? 'image' : 'text');
  };
  const shownText = el => {
    const tag = tagOf(el), type = inputType(el);
    if (PRESSED.has(type)) return words(el.value);
    if (type === 'password') return '';
    if (FIELDS.has(type) || tag === 'textarea') return words(el.value || el.placeholder);
    if (tag === 'select') return words([...el.selectedOptions].map(option => option.label).join(', '));
    if (tag === 'text') return words(el.textContent);
    if (tag === 'svg' || el.ownerSVGElement) return words([...el.querySelectorAll('text')].map(part => part.textContent).join(' '));
    return words(el.innerText);
  };
  const labelOf = el => {
    const ids = (el.getAttribute('aria-labelledby') || '').split(/\s+/).filter(Boolean);
    const by = ids.map(id => document.getElementById(id)).filter(Boolean).map(part => part.textContent).join(' ');
    const labels = [...(el.labels || [])].map(label => label.textContent).join(' ');
    const title = el.querySelector ? el.querySelector(':scope > title') : null;
    return words(el.getAttribute('aria-label')) || words(by) || words(labels) || words(el.getAttribute('alt')) ||
      words(el.getAttribute('title')) || words(title && title.textContent);
  };
  const nameOf = (el, text, role) => {
    if (el.dataset && el.dataset.name) return el.dataset.name;
    const label = labelOf(el);
    // What is typed or chosen changes; what a field is called does not.
    if (['field', 'select', 'slider'].includes(role) && !PRESSED.has(inputType(el)))
      return label || words(el.getAttribute('placeholder')) || text;
    if (legible(text)) return text;
    return label || words(el.getAttribute('placeholder')) || text;
  };

  // What is seen of a part whose page does not say it: a colour, and the form of what is drawn. '' where unremarkable.
  const colourOf = css => {
    const [r, g, b, alpha = 1] = /^rgba?\(/.test(css) ? css.match(/[\d.]+/g).map(Number) : [0, 0, 0, 0];
    const far = ([x, y, z]) => 2 * (r - x) ** 2 + 4 * (g - y) ** 2 + 3 * (b - z) ** 2;
    return alpha < 0.5 ? '' : Object.keys(COLOURS).reduce((a, c) => far(COLOURS[c]) < far(COLOURS[a]) ? c : a);
  };
  const formOf = (el, text) => {
    const tag = tagOf(el), {width: wide, height: high} = el.getBoundingClientRect();
    if (tag === 'text') return /^\p{L}$/u.test(text) ? 'letter' : /^\p{N}$/u.test(text) ? 'digit' : 'text';
    if (tag === 'polygon') return el.points.numberOfItems === 3 ? 'triangle' : 'polygon';
    if (['circle', 'ellipse', 'line'].includes(tag)) return tag;
    if (isShape(el) && tag !== 'rect') return 'shape';
    const square = Math.abs(wide - high) < 0.1 * Math.max(wide, high);
    if (!isShape(el) && square && parseFloat(getComputedStyle(el).borderTopLeftRadius) >= wide / 2) return 'circle';
    return square ? 'square' : 'rectangle';
  };
  const lookOf = (el, text, role) => {
    const style = getComputedStyle(el);
    if (isShape(el)) {
      const colour = tagOf(el) !== 'line' && colourOf(style.fill) || colourOf(style.stroke);
      return colour && `${colour} ${formOf(el, text)}`;
    }
    const colour = style.backgroundImage === 'none' ? colourOf(style.backgroundColor) : '';
    if (colour && isPainted(el) && !inputType(el)) return `${colour} ${formOf(el, text)}`;
    return PLAIN.has(colour) ? '' : `${colour} ${NOUNS.has(role) ? role : 'part'}`;
  };

  const opacityOf = kept(el => el ? parseFloat(getComputedStyle(el).opacity) * opacityOf(el.parentElement) : 1);
  const isDrawn = el =>
    el.checkVisibility({visibilityProperty: true, contentVisibilityAuto: true}) && opacityOf(el) >= FAINT;
  const cut = (box, by) => ({left: Math.max(box.left, by.left), top: Math.max(box.top, by.top),
    right: Math.min(box.right, by.right), bottom: Math.min(box.bottom, by.bottom)});
  // What is seen through an element of all that lies in it.
  const windowOf = kept(el => {
    if (!el || el === document.body) return {left: 0, top: 0, right: width, bottom: height};
    const {overflowX, overflowY} = getComputedStyle(el), around = windowOf(el.parentElement);
    return overflowX === 'visible' && overflowY === 'visible' ? around : cut(around, el.getBoundingClientRect());
  });
  const seen = (box, el) => cut(box, windowOf(el.parentElement));
  const hits = (el, x, y) => {
    const hit = document.elementFromPoint(x, y);
    if (!hit) return false;
    for (let at = hit; at; at = at.parentElement) {
      if (at === el) return true;
      if (tagOf(at) === 'label' && at.control === el) return true;
      if (acts(at)) return false;  // something else on it would be hit
    }
    return false;
  };
  const boxOf = el => {
    let boxes = [];
    const range = document.createRange();
    const inline = getComputedStyle(el).display === 'inline' && !isShape(el);
    if (!acts(el) && !el.ownerSVGElement && words(el.textContent)) {
      range.selectNodeContents(el);
      boxes = inline && range.getClientRects().length > 1 ? [...range.getClientRects()]
        : [range.getBoundingClientRect()];
    } else if (inline && el.getClientRects().length > 1) {
      boxes = [...el.getClientRects()];  // the middle of a wrapped link's bounding box may be beside the link
    } else boxes = [el.getBoundingClientRect()];
    for (const box of boxes) {
      const x = (box.left + box.right) / 2, y = (box.top + box.bottom) / 2;
      if (boxes.length === 1 && !(x >= 0 && x < width && y >= 0 && y < height)) continue;
      const left = seen(box, el), wide = left.right - left.left, high = left.bottom - left.top;
      if (wide < LEAST || high < LEAST) continue;
      if (wide * high < SHARE * (box.right - box.left) * (box.bottom - box.top)) continue;
      if (hits(el, (left.left + left.right) / 2, (left.top + left.bottom) / 2)) return left;
    }
    return null;
  };

  // What has no box is not drawn; but `contents` has none, and draws what is in it.
  const boxed = el => el.checkVisibility() || getComputedStyle(el).display === 'contents';
  const all = [root, ...root.querySelectorAll('*')].filter(
    el => boxed(el) && !['title', 'defs'].includes(tagOf(el)) && !(without && el.closest(without)));
  const actors = new Set(all.filter(acts));
  const within_ = (el, set) => {
    for (let at = el.parentElement; at && at !== root.parentElement; at = at.parentElement) if (set.has(at)) return true;
    return false;
  };
  const leaves = new Set(all.filter(el => !actors.has(el) && isLeaf(el) && !within_(el, actors)));
  const found = [], controls = new Set();
  const add = el => {
    if (el.disabled || el.getAttribute('aria-disabled') === 'true' || !isDrawn(el)) return;
    const box = boxOf(el);
    if (!box) return;
    const text = shownText(el), role = roleOf(el), said = el.dataset || {};
    if (!actors.has(el) && role === 'text' && !text) return;
    controls.add(el);
    found.push({el, ...box, role, kind: legible(text) ? 'text' : 'icon', name: nameOf(el, text, role),
      function: said.function || '', look: said.look ?? (said.id ? '' : lookOf(el, text, role))});
  };
  for (const el of all) if (actors.has(el)) add(el);
  for (const el of all) {
    if (!leaves.has(el) || within_(el, leaves)) continue;
    const label = el.closest('label');
    if (label && label.control && controls.has(label.control)) continue;  // its control stands for it
    add(el);
  }
  found.sort((a, b) => a.el === b.el ? 0 : a.el.compareDocumentPosition(b.el) & 4 ? -1 : 1);
  const counts = {}, taken = new Set();
  return found.map(({el, ...rest}) => {
    const tag = tagOf(el);
    counts[tag] = (counts[tag] || 0) + 1;
    let id = el.dataset && el.dataset.id || el.id || `${tag}-${counts[tag]}`;
    while (taken.has(id)) id += '+';
    taken.add(id);
    return {...rest, id};
  });
})
