// Shapes, numbers, games: what has to be seen, counted or compared.
const shapesOn = () => all('#area_svg > *').map(node => {
  const tag = node.localName, text = words(node);
  const name = {rect: 'rectangle', circle: 'circle', polygon: 'triangle'}[tag] || text;
  const kind = tag !== 'text' ? 'shape' : /\d/.test(text) ? 'digit' : 'letter';
  const wide = tag === 'text' ? parseFloat(node.getAttribute('font-size')) : node.getBBox().width;
  return {node, name, kind, size: wide > 15 ? 'large' : 'small', colour: node.getAttribute('fill')};
});
const described = text => {
  const parts = text.split(' '), what = parts.pop();
  return shapesOn().filter(shape => (what === 'item' || what === shape.name || what === shape.kind) &&
    parts.every(part => part === shape.size || part === shape.colour));
};
const duration = text => {
  const [, hours, minutes] = text.match(/(\d+)h (\d+)m/);
  return 60 * parseInt(hours, 10) + parseInt(minutes, 10);
};
const best = (nodes, measure, sign) => nodes.reduce((a, b) => sign * measure(b) > sign * measure(a) ? b : a);

Object.assign(POLICIES, {
  'click-shape': goal => {
    const text = goal.match(/Click on a (.*)/)[1], found = described(text).find(shape => spot(shape.node));
    return click(found.node, `Click a ${text}.`);
  },
  'count-shape': goal => {
    const number = String(described(goal.match(/How many (.*)s are there/)[1]).length);
    return click(named('#count-buttons button', number), `Click the button "${number}".`);
  },
  'identify-shape': goal => {
    const {name, kind} = shapesOn()[0];
    const called = kind === 'shape' ? name : kind;
    return click(one(`#area-buttons [data-type="${called}"]`), '');
  },
  'grid-coordinate': goal => {
    const place = goal.match(/\(-?\d,-?\d\)/)[0];
    return click(document.getElementById(place), `Click the point ${place}.`);
  },
  'ascending-numbers': goal => {
    const first = all('#area_svg text').find(node => words(node) === '1');
    if (first) return click(first, 'Click the number 1.');
    const next = best(all('#area_svg rect'), node => Number(node.dataset.index), -1);
    return click(next, `Click where the number ${next.dataset.index} was.`);
  },
  'find-greatest': (goal, memo) => {
    const cards = all('.card');
    if (memo.k < cards.length) return click(cards[memo.k], `Turn card ${memo.k + 1} over.`);
    const greatest = best(cards, card => Number(words(card)), 1);
    if (greatest.classList.contains('hidden'))
      return click(greatest, `Turn card ${cards.indexOf(greatest) + 1}, the greatest, over again.`);
    return submit();
  },
  'generate-number': goal => {
    const number = parseInt(words(one('#display-number')), 10);
    const bound = parseInt((goal.match(/than (\d+)/) || [0, 0])[1], 10);
    const fits = /less/.test(goal) ? number < bound : /greater/.test(goal) ? number > bound
      : /odd/.test(goal) ? number % 2 === 1 : number % 2 === 0;
    return fits ? submit() : click(one('#generate'), 'Generate a number.');
  },
  'odd-or-even': goal => {
    const row = all('.row').find(node => !one('.selected', node));
    if (!row) return submit();
    const number = words(one('.display-number', row)), name = Number(number) % 2 === 0 ? 'even' : 'odd';
    return click(one(`.${name}`, row), `Mark ${number} as ${name}.`);
  },
  'visual-addition': (goal, memo) => {
    const sum = all('.addition-block').length;
    return steps(memo, [...fill('#math-answer', sum, 'answer field'), () => submit()]);
  },
  'buy-ticket': goal => {
    const [measure, sign] = /cheapest/.test(goal) ? [price, -1] : /expensive/.test(goal) ? [price, 1]
      : /shortest/.test(goal) ? [length, -1] : [length, 1];
    function price(flight) { return parseInt(words(one('.buy-ticket', flight)).match(/\$(\d+)/)[1], 10); }
    function length(flight) { return duration(words(one('.time-duration', flight))); }
    const button = one('.buy-ticket', best(all('.flight'), measure, sign));
    return click(button, `Click "${words(button)}".`);
  },
  'circle-center': (goal, memo) => {
    const circle = one('svg circle').getBoundingClientRect();
    const x = circle.left + circle.width / 2, y = circle.top + circle.height / 2;
    return steps(memo, [() => clickAt(one('svg circle'), x, y, 'Click the centre of the circle.'), () => submit()]);
  },
});
