// Buttons, links, tabs, check boxes, colours: one look and a few clicks.
const pressNamed = name => click(named('#area button', name), `Click the "${name}" button.`);
const boxesNamed = goal => {
  const names = goal.match(/^Select (.*) and click Submit\.$/)[1].split(', ');
  const open = all('#area input').find(box => names.includes(words(box.parentElement)) && !box.checked);
  return open ? click(open, `Click "${words(open.parentElement)}".`) : submit();
};
const linkIn = (headers, call) => (goal, memo) => {
  const link = all('.alink').find(node => words(node) === quoted(goal)[0] && spot(node));
  if (link) return click(link, `Click the link "${words(link)}".`);
  memo.opened = (memo.opened ?? -1) + 1;
  const header = all(headers)[memo.opened];
  return header ? click(header, `Open the ${call} "${words(header)}".`) : null;
};
const inSequence = (goal, memo) => steps(memo, [() => pressNamed('ONE'), () => pressNamed('TWO')]);

Object.assign(POLICIES, {
  'click-test': goal => pressNamed('Click Me!'),
  'click-test-2': goal => pressNamed('ONE'),
  'click-test-transfer': goal => pressNamed(goal.match(/button (\w+)\./)[1]),
  'click-button': goal => pressNamed(quoted(goal)[0]),
  'click-button-sequence': inSequence,
  'unicode-test': goal => pressNamed(quoted(goal)[0]),
  'click-dialog': goal => click(one('.ui-dialog button'), 'Click the "x" of the dialog box.'),
  'click-dialog-2': goal => {
    const name = quoted(goal)[0];
    if (name === 'x') return click(one('.ui-dialog-titlebar button'), 'Click the "x" of the dialog box.');
    return click(named('.ui-dialog-buttonset button', name), `Click the "${name}" button.`);
  },
  'click-link': goal => click(named('.alink', quoted(goal)[0]), `Click the link "${quoted(goal)[0]}".`),
  'click-tab': goal => {
    const name = goal.match(/Tab #\d/)[0];
    return click(named('#area ul a', name), `Click the tab "${name}".`);
  },
  'click-tab-2': linkIn('#area ul a', 'tab'),
  'click-tab-2-easy': linkIn('#area ul a', 'tab'),
  'click-tab-2-medium': linkIn('#area ul a', 'tab'),
  'click-tab-2-hard': linkIn('#area ul a', 'tab'),
  'click-collapsible': (goal, memo) => steps(memo, [
    () => click(one('#area h3'), 'Click the header of the section.'), () => submit()]),
  'click-collapsible-2': linkIn('#area h3', 'section'),
  'click-option': goal => {
    const name = goal.match(/^Select (.*) and click Submit\.$/)[1];
    const option = all('#area input').find(box => words(box.parentElement) === name);
    return option.checked ? submit() : click(option, `Choose the option "${name}".`);
  },
  'click-checkboxes': boxesNamed,
  'click-checkboxes-large': boxesNamed,
  'click-checkboxes-transfer': boxesNamed,
  'click-widget': goal => {
    const kind = quoted(goal)[0];
    return click(one(`#area [data-type="${kind}"]`), `Click a "${kind}" widget.`);
  },
  'focus-text': goal => click(one('#tt'), 'Click the text box.'),
  'focus-text-2': goal => click(all('#area input')[nth(goal)], `Click the ${goal.match(/\d\w\w/)[0]} text box.`),
  'click-color': goal => {
    const colour = goal.match(/on the (.*) colored/)[1];
    return click(one(`#area [data-color="${colour}"]`), `Click the ${colour} box.`);
  },
  'click-shades': goal => {
    const colour = goal.match(/shades of (\w+)/)[1];
    const shade = one(`#area span[data-color="${colour}"]:not(.selected)`);
    return shade ? click(shade, `Click a shade of ${colour} that is not selected yet.`) : submit();
  },
  'number-checkboxes': goal => {
    const pattern = PATTERNS[parseInt(quoted(goal)[0], 10)].flat();
    const boxes = all('#checkboxes input'), n = boxes.findIndex((box, k) => pattern[k] === 1 && !box.checked);
    const place = `row ${Math.floor(n / 4) + 1}, column ${n % 4 + 1}`;
    return n < 0 ? submit() : click(boxes[n], `Click the check box in ${place}.`);
  },
});
POLICIES['click-collapsible-nodelay'] = POLICIES['click-collapsible'];
POLICIES['click-collapsible-2-nodelay'] = POLICIES['click-collapsible-2'];
