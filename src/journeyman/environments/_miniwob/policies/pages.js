// Mail, contacts, posts, trees, menus, drags: more than one screen, or more than a click.
const mailDone = (goal, memo) => {
  const sender = goal.match(/email by (.*?) and /)[1];
  const thread = all('#main .email-thread').find(node => words(one('.email-sender', node)) === sender);
  if (/trash|star/.test(goal)) {
    const icon = one(/trash/.test(goal) ? '.trash' : '.star', thread);
    return reach(icon, one('#area'), memo) || click(icon, `Click the ${icon.className} of the email by ${sender}.`);
  }
  const reply = /reply to them/.test(goal);
  const open = reply ? one('#reply') : one('#forward');
  if (open) {
    const text = reply ? quoted(goal)[0] : goal.match(/to ([^ ]*)\.$/)[1];
    const field = one(reply ? '#reply-text' : '.forward-sender');
    if (field.value === text)
      return click(one(reply ? '#send-reply' : '#send-forward'), 'Click the send icon.');
    if (document.activeElement !== field) return click(field, `Click the ${reply ? 'text' : 'address'} field.`);
    return type(text, `Type "${text}".`);
  }
  if (one('#email')) {
    const button = one(`${reply ? '.email-reply' : '.email-forward'} div:not(.icon)`);
    return reach(button, one('#area'), memo) || click(button, `Click "${reply ? 'Reply' : 'Forward'}".`);
  }
  const subject = one('.email-subject', thread);
  return reach(subject, one('#area'), memo) || click(subject, `Open the email by ${sender}.`);
};
const postsBy = (user, action) => all('.media').filter(post => words(one('.username', post)) === user)
  .map(post => one(`.${action}`, post));
const socialClicks = count => (goal, memo) => {
  const [action] = quoted(goal), user = goal.match(/by (@\w*)/)[1];
  const icons = postsBy(user, action.toLowerCase()), done = icons.filter(icon => icon.classList.contains('active'));
  const open = icons.find(icon => !icon.classList.contains('active'));
  if (done.length < count(goal, icons))
    return reach(open, one('#area'), memo) || click(open, `Click "${action}" on a post by ${user}.`);
  const button = one('#submitRow button');
  return reach(button, one('#area'), memo) || click(button, 'Click the "Submit" button.');
};
const WAYS = {left: [-1, 0], right: [1, 0], up: [0, -1], down: [0, 1]};
const dragOut = selector => (goal, memo) => {
  const way = goal.match(/ (left|right|up|down) /)[1], point = spot(one(selector));
  const end = [point.x + 30 * WAYS[way][0], point.y + 30 * WAYS[way][1]];
  return steps(memo, [() => drag(one(selector), end, `Drag the shape ${way}.`), () => submit()]);
};
const hoverPath = (path, last) => memo => {
  memo.depth ??= 0;
  const item = path[memo.depth];
  if (memo.depth === path.length - 1) return last(item);
  if (memo.hovered !== memo.depth) {
    memo.hovered = memo.depth;
    return move(item, `Move the pointer over "${words(one('div', item))}".`);
  }
  memo.depth += 1;
  return wait(0.6);
};
const textArea = memo => {
  const area = one('#text-area');
  const left = area.scrollHeight - area.scrollTop - area.clientHeight;
  if (left <= 2) return null;
  if (!memo.over) { memo.over = true; return move(area, 'Move the pointer over the text.'); }
  return {do: 'wheel', pages: Math.min(3, left / SCREEN[1] + 0.05), say: 'Scroll down to the end of the text.'};
};

Object.assign(POLICIES, {
  'email-inbox': mailDone, 'email-inbox-noscroll': mailDone, 'email-inbox-reply': mailDone,
  'email-inbox-forward': mailDone, 'email-inbox-star-reply': mailDone, 'email-inbox-delete': mailDone,
  'email-inbox-important': mailDone,
  'phone-book': goal => {
    const [, person, property] = goal.match(/Find (.*) in the contact book and click on their (\w+)/);
    if (words(one('#contact .name')) !== person) return click(one('#pagination .next a'), 'Go to the next contact.');
    return click(one(`#contact .${property}`), `Click the ${property} of ${person}.`);
  },
  'search-engine': (goal, memo) => {
    const [text] = quoted(goal), place = nth(goal), page = String(Math.floor(place / 3) + 1);
    if (memo.k < 3) return steps(memo, [...fill('#search-text', text, 'search field'), () => submit('Search')]);
    const link = one(`.search-title[data-result="${place}"]`);
    if (link) return click(link, `Click result ${place + 1}.`);
    return click(named('#pagination a', page), `Go to page ${page}.`);
  },
  'navigate-tree': goal => {
    const target = all('#tree span').find(node => words(node) === quoted(goal)[0]);
    if (shown(target)) return click(target, `Click "${words(target)}".`);
    let folder = target.parentElement.parentElement.parentElement;
    while (!shown(one('span', folder))) folder = folder.parentElement.parentElement;
    return click(one('span', folder), `Open the folder "${words(one('span', folder))}".`);
  },
  'social-media-all': socialClicks((goal, icons) => icons.length),
  'social-media-some': socialClicks(goal => parseInt(goal.match(/button on (\d+)/)[1], 10)),
  'social-media': (goal, memo) => {
    const user = goal.match(/user (\S+),/)[1], name = quoted(goal)[0];
    const post = all('.media').find(node => words(one('.username', node)) === user);
    const icon = one(`.${name.toLowerCase()}`, post);
    if (/^(Reply|Retweet|Like)$/.test(name))
      return reach(icon, one('#area'), memo) || click(icon, `Click "${name}" on the post by ${user}.`);
    const item = all('li', post).find(node => words(node).startsWith(name)), more = one('.more', post);
    if (shown(item)) return reach(item, one('#area'), memo) || click(item, `Click "${words(item)}".`);
    return reach(more, one('#area'), memo) || click(more, `Open the menu of the post by ${user}.`);
  },
  'click-menu': (goal, memo) => {
    const path = goal.replace(/^Select /, '').split('>').map(name =>
      all('#menu li').find(node => words(one('div', node)) === name));
    return hoverPath(path, item => click(one('div', item), `Click "${words(one('div', item))}".`))(memo);
  },
  'click-menu-2': (goal, memo) => {
    if (!shown(one('#menu'))) return click(one('#open-menu'), 'Click the "Menu" button.');
    const icon = one('#query .ui-icon'), name = quoted(goal)[1];
    const item = all('#menu li').find(node => !one('ul', node) &&
      (icon ? one(`.${icon.classList[1]}`, node) : words(node) === name));
    const above = item.parentElement.closest('li');
    return hoverPath(above ? [above, item] : [item], node => click(one('div', node), `Click "${words(node)}".`))(memo);
  },
  'scroll-text': (goal, memo) => {
    const left = textArea(memo), last = one('#text-area').value.trim().split(/\s+/).pop().replace('.', '');
    if (left) return left;
    memo.from ??= memo.k;
    return steps({k: memo.k - memo.from}, [...fill('#answer-input', last, 'text field'), () => submit()]);
  },
  'sign-agreement': (goal, memo) => {
    if (/Click the cancel/.test(goal)) return click(one('#cancel'), 'Click the "Cancel" button.');
    const left = one('#name').disabled ? textArea(memo) : null, [name, button] = quoted(goal);
    if (left) return left;
    memo.from ??= memo.k;
    return steps({k: memo.k - memo.from}, [...fill('#name', name, 'name field'), () => submit(button)]);
  },
  'drag-circle': dragOut('svg circle'),
  'drag-single-shape': dragOut('.black-shape'),
  'drag-box': (goal, memo) => {
    const small = one('#draggableSmall'), large = one('#draggableLarge').getBoundingClientRect();
    const from = spot(small), box = small.getBoundingClientRect();
    const end = from && [from.x + large.left + large.width / 2 - box.left - box.width / 2,
      from.y + large.top + large.height / 2 - box.top - box.height / 2];
    return steps(memo, [() => drag(small, end, 'Drag the small box into the large one.'), () => submit()]);
  },
  'highlight-text': (goal, memo) => steps(memo, [
    () => click(one('#randomText'), 'Click the text three times to select it.', 3), () => submit()]),
  'highlight-text-2': (goal, memo) => steps(memo, [
    () => click(all('#randomText p')[nth(goal)], `Click paragraph ${nth(goal) + 1} three times to select it.`, 3),
    () => submit()]),
  'resize-textarea': (goal, memo) => {
    const [, side, way] = goal.match(/the (width|height) is (smaller|larger)/);
    const box = one('#tt').getBoundingClientRect(), far = way === 'larger' ? 15 : -15;
    const corner = [box.right - 5, box.bottom - 5];
    const end = side === 'width' ? [corner[0] + far, corner[1]] : [corner[0], corner[1] + far];
    return steps(memo, [() => drag(corner, end, `Drag the corner so that the ${side} is ${way}.`), () => submit()]);
  },
});
