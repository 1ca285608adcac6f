"""A shop: things in categories, a wish list, a cart, an order."""

from dataclasses import dataclass

from journeyman.environments._apps.app import (
    App,
    Assignment,
    Content,
    Drawing,
    Entry,
    Move,
    TaskKind,
    Value,
    Values,
    fill,
    give_up,
)
from journeyman.environments._apps.vocabulary import BRANDS, CATEGORIES, COLOURS, MODELS


@dataclass(frozen=True, slots=True)
class Product:
    """Something for sale."""

    key: str
    name: str
    category: str
    icon: str
    colour: str
    price: float
    rating: int


@dataclass(frozen=True, slots=True)
class Shop:
    """What is for sale, and what never was."""

    products: tuple[Product, ...]
    categories: tuple[tuple[str, str], ...]
    """Key and name."""
    absent: str
    """Name of something that is not here."""


def _compose(drawing: Drawing) -> Content[Shop]:
    rng = drawing.rng
    categories = drawing.some(tuple(CATEGORIES), 3, 6)
    models = rng.sample(MODELS, len(MODELS))
    prices = rng.sample(range(4, 400), 16)
    products = []
    for number in range(rng.randint(7, 15)):
        category = categories[number % len(categories)]
        icon, _, nouns = CATEGORIES[category]
        name = f"{drawing.of(rng.choice(nouns))} {models[number]}"
        colour = rng.choice(tuple(COLOURS))
        products.append(Product(f"p{number}", name, category, icon, colour, prices[number] - 0.05, rng.randint(1, 5)))
    rng.shuffle(products)
    absent = f"{drawing.of(rng.choice(CATEGORIES[categories[0]][2]))} {models[-1]}"
    facts = Shop(
        tuple(products),
        tuple((key, drawing.of(CATEGORIES[key][1])) for key in categories),
        absent,
    )
    entries = (
        Entry("all", "home", drawing.t("all"), "shows all articles", _shown("all"), "category=all"),
        *(
            Entry(
                key,
                CATEGORIES[key][0],
                name,
                f"shows only {CATEGORIES[key][1][0].lower()}",
                _shown(key),
                f"category={key}",
            )
            for key, name in facts.categories
        ),
    )
    tools = (Entry("cart", "cart", drawing.t("cart"), "opens the shopping cart", "set view=cart", count="items"),)
    state: dict[str, Value] = {"category": "all", "opened": "", "ordered": False}
    state |= {f"cart.{product.key}": 0 for product in products} | {f"wish.{product.key}": False for product in products}
    first, second = products[0].key, products[-1].key
    openings: tuple[Values, ...] = (
        {"view": "product", "opened": first, "quantity": 2},
        {"view": "cart", f"cart.{first}": 2, f"cart.{second}": 1},
        {"menu": "sorting"},
        {"category": products[0].category, f"wish.{first}": True},
        {"sort": "price", f"cart.{second}": 1},
    )
    view: Values = {"view": "list", "quantity": 1}
    return Content(facts, entries, state, view, rng.choice(BRANDS), tools, openings, {"items": "cart."})


def _shown(category: str) -> str:
    return f"set view=list;set opened=;set category={category}"


def _add(content: Content[Shop], drawing: Drawing) -> Assignment:
    product = drawing.rng.choice(content.facts.products)
    goal = drawing.rng.choice(
        (
            f'Put "{product.name}" into the cart.',
            f'I want to buy one "{product.name}". Add it to my cart, but do not order yet.',
            f'Add the article "{product.name}" to the shopping cart.',
        )
    )
    say = f'Click the button that adds "{product.name}" to the cart.'
    return Assignment(
        goal, (Move("click", say, f"add-{product.key}"),), {f"cart.{product.key}": 1}, ("opened", "category")
    )


def _wish(content: Content[Shop], drawing: Drawing) -> Assignment:
    product = drawing.rng.choice(content.facts.products)
    goal = drawing.rng.choice(
        (
            f'Put "{product.name}" on the wish list.',
            f'Mark "{product.name}" with a heart so that I find it later.',
            f'Save "{product.name}" to my favourites.',
        )
    )
    say = f'Click the heart of "{product.name}".'
    return Assignment(
        goal, (Move("click", say, f"wish-{product.key}"),), {f"wish.{product.key}": True}, ("opened", "category")
    )


def _cheapest(content: Content[Shop], drawing: Drawing) -> Assignment:
    key, name = drawing.rng.choice(content.facts.categories)
    dear = drawing.rng.random() < 0.5
    among = [product for product in content.facts.products if product.category == key]
    product = (max if dear else min)(among, key=lambda one: one.price)
    word = "most expensive" if dear else "cheapest"
    goal = drawing.rng.choice(
        (
            f'Show only "{name}", then open the {word} article there.',
            f'Filter by the category "{name}" and go to the page of the {word} thing in it.',
            f'Which is the {word} article under "{name}"? Choose that category and open the article.',
        )
    )
    plan = (
        Move("click", f'Click the category "{name}".', f"bar-{key}"),
        Move("click", f'Open "{product.name}", the {word} article.', f"open-{product.key}"),
    )
    return Assignment(goal, plan, {"category": key, "opened": product.key})


def _find(content: Content[Shop], drawing: Drawing) -> Assignment:
    product = drawing.rng.choice(content.facts.products)
    goal = drawing.rng.choice(
        (
            f'Search for "{product.name}" and open its page.',
            f'Find the article "{product.name}" with the search and show its details.',
            f'Look up "{product.name}" by name, then open it.',
        )
    )
    plan = (
        *fill("search", product.name, "searching"),
        Move("press", "Press Enter to search.", text="enter"),
        Move("click", f'Open "{product.name}".', f"open-{product.key}"),
    )
    return Assignment(goal, plan, {"opened": product.key}, ("category",))


def _order(content: Content[Shop], drawing: Drawing) -> Assignment:
    product = drawing.rng.choice(content.facts.products)
    goal = drawing.rng.choice(
        (
            f'Order two of "{product.name}" and nothing else.',
            f'Buy 2 x "{product.name}". Go all the way and place the order.',
            f'I need "{product.name}" twice. Please order them.',
        )
    )
    plan = (
        Move("click", f'Open "{product.name}".', f"open-{product.key}"),
        Move("click", "Raise the quantity to two.", f"more-{product.key}"),
        Move("click", "Add both to the cart.", f"put-{product.key}"),
        Move("click", "Open the shopping cart.", "cart"),
        Move("click", "Place the order.", "order"),
    )
    return Assignment(goal, plan, {f"cart.{product.key}": 2, "ordered": True}, ("opened", "category"))


def _absent(content: Content[Shop], drawing: Drawing) -> Assignment:
    name = content.facts.absent
    goal = drawing.rng.choice(
        (f'Put "{name}" into the cart.', f'Add "{name}" to my wish list.', f'Open the page of "{name}".')
    )
    return Assignment(goal, give_up(f'the shop does not have "{name}"'))


APP = App(
    "shop",
    _compose,
    (
        TaskKind("add-to-cart", ("click",), _add),
        TaskKind("wish", ("click",), _wish),
        TaskKind("filter-then-open", ("click",), _cheapest),
        TaskKind("search-then-open", ("click", "type", "key"), _find),
        TaskKind("order", ("click",), _order),
        TaskKind("absent-article", (), _absent, possible=False),
    ),
)
