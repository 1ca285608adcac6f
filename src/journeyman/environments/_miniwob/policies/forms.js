// Fields to fill, lists and dates to choose from, sliders to set.
const after = (selector, fields, button = 'Submit') => (goal, memo) =>
  steps(memo, [...fields(goal), () => submit(button)]);
const single = (selector, answer, call = 'text field') => (goal, memo) =>
  steps(memo, [...fill(selector, answer(goal), call), () => submit()]);
const cells = () => Object.fromEntries(all('#tab tr').map(row => all('td', row).map(words)));
const login = (goal, memo) => {
  const cancel = one('#popup-cancel');
  if (cancel) return click(cancel, 'Cancel the popup.');
  const [user, password] = quoted(goal);
  for (const [id, text] of [['username', user], ['password', password]]) {
    const field = document.getElementById(id);
    if (field.value === text) continue;
    if (document.activeElement !== field) return click(field, `Click the ${id} field.`);
    return type(text, `Type the ${id} "${text}".`);
  }
  return submit(words(one('#subbtn')));
};
const MONTHS = ['January', 'February', 'March', 'April', 'May', 'June', 'July', 'August', 'September', 'October',
  'November', 'December'];
const chooseDate = goal => {
  const [, month, day, year] = goal.match(/(\d\d)\/(\d\d)\/(\d{4})/).map(part => parseInt(part, 10));
  const field = one('#datepicker');
  if (field.value) return submit();
  if (!shown(one('#ui-datepicker-div'))) return click(field, 'Click the date field.');
  const now = MONTHS.indexOf(words(one('.ui-datepicker-month'))) + 12 * words(one('.ui-datepicker-year'));
  const far = month - 1 + 12 * year - now;
  if (far < 0) return click(one('.ui-datepicker-prev'), 'Go to the month before.');
  if (far > 0) return click(one('.ui-datepicker-next'), 'Go to the next month.');
  return click(named('.ui-datepicker-calendar a', String(day)), `Click the day ${day}.`);
};
// Arrow keys move a handle by one; it has the focus once it was clicked.
const slide = (slider, target) => {
  const handle = one('.ui-slider-handle', slider), far = target - jQuery(slider).slider('value');
  if (far === 0) return null;
  if (document.activeElement !== handle) return click(handle, 'Click the handle of the slider.');
  const keys = Array(Math.min(Math.abs(far), 100)).fill(far > 0 ? 'right' : 'left');
  return press(keys, `Press the ${keys[0]} arrow ${keys.length} times.`);
};
const complete = delay => (goal, memo) => {
  const [start, end = ''] = quoted(goal), field = one('#tags');
  const item = ITEMS.find(name => name.startsWith(start) && name.endsWith(end));
  return steps(memo, [...fill('#tags', item, 'field'), ...(delay ? [() => wait(0.6)] : []),
    () => click(named('.ui-menu-item', item), `Click "${item}" in the list.`), () => submit()]);
};
const copy = source => (goal, memo) => steps(memo, [
  () => click(one(source(goal)), 'Click the text area to copy from.'),
  () => hotkey(['ctrl', 'a'], 'Select all its text.'), () => hotkey(['ctrl', 'c'], 'Copy it.'),
  () => click(one('#answer-input'), 'Click the text field.'), () => hotkey(['ctrl', 'v'], 'Paste.'), () => submit()]);

Object.assign(POLICIES, {
  'enter-text': single('#tt', goal => quoted(goal)[0]),
  'enter-text-dynamic': single('#tt', goal => quoted(goal)[0]),
  'enter-text-2': single('#tt', goal =>
    /upper/.test(goal) ? quoted(goal)[0].toUpperCase() : quoted(goal)[0].toLowerCase()),
  'text-transform': single('#tt', goal => words(one('#captcha'))),
  'find-word': single('#answer-input', goal =>
    words(one('#area p')).split(' ')[nth(goal)].replace(/[^a-zA-Z]+/g, '')),
  'read-table': single('#tt', goal => cells()[goal.match(/value of (.*) into/)[1]]),
  'read-table-2': (goal, memo) => {
    const value = label => cells()[words(one(label)).replace(/:$/, '')];
    return steps(memo, [...fill('#tt1', value('#ll1'), 'first field'), ...fill('#tt2', value('#ll2'), 'second field'),
      () => submit()]);
  },
  'simple-arithmetic': single('#math-answer', goal => {
    const [, a, sign, b] = words(one('#math-problem')).match(/(\d+) (.) (\d+)/);
    return sign === '+' ? Number(a) + Number(b) : sign === '-' ? a - b : a * b;
  }, 'answer field'),
  'simple-algebra': single('#math-answer', goal => {
    const [, a, sign, b, c] = words(one('#math-problem')).match(/(\w+) (.) (\w+) = (\d+)/);
    const known = Number(a === 'x' ? b : a);
    return sign === '+' ? c - known : a === 'x' ? Number(c) + known : known - c;
  }, 'answer field'),
  'enter-password': (goal, memo) => steps(memo, [...fill('#password', quoted(goal)[0], 'password field'),
    ...fill('#verify', quoted(goal)[0], 'second password field'), () => submit()]),
  'login-user': login,
  'login-user-popup': login,
  'enter-date': (goal, memo) => {
    const [, month, day, year] = goal.match(/(\d\d)\/(\d\d)\/(\d{4})/), box = one('#tt').getBoundingClientRect();
    return steps(memo, [() => clickAt(one('#tt'), box.left + 10, box.top + box.height / 2, 'Click the month in the date field.'),
      () => type(month + day + year, `Type ${month}, ${day} and ${year}.`), () => submit()]);
  },
  'enter-time': (goal, memo) => {
    const [, hour, minute, half] = goal.match(/(\d+):(\d\d)\s(AM|PM)/), box = one('#tt').getBoundingClientRect();
    return steps(memo, [() => clickAt(one('#tt'), box.left + 10, box.top + box.height / 2, 'Click the hour in the time field.'),
      () => type(hour.padStart(2, '0') + minute + half, `Type ${hour}, ${minute} and ${half}.`), () => submit()]);
  },
  'form-sequence-2': (goal, memo) => {
    const [radio, box] = [...goal.matchAll(/(\d)(st|nd|rd)/g)].map(match => parseInt(match[1], 10));
    return steps(memo, [() => click(all('#area [type=radio]')[radio - 1], `Check radio button ${radio}.`),
      ...fill(`#input-${box}`, quoted(goal)[0], `text box ${box}`), () => submit()]);
  },
  'form-sequence': goal => {
    const set = slide(one('#slider'), parseInt(goal.match(/Select (-?\d+)/)[1], 10));
    const box = one(`#checkbox-${nth(goal) + 1}`);
    return set || (box.checked ? submit() : click(box, `Click check box ${nth(goal) + 1}.`));
  },
  'use-slider': goal => slide(one('#slider'), parseInt(goal.match(/Select (-?\d+)/)[1], 10)) || submit(),
  'use-slider-2': goal => {
    const targets = JSON.parse(goal.match(/\[.*\]/)[0]);
    const open = targets.map((target, n) => slide(one(`#slider-${n + 1}`), target)).find(Boolean);
    return open || submit();
  },
  'use-spinner': goal => {
    const value = parseInt(one('#spinner').value, 10), wanted = parseInt(goal.match(/Select (-?\d+)/)[1], 10);
    if (value === wanted) return submit();
    const [way, next] = wanted > value ? ['up', value + 1] : ['down', value - 1];
    return click(one(`.ui-spinner-${way}`), `Click the ${way} arrow of the spinner to get ${next}.`);
  },
  'multi-orderings': (goal, memo) => {
    const [, genre, name, year] = goal.match(/Search for (.*) movies directed by (.*) from year (\d+)/);
    const answers = {Genre: genre, Director: name, Year: year};
    for (const row of all('#area tr')) {
      const call = words(one('th', row)), field = one('input', row);
      if (field.value === answers[call]) continue;
      if (document.activeElement !== field) return click(field, `Click the field "${call}".`);
      return type(answers[call], `Type "${answers[call]}" into the field "${call}".`);
    }
    return submit();
  },
  'choose-date': chooseDate, 'choose-date-easy': chooseDate,
  'choose-date-medium': chooseDate, 'choose-date-nodelay': chooseDate,
  'choose-list': (goal, memo) => {
    const name = goal.match(/^Select (.*) from the list/)[1], list = one('#options');
    const far = [...list.options].findIndex(option => words(option) === name) - list.selectedIndex;
    if (memo.k === 0) return click(list, 'Click the list.');
    if (memo.k === 1 && far !== 0)
      return press(Array(Math.abs(far)).fill(far > 0 ? 'down' : 'up'), `Go to "${name}" with the arrow keys.`);
    if (!memo.closed) { memo.closed = true; return press(['enter'], `Choose "${name}" with the enter key.`); }
    return submit();
  },
  'guess-number': (goal, memo) => {
    if (memo.k === 0) { memo.low = 0; memo.high = 9; }
    const guess = () => Math.floor((memo.low + memo.high) / 2);
    if (memo.k % 4 === 0 && memo.k > 0) {
      if (shown(one('#higher'))) memo.low = guess() + 1; else memo.high = guess() - 1;
    }
    return [() => click(one('#tt'), 'Click the number field.'),
      () => hotkey(['ctrl', 'a'], 'Select what is in it.'), () => type(guess(), `Guess ${guess()}.`),
      () => submit()][memo.k % 4]();
  },
  'use-autocomplete': complete(true),
  'use-autocomplete-nodelay': complete(false),
  'copy-paste': copy(goal => '#to-copy'),
  'copy-paste-2': copy(goal => `#text-${nth(goal) + 1}`),
  'form-sequence-3': (goal, memo) => {
    const [, choice] = goal.match(/Choose (.*) from the dropdown/);
    if (words(one('.selectric .label')) === choice) return submit(quoted(goal)[0]);
    if (!one('.selectric-open')) return click(one('.selectric'), 'Open the dropdown.');
    const item = all('.selectric-items li').find(node => words(node) === choice);
    return reach(item, one('.selectric-scroll'), memo) || click(item, `Choose "${choice}".`);
  },
});
